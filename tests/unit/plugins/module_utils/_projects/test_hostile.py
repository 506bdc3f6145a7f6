# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Requirement files that are made to last, or to break what reads them: one error with file and line, and soon."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.version import allows
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.reader import read_project
from ansible_collections.mobile_ansible.venv.plugins.module_utils._python.constraint import allowed_minors
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.prune import parse_age

if TYPE_CHECKING:
    from pathlib import Path

BLANKS = " " * 400_000
PROJECT = '[project]\nname = "me"\nversion = "1"\n'
DIGITS = "9" * 5000
PACKAGE = '[[packages]]\nname = "six"\n'

#: What takes time by its form: the file, its text, and the lines that it asks for or None where it is an error.
SLOW = {
    "trailing blanks": ("requirements.txt", f"six{BLANKS}\n", ["six"]),
    "blanks before a comment": ("requirements.txt", f"six{BLANKS}# why\n", ["six"]),
    "blanks alone": ("requirements.txt", f"{BLANKS}\nsix\n{BLANKS}", ["six"]),
    "blanks of other kinds": ("requirements.txt", "six" + "\u2003" * 100_000 + "x\n", None),
    "blanks in a line": ("requirements.txt", f"six{BLANKS}>=1\n", ["six>=1"]),
    "blanks after an option": ("requirements.txt", f"--hash{BLANKS}x\n", None),
    "blanks after -r": ("requirements.txt", f"-r{BLANKS}x\n", None),
    "dashes": ("requirements.txt", "-" * 400_000, None),
    "options": ("requirements.txt", "six" + " --hash=sha256:" * 30_000, None),
    "comments": ("requirements.txt", "#" * 400_000 + "\nsix" + " #" * 200_000, ["six"]),
    "continued": ("requirements.txt", "six\\\n" + "\\\n" * 200_000, ["six"]),
    "a long name": ("requirements.txt", "a" * 4000 + "@\n", None),
    "dots": ("requirements.txt", "a" + ".-" * 2000 + "@\n", None),
    "versions": ("requirements.txt", "six" + ">=1," * 1000 + "\n", None),
    "a long version": ("requirements.txt", "six==" + "1." * 2000 + "x\n", None),
    "brackets of a marker": ("requirements.txt", "six; " + "(" * 4000 + "\n", None),
    "blanks of a marker": ("requirements.txt", "six; " + "a " * 2000 + "\n", None),
    "brackets": ("requirements.txt", "six[" + "[" * 4000 + "\n", None),
    "an address": ("requirements.txt", "//" * 200_000 + "@\n", None),
    "a long line of setup.cfg": ("setup.cfg", f"[options]\na{BLANKS}b\n", None),
    "blanks in setup.cfg": ("setup.cfg", f"[options]\na{' ' * 9900}b=1\ninstall_requires = six\n", ["six"]),
    "many lines with blanks": (
        "setup.cfg",
        "[options]\ninstall_requires = six\n" + "".join(f"a{number}{' ' * 9000}b = 1\n" for number in range(150)),
        ["six"],
    ),
    "many lines of a list": (
        "setup.cfg",
        "#\n" * 20_000 + "[options]\ninstall_requires =\n" + "  six\n" * 15_000,
        ["six"],
    ),
    "blanks in TOML": ("pyproject.toml", PROJECT + f'dependencies = ["six"]{BLANKS}#\n', ["six"]),
    "quotes in TOML": ("pyproject.toml", PROJECT + 'x = "' + '\\\\' * 200_000 + "\n", None),
    "keys in TOML": ("pyproject.toml", PROJECT + "a" * 400_000 + "\n", None),
    "numbers in TOML": ("pyproject.toml", PROJECT + f"x = {'9' * 400_000}\n", None),
    "a lock": ("pylock.toml", (PACKAGE + 'version = "1"\n') * 5000, ["six==1"]),
    "a marker of a lock": ("pylock.toml", PACKAGE + f'version = "1"\nmarker = "{"(" * 400_000}"\n', None),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "expected"), SLOW.values(), ids=SLOW)
def test_what_would_last_ends(tmp_path: Path, name: str, text: str, expected: list[str] | None) -> None:
    (tmp_path / name).write_text(text)
    started = time.process_time()
    if expected is not None:
        assert {one.line for one in read_project(str(tmp_path)).declared} == set(expected)
    else:
        with pytest.raises(InputError) as caught:
            read_project(str(tmp_path))
        assert name in caught.value.message
        assert len(caught.value.message) < 2000
    assert time.process_time() - started < 2


