# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a project says about its Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, ToolMissingError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects import files as project_files
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.python import project_python
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.reader import read_project
from ansible_collections.mobile_ansible.venv.plugins.module_utils._python.constraint import parse_python

if TYPE_CHECKING:
    from pathlib import Path


PYPROJECT = '[project]\nname = "x"\nrequires-python = "{}"\n'


@pytest.mark.parametrize(
    ("asked", "version_file", "requires", "version", "unmet"),
    [
        (None, None, None, "3.9.1", None),
        ("3.12", None, None, "3.12.4", None),
        ("3.12", None, None, "3.11.4", "==3.12.* (the option 'python')"),
        ("3.1", None, None, "3.12.4", "==3.1.* (the option 'python')"),
        ("3.12.4", None, None, "3.11.4", "==3.12.* (the option 'python')"),
        (">=3.12", None, None, "3.11.4", ">=3.12 (the option 'python')"),
        ("3.12", "3.9\n", ">=3.13", "3.12.0", None),
        (None, "3.12\n", None, "3.12.7", None),
        (None, "3.12.4\n", None, "3.12.7", None),
        (None, "# mine\n\n3.12.4 # and why\n3.11\n", None, "3.11.7", "==3.12.* ({}/.python-version, line 3)"),
        (None, "cpython-3.12\n", None, "3.13.0", "==3.12.* ({}/.python-version, line 1)"),
        (None, None, ">=3.10", "3.12.4", None),
        (None, None, ">=3.10", "3.9.18", ">=3.10 ({}/pyproject.toml, line 3)"),
        (None, None, ">= 3.10 , <3.12", "3.12.0", "<3.12,>=3.10 ({}/pyproject.toml, line 3)"),
        (None, None, "~=3.11", "3.13.1", None),
        (None, None, "==3.11.*", "3.13.1", "==3.11.* ({}/pyproject.toml, line 3)"),
        (None, "3.12\n", ">=3.13", "3.12.1", ">=3.13 ({}/pyproject.toml, line 3)"),
    ],
)
def test_a_python_is_compared_with_what_the_project_says(
    tmp_path: Path, asked: str | None, version_file: str | None, requires: str | None, version: str, unmet: str | None
) -> None:
    if version_file is not None:
        (tmp_path / ".python-version").write_text(version_file)
    if requires is not None:
        pytest.importorskip("tomllib", reason="this Python has no TOML reader")
        (tmp_path / "pyproject.toml").write_text(PYPROJECT.format(requires))
    needs = project_python(str(tmp_path), given=parse_python(asked, option="python") if asked else None)
    found = needs.unmet(version)
    assert (str(found) if found is not None else None) == (unmet and unmet.format(tmp_path))
    assert needs.notes == ()


def test_a_name_of_pyenv_is_a_doubt(tmp_path: Path) -> None:
    (tmp_path / ".python-version").write_text("my-environment\n")
    needs = project_python(str(tmp_path), given=None)
    assert needs.requirements == ()
    assert "'my-environment' is not a version of Python" in needs.notes[0]


def test_without_a_reader_of_toml_it_is_a_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(path: str, text: str, *, project: str) -> None:
        raise ToolMissingError("no reader")

    monkeypatch.setattr(project_files, "TomlFile", missing)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT.format(">=3.10"))
    needs = project_python(str(tmp_path), given=None)
    assert needs.requirements == ()
    assert "has no tomli" in needs.notes[0]


@pytest.mark.parametrize(
    ("files", "asked", "message"),
    [
        ({}, "3", "python: '3' is not a version of Python"),
        ({}, "/usr/bin/python3", "python: '/usr/bin/python3' is not a version of Python"),
        ({"pyproject.toml": PYPROJECT.format("newest")}, None, "requires-python: 'newest' is not a version specifier"),
        ({"pyproject.toml": PYPROJECT.format("") + "]"}, None, "is not TOML"),
        ({"pyproject.toml": "[project]\nrequires-python = 3\n"}, None, "must be a text"),
    ],
)
def test_what_is_malformed_is_one_error(tmp_path: Path, files: dict[str, str], asked: str | None, message: str) -> None:
    for name, text in files.items():
        pytest.importorskip("tomllib", reason="this Python has no TOML reader")
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as error:
        project_python(str(tmp_path), given=parse_python(asked, option="python") if asked is not None else None)
    assert message in error.value.message


@pytest.mark.parametrize("files", [None, ["named.txt"]])
@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("pyproject.toml", PYPROJECT.format(">=3.12"), 3),
        ("setup.cfg", "[options]\npython_requires = >=3.12\n", 2),
        (".python-version", "\n3.12\n", 2),
    ],
)
def test_every_module_reads_the_same(tmp_path: Path, name: str, text: str, line: int, files: list[str] | None) -> None:
    """What is built, linked and verified is compared with one and the same answer, whichever files are named."""
    pytest.importorskip("tomllib", reason="this Python has no TOML reader")
    (tmp_path / name).write_text(text)
    for requirements in ("requirements.txt", "named.txt"):
        (tmp_path / requirements).write_text("six\n")
    expected = [f"{'==3.12.*' if name == '.python-version' else '>=3.12'} ({tmp_path / name}, line {line})"]
    assert [str(one) for one in project_python(str(tmp_path), given=None).requirements] == expected
    assert [str(one) for one in read_project(str(tmp_path), files=files).python] == expected


def test_what_the_project_needs_besides_python_does_not_matter(tmp_path: Path) -> None:
    pytest.importorskip("tomllib", reason="this Python has no TOML reader")
    (tmp_path / "pyproject.toml").write_text(PYPROJECT.format(">=3.12") + 'dependencies = ["-e ."]\n')
    found = project_python(str(tmp_path), given=None)
    assert (str(found.unmet("3.11.2")), found.unmet("3.12.0")) == (f">=3.12 ({tmp_path}/pyproject.toml, line 3)", None)
