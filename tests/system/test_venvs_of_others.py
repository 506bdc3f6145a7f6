# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Nothing is started in a venv that another user can change: by links, checks or migration tests."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from shared_venv_process import SharedVenvProcess

OTHER = 65534


@dataclass(frozen=True)
class Place:
    """A project of root, a venv that it shall use, and the file that is there once code of another user ran."""

    root: Path

    @property
    def venv(self) -> Path:
        return self.root / "shared"

    @property
    def site(self) -> Path:
        (found,) = self.venv.glob("lib/python3.*/site-packages")
        return found

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def canary(self) -> Path:
        return self.root / "canary"

    def python_code(self) -> str:
        return f"open({str(self.canary)!r}, 'w').close()\n"

    def program(self, path: Path) -> Path:
        """A program of the other user in place of a Python."""
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\ntouch {self.canary}\necho 3.11.2\n")
        path.chmod(0o755)
        os.chown(path, OTHER, OTHER)
        return path

    def foreign_directory(self) -> Path:
        directory = self.root / "foreign"
        directory.mkdir()
        os.chown(directory, OTHER, OTHER)
        return directory

    def run(self, module: str, **options: Any) -> dict[str, Any]:
        return SharedVenvProcess.start(module=module, **options).result()

    def link(self) -> dict[str, Any]:
        return self.run("venv_symlink", project=str(self.project), target=str(self.venv), store=str(self.root / "s"))

    def verify(self) -> dict[str, Any]:
        """The lines of the checklist by name."""
        (self.project / "venv").unlink(missing_ok=True)
        (self.project / "venv").symlink_to(self.venv)
        answer = self.run("shared_venv_verify", projects=[{"path": str(self.project), "imports": ["planted"]}])
        assert not answer.get("failed"), answer["msg"]
        return {line["check"]: line for line in answer["projects"][0]["checks"]}


@pytest.fixture(name="place")
def fixture_place() -> Iterator[Place]:
    if os.geteuid() != 0:
        pytest.skip("only root can make files of another user")
    root = Path(tempfile.mkdtemp(prefix="others-"))  # others can look at it, and change nothing
    root.chmod(0o755)
    try:
        place = Place(root)
        place.project.mkdir()
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", str(place.venv)], check=True)
        (place.site / "planted.py").write_text("")
        yield place
    finally:
        shutil.rmtree(root)


def own_program(place: Place) -> None:
    place.program(place.venv / "bin/python")


def program_elsewhere(place: Place) -> None:
    program = place.program(place.foreign_directory() / "python3")
    (place.venv / "bin/python").unlink()
    (place.venv / "bin/python").symlink_to(program)


def program_behind_links(place: Place) -> None:
    """Each link is root's, the directory that one leads through is not."""
    directory = place.foreign_directory()
    (directory / "python3").symlink_to("/usr/bin/python3")
    os.lchown(directory / "python3", OTHER, OTHER)
    (place.venv / "bin/python3").unlink()
    (place.venv / "bin/python3").symlink_to(directory / "python3")


def writable_by_all(place: Place) -> None:
    (place.site / "sitecustomize.py").write_text(place.python_code())
    (place.site / "planted.py").write_text(place.python_code())
    (place.site / "planted.pth").write_text(f"import os; {place.python_code()}")
    place.site.chmod(0o777)


def one_file_of_another(place: Place) -> None:
    (place.site / "planted.pth").write_text(f"import os; {place.python_code()}")
    os.chown(place.site / "planted.pth", OTHER, OTHER)


def one_file_that_a_group_can_write(place: Place) -> None:
    (place.site / "planted.pth").write_text(f"import os; {place.python_code()}")
    os.chown(place.site / "planted.pth", 0, OTHER)
    (place.site / "planted.pth").chmod(0o664)


def link_to_a_directory_of_another(place: Place) -> None:
    directory = place.foreign_directory()
    (directory / "__init__.py").write_text(place.python_code())
    (place.site / "planted.py").unlink()
    (place.site / "planted").symlink_to(directory)


def link_to_a_directory_with_a_file_of_another(place: Place) -> None:
    directory = place.root / "elsewhere"
    directory.mkdir()
    (directory / "__init__.py").write_text(place.python_code())
    os.chown(directory / "__init__.py", OTHER, OTHER)
    (place.site / "planted.py").unlink()
    (place.site / "planted").symlink_to(directory)


def library_of_another(place: Place) -> None:
    """Python finds its own library by the settings of the venv, which are root's here."""
    library = place.foreign_directory() / "lib" / f"python3.{sys.version_info[1]}"
    # There is no ``open`` yet when Python imports this.
    code = f"import posix; posix.close(posix.open({str(place.canary)!r}, posix.O_CREAT | posix.O_WRONLY))\n"
    (library / "encodings").mkdir(parents=True)
    (library / "encodings/__init__.py").write_text(code)
    (library / "os.py").write_text(code)
    (place.root / "foreign/bin").mkdir()
    (place.venv / "pyvenv.cfg").write_text(f"home = {place.root}/foreign/bin\n")