#: What breaks a reader: the files, and what the error says.
BREAKS = {
    "NUL in dynamic": (
        {"pyproject.toml": PROJECT + '[tool.setuptools.dynamic]\ndependencies = {file = "a\\u0000b"}\n'},
        r"pyproject\.toml, line 5: .* is not a valid path of a file",
    ),
    "NUL in dynamic extras": (
        {
            "pyproject.toml": PROJECT
            + '[tool.setuptools.dynamic.optional-dependencies]\ndev = {file = ["a\\u0000"]}\n',
        },
        r"pyproject\.toml, line 5: .* is not a valid path of a file",
    ),
    "NUL in a lock": (
        {"pylock.toml": PACKAGE + 'directory = {path = "\\u0000"}\n'},
        r"pylock\.toml, line 1: 'six' is not taken from an index",
    ),
    "a long path": ({"requirements.txt": f"\n-r {'x/' * 5000}\n"}, r"requirements\.txt, line 2: .* not a valid path"),
    "a long name of a file": ({"requirements.txt": f"\n-r {'x' * 300}\n"}, r"ments\.txt, line 2: .* cannot be read"),
    "a long project": ({"requirements.txt": f"-e {'x/' * 5000}\n"}, r"ments\.txt, line 1: .* but a directory"),
    "a long file of setup.cfg": (
        {"setup.cfg": f"[options]\ninstall_requires = file: {'x' * 300}\n"},
        r"setup\.cfg, line 2: .* cannot be read",
    ),
    "requires-python": (
        {"pyproject.toml": PROJECT + f'requires-python = ">=3.{DIGITS}"\n'},
        r"pyproject\.toml, line 4: requires-python: .* is not a version specifier",
    ),
    "python_requires": (
        {"setup.cfg": f"[options]\npython_requires = >={DIGITS}\ninstall_requires = six\n"},
        r"setup\.cfg, line 2: python_requires: .* is not a version specifier",
    ),
    "requires-python of a lock": (
        {"pylock.toml": f'requires-python = ">={DIGITS}"\n{PACKAGE}version = "1"\n'},
        r"pylock\.toml, line 1: requires-python: .* is not a version specifier",
    ),
    "a version": ({"requirements.txt": f"six\nidna=={'1' * 4000}\n"}, r"ments\.txt, line 2: .* not a version spec"),
    "a version of a lock": (
        {"pylock.toml": f'{PACKAGE}version = "{"1" * 4000}"\n'},
        r"pylock\.toml, line 1: .* not a version specifier",
    ),
    "a number of TOML": (
        {"pyproject.toml": PROJECT + f"x = {DIGITS}\n"},
        r"pyproject\.toml, line 4 has a number of more than 1000 digits",
    ),
    "control characters": ({"requirements.txt": "six\n\x1b[2J\u202ex==1\n"}, r"requirements\.txt, line 2: .*x1b\[2J"),
    "control characters in TOML": (
        {"pyproject.toml": PROJECT + 'dependencies = ["\\u001b[2J\\u202e"]\n'},
        r"pyproject\.toml, line 4: .*x1b\[2J",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "message"), BREAKS.values(), ids=BREAKS)
def test_what_breaks_a_reader_is_one_error_with_file_and_line(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_project(str(tmp_path), groups=["dev"] if "dev =" in str(files) else [])
    assert len(caught.value.message) < 1000
    assert printable(caught.value.message) == caught.value.message


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x/" * 5000])
def test_files_that_can_have_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="files: .* is not a valid path of a file"):
        read_project(str(tmp_path), files=[name])


def test_a_version_of_python_that_is_none_is_noted(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("six\n")
    (tmp_path / ".python-version").write_text(f"\n3.{DIGITS}\n")
    (note,) = read_project(str(tmp_path)).notes
    assert ".python-version, line 2: " in note


def test_numbers_of_thousands_of_digits_are_no_versions() -> None:
    assert not allows(f">={DIGITS}", "1.0")
    assert not allows(">=1", DIGITS)
    assert allowed_minors([">=3.9"])
    with pytest.raises(InputError, match="older_than"):
        parse_age(f"{DIGITS}d")
