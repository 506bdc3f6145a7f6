# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a project tells uv, poetry or pdm of packages: followed, or one error with file and line."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.combination import combined
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.files import ANY_INDEX
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.reader import read_file, read_project

PROJECT = (
    '[project]\nname = "me"\nversion = "1"\ndependencies = ["toolz", "six>=1.16"]\n'
    '[project.optional-dependencies]\nml = ["torch"]\n'
)
#: The first line behind PROJECT.
#: The index of the task.
INDEX = "https://index.invalid/simple"
FIRST = PROJECT.count("\n") + 1


def write(directory: Path, text: str, **files: str) -> str:
    (directory / "pyproject.toml").write_text(PROJECT + text)
    for name, content in files.items():
        (directory / name.replace("_", ".")).write_text(content)
    return str(directory)


ELSEWHERE: dict[str, tuple[str, int, str]] = {
    "path": ('[tool.uv.sources]\ntoolz = { path = "../toolz" }\n', 1, "from a directory ([tool.uv.sources])"),
    "editable path": ('[tool.uv.sources]\ntoolz = { path = "../toolz", editable = true }\n', 1, "from a directory"),
    "wheel": ('[tool.uv.sources]\ntoolz = { path = "w/toolz-1-py3-none-any.whl" }\n', 1, "from a wheel"),
    "git": ('[tool.uv.sources]\n\ntoolz = { git = "https://code.invalid/t" }\n', 2, "from a Git repository"),
    "url": ('[tool.uv.sources]\ntoolz = { url = "https://code.invalid/t-1.tar.gz" }\n', 1, "from an archive"),
    "workspace": ('[tool.uv.sources]\ntoolz = { workspace = true }\n', 1, "from a directory of its workspace"),
    "another spelling": ('[tool.uv.sources]\n"Toolz" = { path = "../toolz" }\n', 1, "toolz comes from a directory"),
    "index": (
        '[[tool.uv.index]]\nname = "mine"\nurl = "https://me:s3cret@mine.invalid/simple"\nexplicit = true\n'
        '[tool.uv.sources]\ntoolz = { index = "mine" }\n',
        5,
        "from the index 'mine', https://mine.invalid/simple",
    ),
    "index that is not there": ('[tool.uv.sources]\ntoolz = { index = "mine" }\n', 1, "from the index 'mine'"),
    "markers": (
        '[tool.uv.sources]\ntoolz = [\n  { index = "pypi", marker = "os_name == \'nt\'" },\n  { git = "x" },\n]\n'
        '[[tool.uv.index]]\nname = "pypi"\nurl = "https://index.invalid/simple"\n',
        1,
        "from a Git repository",
    ),
    "a table of its own": ('[tool.uv.sources.six]\npath = "../six"\n', 0, "six comes from a directory"),
    "a table in a table": ('[tool.uv]\nsources = { six = { path = "../six" } }\n', 1, "six comes from a directory"),
    "dotted keys": ('[tool.uv]\nsources.six.path = "../six"\n', 1, "six comes from a directory"),
    "override": (
        '[tool.uv]\noverride-dependencies = ["idna"]\n[tool.uv.sources]\nidna = { path = "../idna" }\n', 3,
        "idna comes from a directory",
    ),
    "constraint": (
        '[tool.uv]\nconstraint-dependencies = ["idna<4"]\n[tool.uv.sources]\nidna = { git = "https://x.invalid" }\n', 3,
        "idna comes from a Git repository",
    ),
    "poetry beside [project]": (
        '[tool.poetry.dependencies]\ntoolz = { path = "../toolz" }\n', 1, "([tool.poetry.dependencies])"
    ),
    "poetry git": ('[tool.poetry.dependencies]\ntoolz = [{ git = "https://x.invalid" }]\n', 1, "from a Git repository"),
    "poetry source": ('[tool.poetry.dependencies]\ntoolz = { source = "mine" }\n', 1, "from the index 'mine'"),
    "poetry group": ('[tool.poetry.group.dev.dependencies]\ntoolz = { url = "https://x.io/t.zip" }\n', 1, "archive"),
}  # fmt: skip


