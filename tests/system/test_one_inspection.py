# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A run looks once at the files of a generation, and reads each of them once at most, whatever it does with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from shared_venv_process import built

#: Runs shared_venv with the options on stdin, and notes the paths of directories listed and files opened.
_PROGRAM = """
import json, os, runpy, sys
from ansible.module_utils.testing import patch_module_args
notes = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def note(name, args):
    if name in ("os.scandir", "os.listdir", "open") and isinstance(args[0], str):
        os.write(notes, json.dumps([name, args[0]]).encode() + b"\\n")
sys.addaudithook(note)
with patch_module_args(json.load(sys.stdin)):
    runpy.run_module("ansible_collections.mobile_ansible.venv.plugins.modules.shared_venv", run_name="__main__")
"""
SIX = ["six==1.17.0"]


@pytest.fixture(name="options")
def fixture_options(store: Path, wheelhouse: Path, uv: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("PATH", f"{os.path.dirname(uv)}:{os.environ['PATH']}")
    return {"store": str(store), "name": "site", "find_links": [str(wheelhouse)], "offline": True, "packages": SIX}


def watched(notes: Path, **options: Any) -> tuple[dict[str, Any], Counter[str]]:
    """What the module answered, and how often each directory and file was listed or opened."""
    argv = [sys.executable, "-c", _PROGRAM, str(notes)]
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(argv, env=env, input=json.dumps(options), capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout)
    assert not answer.get("failed"), answer["msg"]
    return answer, Counter(json.loads(line)[1] for line in notes.read_text().splitlines())


def site(generation: str) -> Path:
    (found,) = Path(generation).glob("lib/python3*/site-packages")
    return found


def test_nothing_to_do(options: dict[str, Any], tmp_path: Path) -> None:
    generation = built(**options)["generation"]
    answer, seen = watched(tmp_path / "notes", **options)
    assert not answer["changed"]
    assert (seen[str(site(generation))], seen[str(site(generation) / "six.py")]) == (1, 0)


def test_a_switch_to_what_is_there(options: dict[str, Any], tmp_path: Path) -> None:
    first = built(**options)["generation"]
    second = built(**{**options, "name": "other", "packages": ["jmespath"]})["generation"]
    answer, seen = watched(tmp_path / "notes", **{**options, "packages": ["jmespath"]})
    assert (answer["changed"], answer["generation"]) == (True, second)
    assert [seen[str(site(one))] for one in (first, second)] == [1, 1]
    assert seen[str(site(first) / "six.py")] == 0


def test_a_repair_by_content(options: dict[str, Any], tmp_path: Path) -> None:
    first = built(**options)["generation"]
    module = site(first) / "six.py"
    before = module.stat()
    module.chmod(0o644)
    module.write_bytes(module.read_bytes().replace(b"1.17.0", b"1.17.1"))
    module.chmod(0o444)
    os.utime(module, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not built(**options)["changed"]
    answer, seen = watched(tmp_path / "notes", **options, verify=True)
    assert answer["changed"] and answer["generation"] != first
    assert (seen[str(site(first))], seen[str(module)]) == (1, 1)
    new = site(answer["generation"])
    assert seen[str(new / "six.py")] == 1, "what was built is read once, by the audit"


def test_a_return_to_the_previous_one(options: dict[str, Any], tmp_path: Path) -> None:
    first = built(**options)["generation"]
    second = built(**{**options, "packages": ["jmespath"]})["generation"]
    request = {key: value for key, value in options.items() if key != "packages"}
    answer, seen = watched(tmp_path / "notes", **request, generation="previous")
    assert (answer["changed"], answer["generation"]) == (True, first)
    assert [seen[str(site(one))] for one in (first, second)] == [1, 1]
    assert seen[str(site(first) / "six.py")] == 1