def settings_of_another(place: Place) -> None:
    library_of_another(place)
    os.chown(place.venv / "pyvenv.cfg", OTHER, OTHER)


def search_path_that_leads_to_another(place: Place) -> None:
    (place.foreign_directory() / "planted.py").write_text(place.python_code())
    (place.site / "planted.py").unlink()
    (place.site / "editable.pth").write_text(f"# more\n{place.root}/foreign\n")


def all_of_another(place: Place) -> None:
    writable_by_all(place)
    subprocess.run(["chown", "-R", f"{OTHER}:{OTHER}", str(place.venv)], check=True)


def activation_of_another(place: Place) -> None:
    script = place.venv / "bin/activate"
    script.write_text(f"touch {place.canary}\nVIRTUAL_ENV=/x\n")
    os.chown(script, OTHER, OTHER)


ATTACKS: list[Callable[[Place], None]] = [
    own_program,
    program_elsewhere,
    program_behind_links,
    writable_by_all,
    one_file_of_another,
    one_file_that_a_group_can_write,
    link_to_a_directory_of_another,
    link_to_a_directory_with_a_file_of_another,
    library_of_another,
    settings_of_another,
    search_path_that_leads_to_another,
    all_of_another,
    activation_of_another,
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_verify_starts_nothing_there(place: Place, attack: Callable[[Place], None]) -> None:
    attack(place)
    lines = place.verify()
    assert not place.canary.exists()
    assert lines["venv"]["ok"] is False
    assert "nothing in it was started: " in lines["venv"]["found"]
    assert [check for check in ("activation", "imports", "requirements") if lines[check]["ok"] is not None] == []


@pytest.mark.parametrize("attack", [own_program, program_elsewhere], ids=lambda attack: attack.__name__)
def test_venv_symlink_starts_no_program_of_another(place: Place, attack: Callable[[Place], None]) -> None:
    attack(place)
    answer = place.link()
    assert not place.canary.exists()
    assert answer["error_code"] == "target"
    assert f"belongs to another user (uid {OTHER})" in answer["msg"]
    assert not os.path.lexists(place.project / "venv")


@pytest.mark.parametrize("attack", ATTACKS[2:], ids=lambda attack: attack.__name__)
def test_venv_symlink_starts_the_base_interpreter_alone(place: Place, attack: Callable[[Place], None]) -> None:
    attack(place)
    answer = place.link()
    assert not answer.get("failed"), answer["msg"]
    assert not place.canary.exists()


def test_a_venv_with_a_copy_of_the_interpreter(place: Place) -> None:
    """The copy reads the settings beside it, so that all of the venv has to be trusted."""
    python = place.venv / "bin/python"
    real = python.resolve()
    python.unlink()
    shutil.copy(real, python)
    assert not place.link().get("failed")
    (place.project / "venv").unlink()
    settings_of_another(place)
    answer = place.link()
    assert not place.canary.exists()
    assert answer["error_code"] == "target", answer
    assert "belongs to another user" in answer["msg"]


def test_a_venv_that_is_trusted_is_tried(place: Place) -> None:
    """As a venv of root is, and one of any user who calls."""
    (place.site / "planted.py").write_text(place.python_code())
    (place.venv / ".lock").touch()
    (place.venv / ".lock").chmod(0o666)  # uv leaves it so in every venv
    lines = place.verify()
    assert (lines["venv"]["ok"], lines["activation"]["ok"], lines["imports"]["ok"]) == (True, True, True)
    assert place.canary.exists()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_no_playbook_is_run_there(place: Place, attack: Callable[[Place], None]) -> None:
    shutil.copy("/bin/true", place.venv / "bin" / "ansible-playbook")
    attack(place)
    playbook = place.root / "site.yml"
    playbook.write_text("- hosts: localhost\n")
    answer = place.run("venv_playbook", venv=str(place.venv), playbook=str(playbook), project=str(place.root))
    assert answer.get("error_code") == "store", answer
    assert not place.canary.exists()


def test_a_link_that_another_can_lead_elsewhere_is_not_sourced(place: Place) -> None:
    """The venv behind it is tried by its own path."""
    os.chown(place.project, OTHER, OTHER)
    lines = place.verify()
    assert (lines["venv"]["ok"], lines["activation"]["ok"]) == (True, None)
    assert f"{place.project} belongs to another user" in lines["activation"]["found"]


def test_a_migration_test_starts_nothing_there(place: Place) -> None:
    one_file_of_another(place)
    (place.project / "venv").symlink_to(place.venv)
    test = ["python", "-c", "pass"]
    answer = place.run(
        "venv_migration_test", projects=[{"path": str(place.project), "test": test}], store=str(place.root / "s")
    )
    assert answer["failed"]
    assert "planted.pth belongs to another user" in answer["msg"]
    assert not place.canary.exists()
    assert stat.S_ISLNK((place.project / "venv").lstat().st_mode)
