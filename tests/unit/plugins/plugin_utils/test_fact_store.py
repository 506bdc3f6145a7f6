# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What was found out about a collection is found once, and counts for the same content, code and core alone."""

from __future__ import annotations

import hashlib
import json
import os
import textwrap
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.answers import AnswerCache
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import ANALYSES
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils import _fact_store
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps import sandbox_worker
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.facts import OF_CORE, OF_PROJECT
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import CollectionDirectory
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.sandbox import (
    AnalysisRequest,
    analyse_in_sandbox,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._fact_store import FactStore

CORE = Path(__file__).parent / "_deps" / "projects" / "core"
FILES = {
    "acme/one/plugins/modules/ask.py": """
        from ansible.module_utils.basic import AnsibleModule
        from ansible_collections.acme.two.plugins.module_utils.client import Client
    """,
    "acme/one/plugins/modules/lost.py": "import nobody_knows_this\n",
    "acme/one/plugins/filter/texts.py": """
        import hashids
        class FilterModule:
            def filters(self):
                return {"short": str}
    """,
    "acme/one/meta/runtime.yml": "plugin_routing: {modules: {old: {redirect: acme.one.ask}}}\n",
    "acme/two/plugins/module_utils/client.py": "import hvac\n",
}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))


#: The worker of an analysis, which also writes the name of each file that it reads into a pipe.
WORKER = """
import mmap, os, runpy
pipe = os.open({pipe!r}, os.O_WRONLY)
class Noted(mmap.mmap):
    def __setitem__(self, place, value):
        super().__setitem__(place, value)
        os.write(pipe, value.rstrip(b"\\0") + b"\\n")
mmap.mmap = Noted
runpy.run_path({worker!r}, run_name="__main__")
"""


class World:
    """Collections, a store and projects.

    ``read`` are the Python files that the last analysis read, ``asked`` the collections that it asked for.
    """

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.store = Store(str(root / "store"))
        self.code: Any = ["code"]
        self.core: Any = ["core"]
        self._read: list[str] = []
        self.asked: list[str] = []
        self.number = 0
        write(root / "collections", FILES)
        os.mkfifo(root / "read")
        self.pipe = os.open(root / "read", os.O_RDWR | os.O_NONBLOCK)
        program = root / "worker.py"
        program.write_text(WORKER.format(pipe=str(root / "read"), worker=sandbox_worker.__file__))
        monkeypatch.setattr(sandbox_worker, "__file__", str(program))

    @property
    def read(self) -> list[str]:
        """The files that were read since the last analysis began, in their order."""
        with suppress(BlockingIOError):
            self._read += os.read(self.pipe, 1 << 20).decode().splitlines()
        return self._read

    def source(self, name: str, /) -> CollectionDirectory | None:
        self.asked.append(name)
        path = self.root / "collections" / Path(*name.split("."))
        if not path.is_dir():
            return None
        content = "".join(f"{file} {file.read_text()}" for file in sorted(path.rglob("*.*")))
        return CollectionDirectory(name, "1.0.0", path, sha256=hashlib.sha256(content.encode()).hexdigest())

    def facts(self) -> FactStore:
        return FactStore(AnswerCache(self.store), core=self.core, code=self.code)

    def project(self, task: str, **files: str) -> Path:
        self.number += 1
        project = self.root / f"project{self.number}"
        text = f"- hosts: [a, b]\n  tasks:\n    - {task}\n# {self.number}\n"
        write(project, {"site.yml": text, **{name.replace("__", "/") + ".py": text for name, text in files.items()}})
        return project

    def analysed(self, task: str = "acme.one.old: {a: '{{ b | acme.one.short }}'}", **files: str) -> dict[str, Any]:
        """What an analysis of a new project with this task finds."""
        self.read.clear()
        self.asked.clear()
        request = AnalysisRequest(str(self.project(task, **files)), ["site.yml"], str(CORE))
        return analyse_in_sandbox(request, source=self.source, facts=self.facts()).report

    def analysed_collection(self, name: str) -> dict[str, Any]:
        """What an analysis of a collection itself finds."""
        self.read.clear()
        found = self.source(name)
        assert found is not None
        request = AnalysisRequest(str(found.path), [], str(CORE), collection=True, delivered=found)
        return analyse_in_sandbox(request, source=self.source, facts=self.facts()).report

    def python_read(self) -> set[str]:
        """The Python files of collections that the last analysis read."""
        return {name for name in self.read if name.endswith(".py") and name.startswith("acme.")}

    def answers(self) -> list[Path]:
        return sorted(Path(self.store.directory(ANALYSES)).iterdir())