@pytest.mark.parametrize("case", ELSEWHERE)
def test_a_name_that_comes_from_elsewhere_is_an_error(tmp_path: Path, case: str) -> None:
    text, line, message = ELSEWHERE[case]
    with pytest.raises(InputError) as caught:
        read_project(write(tmp_path, text), index_url=INDEX)
    assert caught.value.message.startswith(f"{tmp_path}/pyproject.toml, line {FIRST + line}: ")
    assert message in caught.value.message
    assert "Put a wheel of it into find_links" in caught.value.message
    assert "s3cret" not in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        '[tool.uv.sources]\nother = { path = "../other" }\n',
        '[tool.uv.sources]\ntorch = { index = "cpu" }\n',
        '[tool.uv.sources]\ntoolz = { index = "cpu", extra = "ml" }\n',
        '[[tool.uv.index]]\nname = "cpu"\nurl = "https://cpu.invalid"\nexplicit = true\n',
        '[[tool.uv.index]]\nname = "pypi"\nurl = "https://index.invalid/simple/"\ndefault = true\n'
        '[tool.uv.sources]\ntoolz = { index = "pypi" }\n',
        '[tool.poetry.dependencies]\ntoolz = "^1"\nsix = { version = "*", extras = ["a"] }\n',
        '[[tool.poetry.source]]\nname = "PyPI"\npriority = "primary"\n',
        '[tool.uv]\nno-index = false\nfind-links = []\nprerelease = "if-necessary"\n'
        'environments = ["os_name == \'x\'"]\n'
        'conflicts = [[{ extra = "a" }, { extra = "b" }]]\nrequired-version = ">=0.5"\n'
        "[tool.uv.workspace]\nmembers = []\n",
        '[tool.hatch.envs.default]\ndependencies = ["pytest"]\n',
    ],
)  # fmt: skip
def test_what_changes_nothing_that_is_asked_for(tmp_path: Path, text: str) -> None:
    found = read_project(write(tmp_path, text), index_url=INDEX)
    assert [one.line for one in found.declared] == ["toolz", "six>=1.16"]
    assert found.notes == ()


def test_a_source_of_a_group_counts_where_the_group_does(tmp_path: Path) -> None:
    write(tmp_path, '[tool.uv.sources]\ntorch = [{ index = "cpu", extra = "ml" }]\n')
    read_project(str(tmp_path))
    with pytest.raises(InputError, match="torch comes from the index 'cpu'"):
        read_project(str(tmp_path), groups=["ml"])


REFUSED: dict[str, tuple[str, str]] = {
    "index": ('[[tool.uv.index]]\nurl = "https://me:s3cret@mine.invalid/simple"\n', "https://mine.invalid/simple"),
    "index-url": ('[tool.uv]\nindex-url = "https://me:s3cret@mine.invalid/simple"\n', "index-url names https://mine"),
    "extra-index-url": ('[tool.uv]\nextra-index-url = ["https://mine.invalid/simple"]\n', "set index_url to that"),
    "no-index": ("[tool.uv]\nno-index = true\n", "no-index forbids the index; remove it from the file"),
    "find-links": ('[tool.uv]\nfind-links = ["./wheels"]\n', "find-links names ./wheels, and requirement files"),
    "of uv pip": ('[tool.uv.pip]\nindex-url = "https://mine.invalid/simple"\n', "[tool.uv.pip] index-url names"),
    "exclude-newer": ('[tool.uv]\nexclude-newer = "2026-01-01"\n', "exclude-newer limits packages by their date"),
    "exclude-newer-package": ('[tool.uv]\nexclude-newer-package = { six = "2026-01-01" }\n', "by their date"),
    "exclude-dependencies": ('[tool.uv]\nexclude-dependencies = ["six"]\n', "excludes packages"),
    "dependency-metadata": ('[[tool.uv.dependency-metadata]]\nname = "six"\n', "changes the requirements of packages"),
    "no-binary": ('[tool.uv]\nno-binary-package = ["six"]\n', "a build from source"),
    "prerelease": ('[tool.uv]\nprerelease = "allow"\n', "require a pre-release by name"),
    "resolution": ('[tool.uv]\nresolution = "lowest-direct"\n', "selects the lowest versions"),
    "poetry source": ('[[tool.poetry.source]]\nname = "m"\nurl = "https://mine.invalid/simple"\n', "https://mine."),
    "pdm source": ('[[tool.pdm.source]]\nname = "m"\nurl = "https://${USER}@mine.invalid/simple"\n', "https://mine."),
    "pdm excludes": ('[tool.pdm.resolution]\nexcludes = ["six"]\n', "excludes is not supported"),
    "an override from a repository": (
        '[tool.uv]\noverride-dependencies = ["six @ git+https://me:s3cret@x.invalid/s"]\n', "but a Git repository"
    ),
    "a constraint that is none": ("[tool.uv]\nconstraint-dependencies = [1]\n", "contains '1', which is not a string"),
    "constraints that are none": ('[tool.uv]\nconstraint-dependencies = "six"\n', "must be an array"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_followed_is_an_error(tmp_path: Path, case: str) -> None:
    text, message = REFUSED[case]
    with pytest.raises(InputError) as caught:
        read_project(write(tmp_path, text))
    assert re.match(rf"{tmp_path}/pyproject.toml, line ({FIRST}|{FIRST + 1}): ", caught.value.message)
    assert message in caught.value.message
    assert "s3cret" not in caught.value.message


def test_the_index_that_is_another_is_named_by_its_line(tmp_path: Path) -> None:
    two = '[[tool.uv.index]]\nurl = "https://index.invalid/simple"\n[[tool.uv.index]]\nurl = "https://mine.invalid/simple"\n'
    with pytest.raises(InputError, match=f"line {FIRST + 2}: .*mine.invalid"):
        read_project(write(tmp_path, two), index_url=INDEX)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('\n[[index]]\nurl = "https://mine.invalid/simple"\n', 2, "index names https://mine.invalid/simple"),
        ('index-url = "https://mine.invalid/simple"\n', 1, "index-url names https://mine.invalid/simple"),
        ("[pip]\nno-index = true\n", 2, "[pip] no-index forbids the index"),
        ('\nexclude-newer = "2026-01-01"\n', 2, "by their date"),
    ],
)
@pytest.mark.parametrize("has_pyproject", [True, False])
def test_the_settings_beside_it_count_too(
    tmp_path: Path, text: str, line: int, message: str, has_pyproject: bool
) -> None:
    write(tmp_path, "", uv_toml=text, requirements_txt="six\n")
    if not has_pyproject:
        (tmp_path / "pyproject.toml").unlink()
    with pytest.raises(InputError) as caught:
        read_project(str(tmp_path))
    assert caught.value.message.startswith(f"{tmp_path}/uv.toml, line {line}: ")
    assert message in caught.value.message


