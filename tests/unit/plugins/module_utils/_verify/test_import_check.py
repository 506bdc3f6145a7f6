# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a failed import means, and which modules are imported."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.import_check import (
    judge_imports,
    modules_to_import,
)
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._verify.samples import INSTALLED, declared


def answer(module: str, error: str | None = None, **more: Any) -> dict[str, Any]:
    return {"module": module, "error": error, "missing": None, "own": False, **more}


IMPORTS: dict[str, tuple[dict[str, Any], bool, str]] = {
    "works": (answer("requests"), True, "1 of 1 modules"),
    "wants an optional package": (
        answer("requests", "ModuleNotFoundError: No module named 'socks'", missing="socks", own=True),
        True,
        "by design: requests: ModuleNotFoundError",
    ),
    "refuses": (answer("requests", "RuntimeError: there is no display"), True, "by design: requests: RuntimeError"),
    "lost a module of its own": (
        answer("requests", "No module named 'requests.api'", missing="requests.api", own=True),
        False,
        "requests: No module named 'requests.api'",
    ),
    "lost what it needs": (
        answer("lacking", "No module named 'absent'", missing="absent", own=True),
        False,
        "lacking: absent>=1 (required by lacking) is missing",
    ),
    "does not parse": (answer("requests", "SyntaxError: bad", own=True), False, "requests: SyntaxError: bad"),
}


@pytest.mark.parametrize("case", IMPORTS)
def test_what_a_failed_import_means(case: str) -> None:
    told, ok, found = IMPORTS[case]
    said, broken = judge_imports({told["module"]: told["module"]}, [told], INSTALLED, ended=None)
    assert broken is not ok
    assert found in said


def test_a_module_that_the_user_names_must_work() -> None:
    told = answer("app", "RuntimeError: no")
    assert judge_imports({"app": None}, [told], INSTALLED, ended=None) == ("app: RuntimeError: no", True)


def test_the_module_at_which_the_process_ended_is_named() -> None:
    told = [{"begins": "requests"}, answer("requests"), {"begins": "urllib3"}]
    asked = dict.fromkeys(("requests", "urllib3"))
    judged = judge_imports(asked, told, INSTALLED, ended="the interpreter ended with -11")
    assert judged == ("urllib3: the interpreter ended with -11", True)


def test_only_what_is_declared_is_imported() -> None:
    assert modules_to_import(declared("requests", "stubs", "absent"), INSTALLED) == {"requests": "requests"}
