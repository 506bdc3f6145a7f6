# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Each line of the checklist fails when that thing is broken, and the playbook verify repairs it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from interpreters import find_python
from shared_venv_process import SharedVenvProcess, built

NAME = "checked"


@dataclass(frozen=True)
class Family:
    """A parent and a sibling that share the venv called ``checked`` in ``store``."""

    directory: Path
    store: Path
    wheels: Path

    @property
    def parent(self) -> Path:
        return self.directory / "parent"

    @property
    def sibling(self) -> Path:
        return self.directory / "sibling"

    @property
    def generation(self) -> Path:
        return (self.store / NAME).resolve()

    @property
    def site(self) -> Path:
        (found,) = self.generation.glob("lib/python3.*/site-packages")
        return found

    @property
    def options(self) -> dict[str, Any]:
        return {"projects": [str(self.parent), str(self.sibling)], "target": NAME, "store": str(self.store)}

    @property
    def variables(self) -> dict[str, Any]:
        """What a user would write into the variables file."""
        return {
            "shared_venv_parent": str(self.parent),
            "shared_venv_name": NAME,
            "shared_venv_store": str(self.store),
            "shared_venv_projects": [{"path": str(self.parent)}, {"path": str(self.sibling)}],
            "shared_venv_find_links": [str(self.wheels)],
            "shared_venv_offline": True,
        }

    def verify(self, **options: Any) -> dict[str, Any]:
        answer = SharedVenvProcess.start(module="shared_venv_verify", **{**self.options, **options}).result()
        assert not answer.get("failed"), answer["msg"]
        return answer

    def write(self, relative: str, text: str) -> None:
        """Change a file of the generation, as root or an obstinate owner can."""
        path = self.generation / relative
        path.parent.chmod(0o755)
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(0o755)