@pytest.mark.parametrize("index_url", ["https://mine.invalid/simple", "https://me:pw@mine.invalid/simple/", ANY_INDEX])
def test_an_index_that_the_task_uses_is_no_other(tmp_path: Path, index_url: str) -> None:
    text = (
        '[[tool.uv.index]]\nname = "mine"\nurl = "https://mine.invalid/simple"\n[tool.uv.sources]\n'
        'toolz = { index = "mine" }\n'
    )
    write(tmp_path, text, requirements_txt="-i https://mine.invalid/simple\nidna\n")
    assert len(read_project(str(tmp_path), index_url=index_url).requirements) == 3
    with pytest.raises(InputError):
        read_project(str(tmp_path))
    with pytest.raises(InputError, match="line 1: --index-url names https://mine.invalid/simple, and"):
        read_file(str(tmp_path / "requirements.txt"), index_url="https://other.invalid/simple")


INDEX_STATEMENTS = {
    "requirements.txt": "-i {}\nsix\n",
    "pyproject.toml": '[project]\nname = "x"\nversion = "1"\ndependencies = ["six"]\n[[tool.uv.index]]\nurl = "{}"\n',
}
PAGE_STATEMENTS = {
    "requirements.txt": "-f {}\nsix\n",
    "pyproject.toml": INDEX_STATEMENTS["pyproject.toml"] + 'format = "flat"\n',
}


@pytest.mark.parametrize(
    ("statements", "advice"),
    [
        (INDEX_STATEMENTS, "; set index_url to "),
        (PAGE_STATEMENTS, "; remove it from the file, and add it to find_links"),
    ],
    ids=["index", "page"],
)
def test_the_advice_is_the_same_in_each_format(tmp_path: Path, statements: dict[str, str], advice: str) -> None:
    told = set()
    for name, text in statements.items():
        (tmp_path / name).write_text(text.format("https://mine.invalid/simple"))
        with pytest.raises(InputError) as caught:
            read_project(str(tmp_path))
        told.add(caught.value.message.partition(" names ")[2])
        (tmp_path / name).unlink()
    assert len(told) == 1
    (message,) = told
    assert message.startswith("https://mine.invalid/simple, and requirement files") and advice in message


def test_a_page_of_links_is_not_made_the_index(tmp_path: Path) -> None:
    """It would be taken for an index without packages. Where nothing is installed, it does not matter."""
    (tmp_path / "pyproject.toml").write_text(PAGE_STATEMENTS["pyproject.toml"].format(INDEX))
    with pytest.raises(InputError, match="add it to find_links$"):
        read_project(str(tmp_path), index_url=INDEX)
    assert len(read_project(str(tmp_path), index_url=ANY_INDEX).requirements) == 1


