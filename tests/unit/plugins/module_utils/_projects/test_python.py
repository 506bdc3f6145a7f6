# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a project says about its Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, ToolMissingError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects import python as python_requirements
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.python import parse_python, python_needs

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
        (None, "# mine\n\n3.12.4 # and why\n3.11\n", None, "3.11.7", "==3.12.* (.python-version)"),
        (None, "cpython-3.12\n", None, "3.13.0", "==3.12.* (.python-version)"),
        (None, None, ">=3.10", "3.12.4", None),
        (None, None, ">=3.10", "3.9.18", ">=3.10 (requires-python in pyproject.toml)"),
        (None, None, ">= 3.10 , <3.12", "3.12.0", "<3.12,>=3.10 (requires-python in pyproject.toml)"),
        (None, None, "~=3.11", "3.13.1", None),
        (None, None, "==3.11.*", "3.13.1", "==3.11.* (requires-python in pyproject.toml)"),
        (None, "3.12\n", ">=3.13", "3.12.1", ">=3.13 (requires-python in pyproject.toml)"),
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
    needs = python_needs(str(tmp_path), asked=parse_python(asked, option="python") if asked else None)
    found = needs.unmet(version)
    assert (str(found) if found is not None else None) == unmet
    assert needs.doubts == ()


def test_a_name_of_pyenv_is_a_doubt(tmp_path: Path) -> None:
    (tmp_path / ".python-version").write_text("my-environment\n")
    needs = python_needs(str(tmp_path), asked=None)
    assert needs.needs == ()
    assert "'my-environment', which is no version of Python" in needs.doubts[0]


def test_without_a_reader_of_toml_it_is_a_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(path: str, text: str) -> None:
        raise ToolMissingError("no reader")

    monkeypatch.setattr(python_requirements, "TomlFile", missing)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT.format(">=3.10"))
    needs = python_needs(str(tmp_path), asked=None)
    assert needs.needs == ()
    assert "has no tomli" in needs.doubts[0]


@pytest.mark.parametrize(
    ("files", "asked", "message"),
    [
        ({}, "3", "python: '3' is not a version of Python"),
        ({}, "/usr/bin/python3", "python: '/usr/bin/python3' is not a version of Python"),
        ({"pyproject.toml": PYPROJECT.format("newest")}, None, "requires-python 'newest' is no version of Python"),
        ({"pyproject.toml": PYPROJECT.format("") + "]"}, None, "is not TOML"),
        ({"pyproject.toml": "[project]\nrequires-python = 3\n"}, None, "must be a text"),
    ],
)
def test_what_is_malformed_is_one_error(tmp_path: Path, files: dict[str, str], asked: str | None, message: str) -> None:
    for name, text in files.items():
        pytest.importorskip("tomllib", reason="this Python has no TOML reader")
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as error:
        python_needs(str(tmp_path), asked=parse_python(asked, option="python") if asked is not None else None)
    assert message in error.value.message