@pytest.fixture(name="world")
def fixture_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def python_of(report: dict[str, Any]) -> list[str]:
    lines: list[str] = report["profile"]["dependencies"]["python"]
    return lines


def test_another_playbook_with_the_same_plugins_parses_none_of_their_code(world: World) -> None:
    first = world.analysed()
    assert {"acme.one/plugins/modules/ask.py", "acme.two/plugins/module_utils/client.py"} <= world.python_read()
    second = world.analysed()
    assert second == first
    assert python_of(second) == ["hashids", "hvac"]
    assert [name for name in world.read if name.startswith("acme.")] == []
    assert not any(name.startswith("ansible-core/") and name.endswith((".py", "runtime.yml")) for name in world.read)


def test_a_plugin_asks_for_no_collection_that_only_others_use(world: World) -> None:
    write(world.root / "collections", {"acme/three/plugins/modules/alone.py": "import hvac\n"})
    both = world.analysed("acme.one.ask: {}\n    - acme.three.alone: {}")
    assert set(world.asked) == {"acme.one", "acme.two", "acme.three"} and python_of(both) == ["hvac"]
    world.analysed("acme.three.alone: {}")
    assert world.asked == ["acme.three"] and world.python_read() == set()


def test_what_is_known_of_a_file_of_the_project_counts_for_its_content(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = world.project("mine: {}\n    - other: {}", library__mine="import hvac\n", library__other="import hvac\n")
    request = AnalysisRequest(str(project), ["site.yml"], str(CORE))
    kept: list[set[str]] = []

    class Facts(FactStore):
        def keep(self, found: Mapping[str, Mapping[str, Any]]) -> None:
            kept.append({*found.get(OF_PROJECT, {})})
            super().keep(found)

    def required(**libraries: str) -> list[str]:
        for name, text in libraries.items():
            (project / "library" / f"{name}.py").write_text(text)
        facts = Facts(AnswerCache(world.store), core=world.core, code=world.code)
        return python_of(analyse_in_sandbox(request, source=world.source, facts=facts).report)

    def sha256(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    assert required() == ["hvac"]
    assert required() == ["hvac"]
    assert required(mine="import netaddr\n") == ["hvac", "netaddr"]
    assert required(other="") == ["netaddr"]
    # What no file has any more is forgotten.
    hvac, netaddr, empty = map(sha256, ("import hvac\n", "import netaddr\n", ""))
    assert kept == [{hvac}, {hvac}, {hvac, netaddr}, {netaddr, empty}]


def test_the_report_of_a_collection_is_the_same_from_what_is_known(world: World) -> None:
    world.analysed()  # A playbook that uses its plugins.
    first = world.analysed_collection("acme.one")
    lines = {(one["package"], one["file"], one["line"]) for two in first["plugins"] for one in two["requirements"]}
    filters, client = "acme.one/plugins/filter/texts.py", "acme.two/plugins/module_utils/client.py"
    assert lines == {("hashids", filters, 2), ("hvac", client, 1)}  # The text of the first begins with an empty line.
    assert world.analysed_collection("acme.one") == first
    assert world.python_read() == set()


def test_what_is_unresolved_is_known_as_well(world: World) -> None:
    first = world.analysed("acme.one.lost:")
    assert [one["name"] for one in first["unresolved"]] == ["nobody_knows_this"]
    assert world.analysed("acme.one.lost:")["unresolved"] == first["unresolved"]
    assert world.python_read() == set()


def change_code(world: World) -> None:
    world.code = ["code", 1]


def change_core(world: World) -> None:
    world.core = ["core", 1]


def change_collection(world: World) -> None:
    write(world.root / "collections", {"acme/one/README.md": "Another release"})


def without_digests(report: dict[str, Any]) -> dict[str, Any]:
    for one in report["profile"]["dependencies"]["galaxy"]["collections"]:
        del one["sha256"]
    return report


@pytest.mark.parametrize("change", [change_code, change_core, change_collection])
def test_other_code_or_content_is_looked_at(world: World, change: Callable[[World], None]) -> None:
    first = without_digests(world.analysed())
    change(world)
    assert without_digests(world.analysed()) == first
    assert "acme.one/plugins/modules/ask.py" in world.python_read()


def test_a_plugin_is_looked_at_again_when_a_collection_changes_whose_code_it_uses(world: World) -> None:
    world.analysed()
    write(world.root / "collections", {"acme/two/plugins/module_utils/client.py": "import netaddr\n"})
    assert python_of(world.analysed()) == ["hashids", "netaddr"]
    assert "acme.one/plugins/filter/texts.py" not in world.python_read()


def test_a_plugin_is_looked_at_again_when_a_collection_can_be_had_that_could_not(world: World) -> None:
    client = world.root / "collections" / "acme" / "two"
    client.rename(world.root / "two")
    assert python_of(world.analysed()) == ["hashids"]
    (world.root / "two").rename(client)
    assert python_of(world.analysed()) == ["hashids", "hvac"]


def test_a_file_of_the_project_in_the_place_of_one_of_core_counts_for_it_alone(world: World) -> None:
    mine = {"module_utils__basic": "import hashids\n"}
    assert python_of(world.analysed("acme.one.ask:", **mine)) == ["hashids", "hvac"]
    assert python_of(world.analysed("acme.one.ask:")) == ["hvac"]
    assert python_of(world.analysed("acme.one.ask:", **mine)) == ["hashids", "hvac"]
    world.analysed("acme.one.ask:", module_utils__other="import hashids\n")
    assert world.python_read() == set()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def alter(path: Path) -> None:
    path.write_text(path.read_text().replace("hvac", "evil"))


def empty(path: Path) -> None:
    path.write_text("{}")


def put_facts_of_another_type(path: Path) -> None:
    """They have the right sha256."""
    facts = json.loads(json.loads(path.read_text())["facts"])
    text = json.dumps(dict.fromkeys(facts, ["no fact"]))
    path.write_text(json.dumps({"facts": text, "sha256": hashlib.sha256(text.encode()).hexdigest()}))


def put_no_facts(path: Path) -> None:
    """They have the right sha256."""
    path.write_text(json.dumps({"facts": "[", "sha256": hashlib.sha256(b"[").hexdigest()}))


@pytest.mark.parametrize("damage", [cut, alter, empty, put_facts_of_another_type, put_no_facts])
def test_a_damaged_answer_is_made_anew(world: World, damage: Callable[[Path], None]) -> None:
    first = world.analysed()
    for path in world.answers():
        damage(path)
    assert world.analysed() == first
    assert "acme.two/plugins/module_utils/client.py" in world.python_read()
    assert world.analysed() == first
    assert world.python_read() == set()


def test_two_analyses_at_once_find_the_same(world: World) -> None:
    with ThreadPoolExecutor() as pool:
        projects = [world.project("acme.one.ask:"), world.project("acme.one.lost:")]
        requests = [AnalysisRequest(str(project), ["site.yml"], str(CORE)) for project in projects * 2]
        futures = [pool.submit(analyse_in_sandbox, one, source=world.source, facts=world.facts()) for one in requests]
        reports = [one.result().report for one in futures]
    assert reports[:2] == reports[2:] == [world.analysed("acme.one.ask:"), world.analysed("acme.one.lost:")]


def test_a_collection_whose_content_can_change_has_no_facts(world: World) -> None:
    directory = CollectionDirectory("acme.one", "1.0.0", world.root)
    facts = world.facts()
    assert facts.of(directory) == ""
    facts.keep({"acme.one": {"runtime": {}}})
    assert not Path(world.store.path).exists()


def test_facts_are_kept_of_those_alone_who_were_asked_for(world: World) -> None:
    first, second = world.source("acme.one"), world.source("acme.two")
    assert first is not None
    assert second is not None
    facts = world.facts()
    assert (facts.of_core(), facts.of(first)) == ("", "")
    facts.keep({"acme.one": {"a": 1}, "acme.two": {"a": 2}})
    assert (world.facts().of_core(), json.loads(world.facts().of(first)), world.facts().of(second)) == (
        "",
        {"a": 1},
        "",
    )
    facts.keep({OF_CORE: {"a": 3}, "acme.one": {"b": 4}})
    assert json.loads(world.facts().of(first)) == {"a": 1, "b": 4}


def test_more_than_the_maximum_is_not_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_fact_store, "MAX_BYTES", 10)
    facts = world.facts()
    facts.of_core()
    facts.keep({OF_CORE: {"a": "long" * 10}})
    assert world.facts().of_core() == ""