UV = (
    '[tool.uv]\nconstraint-dependencies = [\n  "idna<4",\n]\n'
    'override-dependencies = ["Six==1.15", "x<2 ; os_name == \'nt\'"]\n'
    'dev-dependencies = ["pytest"]\n'
)


def test_constraints_and_overrides_of_uv(tmp_path: Path) -> None:
    """The project's own demand has the versions of its override; one with a marker leaves it alone."""
    found = read_project(write(tmp_path, UV, uv_toml='constraint-dependencies = ["y<3"]\n'))
    assert [one.line for one in found.requirements] == ["toolz", "six==1.15"]
    assert [(one.line, one.override, one.location.line) for one in found.constraints] == [
        ("idna<4", False, FIRST + 2),
        ("six==1.15", True, FIRST + 4),
        ("x<2 ; os_name == 'nt'", True, FIRST + 4),
        ("y<3", False, 1),
    ]
    needs = combined([found])
    assert needs.requirements == ("six==1.15", "toolz")
    assert needs.constraints == ("idna<4", "y<3")
    assert needs.overrides == ("six==1.15", "x<2 ; os_name == 'nt'")


def test_the_group_dev_of_uv(tmp_path: Path) -> None:
    found = read_project(write(tmp_path, UV), groups=["dev"])
    assert [one.line for one in found.requirements] == ["toolz", "six==1.15", "pytest"]


def test_an_override_does_not_silence_another_project(tmp_path: Path) -> None:
    """What the other demands is said again as an override, so that the resolver sees both."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    write(tmp_path / "a", UV)
    (tmp_path / "b" / "requirements.txt").write_text("six>=1.17\nidna\n")
    needs = combined([read_project(str(tmp_path / name)) for name in ("a", "b")])
    assert needs.requirements == ("idna", "six==1.15", "six>=1.17", "toolz")
    assert needs.overrides == ("six==1.15", "six>=1.17", "x<2 ; os_name == 'nt'")


def test_overrides_of_pdm(tmp_path: Path) -> None:
    text = '[tool.pdm.resolution.overrides]\nsix = "1.15"\nidna = ">=3"\n'
    needs = combined([read_project(write(tmp_path, text))])
    assert needs.overrides == ("idna>=3", "six==1.15")
    (tmp_path / "pyproject.toml").write_text(f'{PROJECT}{text}x = "https://x.invalid/x.zip"\n')
    with pytest.raises(InputError, match=f"pyproject.toml, line {FIRST + 3}: .* but an archive"):
        read_project(str(tmp_path))


@pytest.mark.parametrize(
    "section",
    ["poetry.dependencies", "hatch.envs.default", "pdm.dev-dependencies", "pixi.dependencies", "flit.metadata"],
)
def test_sections_of_other_tools_are_named_where_there_is_nothing_else(tmp_path: Path, section: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.{section}]\nx = []\n")
    (tmp_path / "requirements.txt").write_text("six\n")
    (note,) = read_project(str(tmp_path)).notes
    assert f"[tool.{'.'.join(section.split('.')[:2])}] is not read; export a requirements file" in note


def test_python_requires_counts_without_dependencies(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text("[options]\npython_requires = >=3.11\n")
    (tmp_path / "requirements.txt").write_text("six\n")
    (python,) = read_project(str(tmp_path)).python
    assert (python.versions, python.location.line) == (">=3.11", 2)


NAMES = [f"x{number}" for number in range(5_000)]


@pytest.mark.parametrize(
    "text",
    [
        "[tool.pdm.resolution.overrides]\n" + "".join(f'{name} = "1"\n' for name in NAMES),
        f"[tool.uv]\nconstraint-dependencies = {NAMES}\noverride-dependencies = {NAMES}\n",
        "[tool.uv.sources]\n" + "".join(f'{name} = {{ path = "{name}" }}\n' for name in NAMES),
        '[[tool.uv.index]]\nname = "x"\nurl = "https://index.invalid/simple"\n' * 5_000
        + "[tool.uv.sources]\n"
        + "".join(f'{name} = {{ index = "x" }}\n' for name in NAMES),
    ],
    ids=["overrides of pdm", "lists of uv", "sources", "indexes"],
)
def test_long_settings_end_quickly(tmp_path: Path, text: str) -> None:
    dependencies = f'[project]\nname = "me"\nversion = "1"\ndependencies = {NAMES}\n'
    (tmp_path / "pyproject.toml").write_text(dependencies + text)
    started = time.process_time()
    with contextlib.suppress(InputError):
        combined([read_project(str(tmp_path))])
    assert time.process_time() - started < 8