@pytest.fixture(scope="module", name="store")
def fixture_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that the tests of this file share; each damages what it builds."""
    return tmp_path_factory.mktemp("stores") / "store"


@pytest.fixture(name="family")
def fixture_family(tmp_path: Path, store: Path, wheelhouse: Path) -> Family:
    """Shared and healthy, as after the playbook share."""
    family = Family(tmp_path / "projects", store, wheelhouse)
    for directory in (family.parent, family.sibling):
        directory.mkdir(parents=True)
        (directory / "requirements.txt").write_text("six\nnetaddr\n")
    built(store=str(store), name=NAME, packages=["six", "netaddr", "pip"], find_links=[str(wheelhouse)], offline=True)
    linked = SharedVenvProcess.start(module="venv_symlink", parent=str(family.parent), **family.options).result()
    assert not linked.get("failed"), linked["msg"]
    return family


def play(controller: Controller, playbook: str, family: Family, **variables: Any) -> str:
    """Run a playbook to its end and demand that it succeeds."""
    name = f"mobile_ansible.venv.{playbook}"
    ended = controller.playbook(name, variables={**family.variables, **variables})
    assert ended.returncode == 0, ended.output
    return ended.stdout


def wrong(answer: dict[str, Any]) -> dict[str, list[str]]:
    """The lines that say so, for each project by the name of its directory."""
    return {
        os.path.basename(one["path"]): [line["check"] for line in one["checks"] if line["ok"] is False]
        for one in answer["projects"]
    }


def replace_by_directory(family: Family) -> None:
    (family.sibling / "venv").unlink()
    (family.sibling / "venv").mkdir()


def dangle(family: Family) -> None:
    (family.parent / "venv").unlink()


def turn_in_a_circle(family: Family) -> None:
    (family.parent / "venv").unlink()
    (family.parent / "venv").symlink_to("../sibling/venv")


def lead_elsewhere(family: Family) -> None:
    shutil.copytree(family.generation, family.directory / "other", symlinks=True)
    (family.sibling / "venv").unlink()
    (family.sibling / "venv").symlink_to("../other")


def strike_off(family: Family) -> None:
    for root in (family.store / ".roots").iterdir():
        if os.readlink(root) == str(family.sibling / "venv"):
            root.unlink()


def lose_the_interpreter(family: Family) -> None:
    python = family.generation / "bin" / "python"
    python.parent.chmod(0o755)
    python.unlink()
    python.symlink_to("/nowhere/python3")


def lose_the_configuration(family: Family) -> None:
    family.generation.chmod(0o755)
    (family.generation / "pyvenv.cfg").unlink()


def break_activation(family: Family) -> None:
    family.write("bin/activate", "return 1\n")


def activate_another(family: Family) -> None:
    family.write("bin/activate", f'VIRTUAL_ENV={family.generation}; PATH="{Path(sys.base_prefix) / "bin"}:$PATH"\n')


def start_another(family: Family) -> None:
    python = Path(sys.base_prefix) / "bin" / "python{}.{}".format(*sys.version_info)
    family.write("bin/python", f'#!/bin/sh\nexec {python} "$@"\n')


def ask_for_more(family: Family) -> None:
    with (family.sibling / "requirements.txt").open("a") as stream:
        stream.write("jmespath>=1\n")


def truncate_a_module(family: Family) -> None:
    path = family.site / "six.py"
    family.write(str(path.relative_to(family.generation)), "def (\n")


def add_a_file(family: Family) -> None:
    family.write(str((family.site / "planted.py").relative_to(family.generation)), "")


def rot(family: Family) -> None:
    """Change one bit and nothing else, as a disk does that fails."""
    path = family.site / "six.py"
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[content.index(b"#")] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(before.st_mode)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def unlink(family: Family) -> None:
    (family.sibling / "venv").unlink()


_SHELL = ["which_python", "prefix"]
#: What is broken, and which lines then fail: those of the sibling, and those of the parent.
BREAKAGES: list[tuple[Callable[[Family], None], list[str], list[str]]] = [
    (unlink, ["link"], []),
    (replace_by_directory, ["link", "venv"], []),
    (dangle, ["target"], ["link"]),
    (turn_in_a_circle, ["target"], ["target"]),
    (lead_elsewhere, ["target"], []),
    (strike_off, ["registered"], []),
    (lose_the_interpreter, ["venv", *_SHELL, "sealed"], ["venv", *_SHELL, "sealed"]),
    (lose_the_configuration, ["venv", "sealed"], ["venv", "sealed"]),
    (break_activation, ["activation", "sealed"], ["activation", "sealed"]),
    (activate_another, [*_SHELL, "sealed"], [*_SHELL, "sealed"]),
    (start_another, ["prefix", "requirements", "sealed"], ["prefix", "requirements", "sealed"]),
    (ask_for_more, ["requirements"], []),
    (truncate_a_module, ["imports", "sealed"], ["imports", "sealed"]),
    (add_a_file, ["sealed"], ["sealed"]),
    (rot, ["sealed"], ["sealed"]),
]


@pytest.mark.catalogue(14)
@pytest.mark.parametrize(
    ("damage", "sibling", "parent"), BREAKAGES, ids=[breakage[0].__name__ for breakage in BREAKAGES]
)
def test_what_is_broken_is_said(
    family: Family, damage: Callable[[Family], None], sibling: list[str], parent: list[str]
) -> None:
    damage(family)
    answer = family.verify()
    assert wrong(answer) == {"sibling": sibling, "parent": parent}
    lines = [line for one in answer["projects"] for line in one["checks"] if line["ok"] is False]
    assert all(line["remedy"] for line in lines)


#: Each breakage once; those that hide nothing of each other in one run.
REPAIRS: list[list[Callable[[Family], None]]] = [
    [unlink],
    [replace_by_directory],
    [dangle, lead_elsewhere],
    [turn_in_a_circle],
    [lose_the_interpreter, break_activation],
    [lose_the_configuration, add_a_file],
    [activate_another, start_another],
    [ask_for_more, truncate_a_module],
    [rot, strike_off],
]


def test_each_breakage_is_repaired_once() -> None:
    repaired = [damage for damages in REPAIRS for damage in damages]
    assert sorted(map(str, repaired)) == sorted(str(damage) for damage, _sibling, _parent in BREAKAGES)


@pytest.mark.catalogue(14)
@pytest.mark.parametrize("damages", REPAIRS, ids=lambda damages: "-".join(damage.__name__ for damage in damages))
def test_what_is_broken_is_repaired(
    family: Family, controller: Controller, damages: list[Callable[[Family], None]]
) -> None:
    for damage in damages:
        damage(family)
    told = play(controller, "verify", family, shared_venv_repair=True)
    assert "FAIL" not in told
    answer = family.verify()
    assert answer["healthy"], answer["table"]


def test_another_python_is_said_and_repaired(family: Family, controller: Controller) -> None:
    other = find_python(version for version in [(3, 13), (3, 12), (3, 11)] if version != sys.version_info[:2])
    if other is None:
        pytest.skip("there is only one Python here")
    version = other.name.removeprefix("python")
    (family.sibling / ".python-version").write_text(f"{version}\n")
    assert wrong(family.verify()) == {"sibling": ["python_version"], "parent": []}
    play(controller, "verify", family, shared_venv_repair=True, shared_venv_python=str(other))
    assert family.verify()["projects"][1]["python"].startswith(f"{version}.")


def test_verify_without_repair_fails_with_the_table_and_changes_nothing(
    family: Family, controller: Controller, tmp_path: Path
) -> None:
    unlink(family)
    variables = {**family.variables, "shared_venv_report": str(tmp_path)}
    ended = controller.playbook("mobile_ansible.venv.verify", variables=variables)
    assert ended.returncode == 2, ended.output
    link = family.sibling / "venv"
    told = f"""\
