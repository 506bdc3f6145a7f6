# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Whole projects: which files count, what each format says, and on which line."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, ToolMissingError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects import files as project_files
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.entry import parse_projects
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.reader import (
    read_file,
    read_project,
    read_projects,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.toml import TomlFile

if TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.model import ProjectRequirements

PROJECT = '[project]\nname = "Me"\nversion = "1"\n'
SHA = "ab" * 32


def write(directory: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return str(directory)


def lines(project: ProjectRequirements) -> list[tuple[str, str, int]]:
    return [
        (one.line, os.path.relpath(one.location.file, project.directory), one.location.line) for one in project.declared
    ]


READ: dict[str, tuple[dict[str, str], list[str], list[tuple[str, str, int]]]] = {
    "project": (
        {"pyproject.toml": PROJECT + 'dependencies = [\n  "six>=1", # "idna"\n  "idna",\n]\n'},
        [],
        [("six>=1", "pyproject.toml", 5), ("idna", "pyproject.toml", 6)],
    ),
    "the same text above": (
        {"pyproject.toml": 'note = "six"\n' + PROJECT + 'keywords = ["six"]\ndependencies = ["six"]\n'},
        [],
        [("six", "pyproject.toml", 6)],
    ),
    "escapes": (
        {"pyproject.toml": PROJECT + 'dependencies = [\n"x",\n"six; os_name == \\"nt\\""]\n'},
        [],
        [("x", "pyproject.toml", 5), ("six ; os_name == 'nt'", "pyproject.toml", 6)],
    ),
    "escapes that are not found again": (
        {"pyproject.toml": PROJECT + 'dependencies = [\n"\\u0073ix"]\n'},
        [],
        [("six", "pyproject.toml", 4)],
    ),
    "extras and groups": (
        {
            "pyproject.toml": PROJECT + 'dependencies = ["six"]\n'
            '[project.optional-dependencies]\nTest_All = ["pytest",\n"me[speed]"]\nspeed = ["x"]\n'
            '[dependency-groups]\ntest-all = [{ include-group = "lint" }, "mock"]\nlint = [\n"ruff"]\n'
            'other = ["never"]\n'
        },
        ["test.all"],
        [
            ("six", "pyproject.toml", 4),
            ("pytest", "pyproject.toml", 6),
            ("x", "pyproject.toml", 8),
            ("ruff", "pyproject.toml", 12),
            ("mock", "pyproject.toml", 10),
        ],
    ),
    "groups that are not asked for": (
        {"pyproject.toml": PROJECT + '[dependency-groups]\ndev = ["ruff"]\n', "requirements-dev.txt": "mypy"},
        [],
        [],
    ),
    "a group in a file": (
        {"requirements.txt": "six", "requirements-dev.txt": "-r requirements.txt\nmypy"},
        ["dev"],
        [("six", "requirements.txt", 1), ("mypy", "requirements-dev.txt", 2)],
    ),
    "a group in a directory": (
        {"requirements.txt": "six", "requirements/dev.txt": "mypy"},
        ["dev"],
        [("six", "requirements.txt", 1), ("mypy", os.path.join("requirements", "dev.txt"), 1)],
    ),
    "both kinds of file": (
        {
            "requirements.txt": "six\n-e .\n-c c.txt",
            "c.txt": "idna<4",
            "pyproject.toml": PROJECT + 'dependencies = ["idna"]',
        },
        [],
        [("idna", "pyproject.toml", 4), ("six", "requirements.txt", 1), ("idna<4", "c.txt", 1)],
    ),
    "only settings of tools": (
        {"pyproject.toml": "[tool.x]\ny = 1\n", "requirements.txt": "six"},
        [],
        [("six", "requirements.txt", 1)],
    ),
    "files of setuptools": (
        {
            "pyproject.toml": PROJECT
            + 'dynamic = ["dependencies", "optional-dependencies"]\n[tool.setuptools.dynamic]\n'
            'dependencies = { file = ["deps.in"] }\noptional-dependencies.fast = { file = "fast.in" }\n',
            "deps.in": "six\n",
            "fast.in": "\nidna",
        },
        ["fast"],
        [("six", "deps.in", 1), ("idna", "fast.in", 2)],
    ),
    "setup.cfg": (
        {
            "setup.cfg": "[metadata]\nname = me\n[options]\ninstall_requires =\n    six>=1 # why\n\n    # no\n"
            "    idna ; python_version < '4'\n[options.extras_require]\nTest =\n    six>=1\n    mock\nother = never\n"
        },
        ["test"],
        [
            ("six>=1", "setup.cfg", 5),
            ("idna ; python_version < '4'", "setup.cfg", 8),
            ("six>=1", "setup.cfg", 11),
            ("mock", "setup.cfg", 12),
        ],
    ),
    "setup.cfg on one line": (
        {"setup.cfg": "[options]\ninstall_requires = six; idna\n"},
        [],
        [("six", "setup.cfg", 2), ("idna", "setup.cfg", 2)],
    ),
    "setup.cfg with files": (
        {"setup.cfg": "[options]\ninstall_requires = file: a.txt, b.txt\n", "a.txt": "six", "b.txt": "idna"},
        [],
        [("six", "a.txt", 1), ("idna", "b.txt", 1)],
    ),
    "a lock alone": (
        {
            "pylock.toml": "lock-version = '1.0'\ncreated-by = 'x'\nrequires-python = '>=3.9'\n\n"
            "[[packages]]\nname = 'six'\nversion = '1.16.0'\nmarker = 'os_name == \"nt\"'\n\n"
            "[[packages]]\nname = 'me'\ndirectory = { path = '.' }\n"
        },
        [],
        [("six==1.16.0 ; os_name == 'nt'", "pylock.toml", 5)],
    ),
    "a lock beside its source": (
        {"pylock.toml": "[[packages]]\nname = 'x'\nversion = '1'", "requirements.txt": "six"},
        [],
        [("six", "requirements.txt", 1)],
    ),
    "nothing needed": ({"pyproject.toml": PROJECT}, [], []),
}


@pytest.mark.parametrize("case", READ)
def test_what_a_project_needs_and_where_it_says_so(tmp_path: Path, case: str) -> None:
    files, groups, expected = READ[case]
    project = read_project(write(tmp_path, files), groups=groups)
    assert lines(project) == expected
    assert project.notes == ()
    assert project.name == tmp_path.name


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "nothing": ({}, "has no requirements.txt, no pyproject.toml"),
    "only a program": ({"setup.py": "install_requires=['six']"}, "setup.py: dependencies that are computed"),
    "a program beside settings of tools": (
        {"setup.py": "", "setup.cfg": "[flake8]", "pyproject.toml": "[tool.x]"},
        "setup.py: dependencies that are computed",
    ),
    "only poetry": (
        {"pyproject.toml": "[tool.poetry.dependencies]\nsix = '*'"},
        "[tool.poetry.dependencies] is not read",
    ),
    "no TOML": ({"pyproject.toml": "[project"}, "pyproject.toml is not TOML: "),
    "a table that is none": ({"pyproject.toml": "project = 1"}, "project must be a table, not '1'"),
    "an array that is none": (
        {"pyproject.toml": PROJECT + "dependencies = 'six'"},
        "project.dependencies must be an array",
    ),
    "a demand that is no text": (
        {"pyproject.toml": PROJECT + "dependencies = [1]"},
        "line 4: dependencies contains '1'",
    ),
    "a demand that is none": (
        {"pyproject.toml": PROJECT + "dependencies = [\n'x',\n'x y']"},
        "pyproject.toml, line 6: 'x y' is not",
    ),
    "an address": (
        {"pyproject.toml": PROJECT + "dependencies = ['x @ https://a:b@c.invalid']"},
        "line 4: 'x @ https://…@c.invalid'",
    ),
    "Python": ({"pyproject.toml": PROJECT + "requires-python = '3.x'"}, "line 4: requires-python: "),
    "Python of setup.cfg": (
        {"setup.cfg": "[options]\npython_requires = x\ninstall_requires = y"},
        "setup.cfg, line 2: python_requires: ",
    ),
    "an extra of its own": (
        {"pyproject.toml": PROJECT + "dependencies = ['me[x]']"},
        "line 4: the project has no extra 'x'",
    ),
    "files out": (
        {
            "pyproject.toml": PROJECT
            + "dynamic = ['dependencies']\n[tool.setuptools.dynamic]\ndependencies = {file = '../x'}"
        },
        "line 6: '../x' is outside",
    ),
    "files that are none": (
        {"pyproject.toml": PROJECT + "[tool.setuptools.dynamic]\ndependencies = {attr = 'x'}"},
        "line 5: dependencies of [tool.setuptools",
    ),
    "no setup.cfg": ({"setup.cfg": "options"}, "setup.cfg cannot be read: "),
    "setup.cfg out": (
        {"setup.cfg": "[options]\ninstall_requires = file: ../x"},
        "setup.cfg, line 2: '../x' is outside",
    ),
    "a lock of a checkout": (
        {"pylock.toml": "[[packages]]\nname = 'x'\nvcs = {type = 'git'}"},
        "line 1: 'x' is not taken from an index",
    ),
    "a lock of another directory": (
        {"pylock.toml": "[[packages]]\nname = 'x'\ndirectory = {path = '../x'}"},
        "is not taken from an index",
    ),
    "a lock with groups": (
        {"pylock.toml": "[[packages]]\nname = 'x'\nversion = '1'\nmarker = \"'dev' in dependency_groups\""},
        "belongs to a group of the lock",
    ),
    "a lock that is none": ({"pylock.toml": "packages = [1]"}, "packages contains '1'"),
    "a name that is none": (
        {"pylock.toml": "[[packages]]\nname = '../x'\nversion = '1'"},
        "'../x==1' is not a requirement",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_one_error(tmp_path: Path, case: str) -> None:
    files, message = REFUSED[case]
    with pytest.raises(InputError) as caught:
        read_project(write(tmp_path, files))
    assert message in caught.value.message
    assert str(tmp_path) in caught.value.message


GROUPS: dict[str, tuple[str, str, str]] = {
    "unknown": ("", "nope", "has no group nope; the files of the project have dev, loop, odd, twice"),
    "loop": ("", "loop", "the group includes itself (loop → loop2 → loop)"),
    "unknown include": ("bad = [{include-group = 'nope'}]\n", "bad", "includes 'nope', which is not a group"),
    "no include": ("", "odd", "contains {'other': 'x'}, which is not an include-group"),
}


@pytest.mark.parametrize("case", GROUPS)
def test_groups_that_cannot_be(tmp_path: Path, case: str) -> None:
    more, group, message = GROUPS[case]
    text = "[dependency-groups]\ndev = []\nloop = [{include-group = 'loop2'}]\nloop2 = [{include-group = 'Loop'}]\n"
    write(tmp_path, {"pyproject.toml": text + "odd = [{other = 'x'}]\ntwice = []\n" + more})
    with pytest.raises(InputError) as caught:
        read_project(str(tmp_path), groups=[group])
    assert message.replace("loop,", "loop, loop2,") in caught.value.message


def test_files_can_be_named(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "requirements.txt": "six",
            "deps/main.in": "idna\n-r ../more.txt",
            "more.txt": "x",
            "dev-requirements.txt": "y",
        },
    )
    project = read_project(str(tmp_path), files=["deps/main.in"], groups=["dev"], name="called")
    assert [line for line, _file, _line in lines(project)] == ["idna", "x", "y"]
    assert {one.location.project for one in project.declared} == {"called"}
    for name in ("../x", "/etc/passwd", "missing.txt"):
        with pytest.raises(InputError):
            read_project(str(tmp_path), files=[name])


def test_a_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none is not a directory of this host"):
        read_project(str(tmp_path / "none"))


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements.txt", "setup.cfg", ".python-version"])
def test_a_file_that_is_a_link_out_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("six")
    project = tmp_path / "project"
    project.mkdir()
    (project / "requirements.txt").write_text("six")
    (project / name).unlink(missing_ok=True)
    (project / name).symlink_to(tmp_path / "secret")
    with pytest.raises(InputError, match="is outside the project's directory"):
        read_project(str(project))


def test_dependencies_that_are_computed_are_noted(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"pyproject.toml": PROJECT + 'dynamic = ["dependencies"]\n', "setup.py": "", "requirements.txt": "six"},
    )
    project = read_project(str(tmp_path))
    assert project.notes == (
        f"{tmp_path}/pyproject.toml: dependencies that are computed when the project is built are not read",
    )


PYTHONS = [
    ({"pyproject.toml": PROJECT + "requires-python = '>= 3.9, <4'"}, [("<4,>=3.9", 4)]),
    ({"setup.cfg": "[options]\npython_requires = >=3.8\ninstall_requires = six"}, [(">=3.8", 2)]),
    ({"pylock.toml": "requires-python = '>=3.10'\n[[packages]]\nname='x'\nversion='1'"}, [(">=3.10", 1)]),
    ({"requirements.txt": "", ".python-version": "# mine\n3.12.4\n3.11\n"}, [("==3.12.*", 2)]),
    ({"requirements.txt": "", ".python-version": "\n"}, []),
]


@pytest.mark.parametrize(("files", "expected"), PYTHONS)
def test_the_python_that_is_asked_for(tmp_path: Path, files: dict[str, str], expected: list[tuple[str, int]]) -> None:
    assert [(one.versions, one.location.line) for one in read_project(write(tmp_path, files)).python] == expected


def test_a_python_that_is_no_version_is_noted(tmp_path: Path) -> None:
    project = read_project(write(tmp_path, {"requirements.txt": "", ".python-version": "my-env\n"}))
    assert project.python == ()
    assert project.notes == (
        f"{tmp_path}/.python-version, line 1: 'my-env' is not a version of Python, such as 3.12; it is ignored",
    )


def test_the_hashes_of_a_lock(tmp_path: Path) -> None:
    text = (
        f"[[packages]]\nname='x'\nversion='1'\nsdist={{hashes={{sha256='{'00' * 32}'}}}}\n"
        f"wheels=[{{url='https://x.invalid/x.whl', hashes={{sha256='{SHA.upper()}'}}}}, {{hashes=1}}, 2]"
    )
    (tmp_path / "pylock.dev.toml").write_text(text)
    (demand,) = read_file(str(tmp_path / "pylock.dev.toml")).requirements
    assert (demand.line, demand.hashes) == ("x==1", (SHA,))


BOMBS = {
    "nesting": "x = " + "[" * 100_000,
    "dotted key": ".".join(["a"] * 100_000) + " = 1",
    "dotted key in a table": "x = {" + ".".join(["a"] * 100_000) + " = 1}",
    "dotted header": "[" + ".".join(["a"] * 100_000) + "]",
    "many demands": PROJECT + "dependencies = [\n" + '"six",\n' * 20_000 + "]",
    "many demands that are not found again": PROJECT + "dependencies = [\n" + '"\\u0073ix",\n' * 20_000 + "]",
    "quotes that are not closed": PROJECT + "dependencies = ['six']\nx = '''\n\"" + '\\"' * 300_000 + "\n'''\n",
    "groups that include each other's doubles": "[dependency-groups]\n"
    + "".join(
        f"g{number} = [{{include-group = 'g{number + 1}'}}, {{include-group = 'g{number + 1}'}}]\n"
        for number in range(40)
    )
    + "g40 = ['six']",
}


@pytest.mark.parametrize("case", BOMBS)
def test_bombs_end_quickly(tmp_path: Path, case: str) -> None:
    write(tmp_path, {"pyproject.toml": BOMBS[case]})
    started = time.process_time()
    try:
        project = read_project(str(tmp_path), groups=["g0"] if "groups" in BOMBS[case] else [])
        assert {one.line for one in project.declared} == {"six"}
    except InputError as error:
        assert re.search("nested too deeply|too many parts", error.message)
    assert time.process_time() - started < 2


def test_a_bomb_in_setup_cfg_ends_quickly(tmp_path: Path) -> None:
    write(tmp_path, {"setup.cfg": "[options]\nx" + " " * 500_000 + "y\n"})
    started = time.process_time()
    with pytest.raises(InputError, match="setup.cfg, line 2 is longer than 10000 characters"):
        read_project(str(tmp_path))
    assert time.process_time() - started < 2


def test_a_python_without_a_toml_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_module(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", no_module)
    with pytest.raises(ToolMissingError, match="pyproject.toml cannot be read by this Python"):
        read_project(write(tmp_path, {"pyproject.toml": PROJECT}))
    assert lines(read_file(write(tmp_path, {"r.txt": "six"}) + "/r.txt")) == [("six", "r.txt", 1)]


def test_projects_of_one_name_are_called_by_their_paths(tmp_path: Path) -> None:
    for name in ("a/app", "b/app", "other"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "requirements.txt").write_text("six")
    options = parse_projects([str(tmp_path / name) for name in ("a/app", "b/app", "other")])
    projects = read_projects(options)
    assert [one.name for one in projects] == [str(tmp_path / "a/app"), str(tmp_path / "b/app"), "other"]
    assert [one.requirements[0].location.project for one in projects] == [one.name for one in projects]


@pytest.mark.parametrize(("python", "versions"), [("3.12", "==3.12.*"), (">= 3.11, <4", "<4,>=3.11")])
def test_a_python_for_one_project(tmp_path: Path, python: str, versions: str) -> None:
    (tmp_path / "requirements.txt").write_text("six")
    (tmp_path / ".python-version").write_text("3.11")
    (project,) = read_projects(parse_projects([{"path": str(tmp_path), "python": python}]))
    assert [(one.versions, str(one.location)) for one in project.python] == [(versions, "option projects")]


def test_a_file_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []

    def counted(path: str, text: str, *, project: str) -> TomlFile:
        parsed.append(os.path.basename(path))
        return TomlFile(path, text, project=project)

    monkeypatch.setattr(project_files, "TomlFile", counted)
    python = "requires-python = '>=3.9'\ndependencies = ['six', 'me[a]']\n"
    extras = "[project.optional-dependencies]\na = ['idna']\n"
    found = read_project(
        write(tmp_path, {"pyproject.toml": PROJECT + python + extras, "requirements.txt": "-e .[a]\n"})
    )
    assert [one.line for one in found.requirements] == ["six", "idna"]
    assert parsed == ["pyproject.toml"]
