# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Random hostile answers of hosts: ``fuzz_answers.py SECONDS [FIRST_SEED [MOST]]``; each seed is one answer.

Each is taken, as far as it has the shape of a result, or is one error of the family.
"""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fuzzing import TEXTS, Case, become_nobody, main

become_nobody(__file__)

from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable_data
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._playbook.answer import checked_answer
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._transfer import fetch


def odd_value(rng: random.Random, depth: int = 0) -> Any:
    """Any JSON."""
    if depth < 3 and rng.random() < 0.3:
        return [odd_value(rng, depth + 1) for _item in range(rng.choice([0, 1, 3, 500]) if depth == 0 else 2)]
    if depth < 3 and rng.random() < 0.4:
        return {rng.choice([*TEXTS, "msg", "host", "ok"]): odd_value(rng, depth + 1) for _item in range(3)}
    deep: Any = []
    for _level in range(rng.choice([1, 1, 1, 3000])):
        deep = [deep]
    return rng.choice([None, True, False, 0, -1, 1.5, 1e308, float("nan"), 10**400, "x" * 100_000, deep, *TEXTS])


def answer_case(rng: random.Random, work: Path, outside: Path) -> Case:
    """The result of the module, as Ansible hands it over."""
    task = {"host": "h", "play": "p", "task": "t", "action": "a", "path": "x", "msg": "m", "ignored": True}
    good = {"changed": True, "stats": {"h": {"ok": 1}}, "custom_stats": {"_run": {}}, "failed_tasks": [task], "rc": 0,
            "changed_tasks": [task], "unmatched_plays": [], "duration": 1.5, "venv": "/x", "warnings": []}  # fmt: skip
    answer: Any = {**good, **({"failed": True, "msg": "m"} if rng.random() < 0.5 else {})}
    for _key in range(rng.choice([0, 1, 1, 3])):
        key = rng.choice([*answer, "ansible_facts", "add_host", "exception", "failed", "stderr", "argv", "timeout", ""])
        if rng.random() < 0.2:
            answer.pop(key, None)
        else:
            answer[key] = odd_value(rng)
    if rng.random() < 0.1:
        answer = odd_value(rng)
    known = {*good, "failed", "msg", "error_code", "argv", "stderr", "store", "timeout", "ansible_facts", "exception"}

    def run() -> str:
        taken = checked_answer(answer, host="h")
        json.dumps(taken)
        if set(taken) - known:
            return f"!it takes {set(taken) - known}"
        shown = {key: value for key, value in taken.items() if key != "ansible_facts"}
        return "taken" if printable_data(shown, lines=True) == shown else "!it tells what a terminal would obey"

    return Case("answer", work, run)


def transfer_case(rng: random.Random, work: Path, outside: Path) -> Case:
    """What a host says while a file of it is fetched."""
    sink, limit = work / "file", 9 << 20
    piece = base64.b64encode(bytes(rng.choice([0, 1, 100, 4 << 20, 5 << 20]))).decode()
    odd = rng.choice([piece] * 5 + [piece[:-1], piece + "\udcff", "é", "=" * 9, piece + "\x1b[2J\n", *TEXTS])

    def execute(command: str) -> dict[str, Any]:
        words = re.findall(r"(?:begin|end)-[0-9a-f]+", command)
        said = rng.choice([f"{words[0]}\n{odd}\n{words[-1]}"] * 9 + [odd, words[-1] + odd + words[0]])
        return {
            "stdout": rng.choice(["", "motd\x1b[2J\n"]) + said,
            "stderr": rng.choice(TEXTS),
            "rc": rng.choice([0, 1]),
        }

    def run() -> str:
        with sink.open("wb") as stream:
            fetch("/x", stream, limit=limit, execute=execute)
        return "fetched"

    def check(_ended: str) -> Iterator[str]:
        if sink.stat().st_size > limit:
            yield "more was written than is allowed"

    return Case("transfer", work, run, check)


if __name__ == "__main__":
    main([answer_case, transfer_case], what="answers")