1 of 2 projects has a venv with problems.
{link}:
  link: {link} does not exist
    To repair it, run the playbook mobile_ansible.venv.share again.
"""
    assert told in ended.stdout
    assert '"healthy": false' in (tmp_path / "localhost.json").read_text()
    assert not link.is_symlink()


def test_a_module_that_ends_the_imports_is_named_and_the_others_are_imported(family: Family) -> None:
    """One waits for ever, one fails, one succeeds without having been imported. Other projects do not notice."""
    programs = {
        "waits": "import time; time.sleep(600)",
        "ends": "import os; os._exit(3)",
        "leaves": "import os; os._exit(0)",
    }
    for module, program in programs.items():
        (family.sibling / f"{module}.py").write_text(program)
    family.write(str((family.site / "here.pth").relative_to(family.generation)), f"{family.sibling}\n")
    projects = [
        {"path": str(family.sibling), "imports": ["waits", "ends", "six", "leaves"]},
        {"path": str(family.parent)},
    ]
    found = {
        one["path"]: next((line["ok"], line["found"]) for line in one["checks"] if line["check"] == "imports")
        for one in family.verify(projects=projects, import_timeout=2)["projects"]
    }
    ended = "the interpreter ended with"
    problems = f"waits: the import took longer than 2 s; ends: {ended} 3; leaves: {ended} 0"
    assert found[str(family.sibling)] == (False, problems)
    assert found[str(family.parent)][0] is True


def test_a_look_changes_nothing(family: Family) -> None:
    def everything() -> dict[str, tuple[int, int, int]]:
        paths = [path for directory in (family.directory, family.store) for path in directory.rglob("*")]
        # A process that runs in a generation says so by the time of its lease.
        kept = [path for path in paths if ".leases" not in path.parts]
        return {str(path): (path.lstat().st_mode, path.lstat().st_size, path.lstat().st_mtime_ns) for path in kept}

    before = everything()
    assert family.verify()["healthy"]
    assert everything() == before
