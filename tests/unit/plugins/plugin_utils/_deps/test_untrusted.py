# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Nothing of what is analysed acts: the real process of an analysis, under a hook that ends it at the first act."""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import Any

import analysis_audit
import fuzz_analysis as fuzz
import pytest
from hostile_project import HostileProject

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps import sandbox, sandbox_worker
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import CollectionDirectory

CORE = Path(__file__).parent / "projects" / "core"
PLUGINS = Path(sandbox_worker.__file__).resolve().parents[2]
#: What a process is started with instead of the worker: the worker, under the hook.
AUDITED = """
import json, os, runpy, sys
before = sys.path[:]
sys.path.append({tools!r})
from analysis_audit import Audit
sys.path[:] = before
report = lambda done: os.write(1, json.dumps({{"error": {{"message": "audit: " + done}}}}).encode() + b"\\n")
Audit(code={code!r}, data={data!r}, report=report).start()
runpy.run_path({worker!r}, run_name="__main__")
"""


def audited(directory: Path, data: list[Path], *, plugins: Path = PLUGINS) -> str:
    """The path of a program that is the worker in ``plugins``, and may read ``data`` only."""
    own = {Path(path) for path in sys.path if path} - {Path(analysis_audit.__file__).parent}
    code = [*own, Path(sys.base_prefix), Path(sys.prefix), plugins.parent]
    program = directory / "audited.py"
    program.write_text(
        AUDITED.format(
            tools=str(Path(analysis_audit.__file__).parent),
            code=[str(path) for path in code],
            data=[str(path) for path in (*data, CORE)],
            worker=str(plugins / "plugin_utils" / "_deps" / "sandbox_worker.py"),
        )
    )
    return str(program)


def seen(root: Path) -> dict[str, tuple[Any, ...]]:
    """All below ``root``: kind, size and time of change, so that nothing can appear, change or vanish unnoticed."""
    found = {}
    for path in (root, *root.rglob("*")):
        status = path.lstat()
        found[os.fsencode(path).decode("latin-1")] = (stat.S_IFMT(status.st_mode), status.st_size, status.st_mtime_ns)
    return found


@pytest.fixture(name="hostile", scope="module")
def fixture_hostile(tmp_path_factory: pytest.TempPathFactory) -> HostileProject:
    """The project is only read, so all tests share it."""
    project = HostileProject(tmp_path_factory.mktemp("hostile"))
    project.make()
    return project


@pytest.fixture(name="worker")
def fixture_worker(tmp_path: Path, hostile: HostileProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each analysis of a test runs under the hook."""
    program = audited(tmp_path, [hostile.root, hostile.collection])
    monkeypatch.setattr(sandbox_worker, "__file__", program)


def source_of(hostile: HostileProject) -> Any:
    def source(name: str, /) -> CollectionDirectory | None:
        return CollectionDirectory(name, "1.0.0", hostile.collection) if name == "hostile.code" else None

    return source


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("playbooks", [["site.yml"], []], ids=["playbook", "project"])
def test_a_hostile_project_is_read_and_nothing_of_it_acts(hostile: HostileProject, playbooks: list[str]) -> None:
    before = seen(hostile.directory)
    request = sandbox.AnalysisRequest(str(hostile.root), playbooks, str(CORE))
    answer = sandbox.analyse_in_sandbox(request, source=source_of(hostile))
    # Each process has another order of sets.
    assert sandbox.analyse_in_sandbox(request, source=source_of(hostile)) == answer
    assert seen(hostile.directory) == before
    unread = [path.relative_to(hostile.directory) for path in hostile.python() if str(path) not in answer.looked]
    assert [str(path) for path in unread] == []
    assert list(fuzz.faults(json.dumps({"result": answer.report}).encode())) == []


@pytest.mark.usefixtures("worker")
def test_the_files_of_a_hostile_project_are_found_and_nothing_of_it_acts(hostile: HostileProject) -> None:
    before = seen(hostile.directory)
    found = sandbox.files_of_playbook(str(hostile.root), "site.yml", core=str(CORE))
    assert seen(hostile.directory) == before
    assert "templates/a.j2" in found.files


def test_an_act_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hook is in the process of the analysis: a copy of our own code that runs what it reads is ended there."""
    plugins, root = tmp_path / "plugins", tmp_path / "project"
    shutil.copytree(PLUGINS, plugins, ignore=shutil.ignore_patterns("__pycache__"))
    files = plugins / "plugin_utils" / "_deps" / "project" / "files.py"
    read = "            data = self._trees.read(path, cut=cut)\n"
    assert files.read_text().count(read) == 1
    acts = "            if path.suffix == '.py':\n                exec(data)\n"
    files.write_text(files.read_text().replace(read, read + acts))
    (root / "library").mkdir(parents=True)
    (root / "library" / "own.py").write_text("x = 1\n")
    (root / "site.yml").write_text("- hosts: all\n  tasks: [{own: }]\n")
    monkeypatch.setattr(sandbox_worker, "__file__", audited(tmp_path, [root], plugins=plugins))
    with pytest.raises(VenvError, match="^audit: compile .*x = 1"):
        sandbox.analyse_in_sandbox(sandbox.AnalysisRequest(str(root), [], str(CORE)), source=lambda _name: None)
