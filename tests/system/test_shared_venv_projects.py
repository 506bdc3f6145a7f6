# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""shared_venv takes projects whole: hashes, groups, constraints, Python; check and run agree; a failure says who."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from shared_venv_process import SharedVenvProcess, built, installed, shared_venv

WRONG = "0" * 64


@dataclass
class Projects:
    """Projects beside each other, and the store that they share."""

    directory: Path
    uv: str

    @property
    def store(self) -> Path:
        return self.directory / "store"

    def write(self, name: str, **files: str) -> str:
        """The project ``name`` with ``files``, named without their dots; returns its path."""
        path = self.directory / name
        path.mkdir(exist_ok=True)
        for file, text in files.items():
            (path / file.replace("_", ".", 1)).write_text(text)
        return str(path)

    def options(self, *projects: Any, **options: Any) -> dict[str, Any]:
        path = f"{os.path.dirname(self.uv)}{os.pathsep}{os.environ['PATH']}"
        given: dict[str, Any] = {"store": str(self.store), "name": "shared", "environment": {"PATH": path}}
        return {**given, "projects": list(projects), **options}

    def sha256(self, package: str) -> str:
        """What the wheel of ``package`` has, from a venv with it."""
        venv = built(**{**self.options(packages=[package], name="hashes"), "projects": None})["path"]
        found = re.search("sha256:([0-9a-f]{64})", (Path(venv) / "requirements.txt").read_text())
        assert found is not None
        return found[1]


@pytest.fixture(name="projects")
def fixture_projects(tmp_path: Path, uv: str) -> Projects:
    return Projects(tmp_path, uv)


def test_projects_are_taken_whole(projects: Projects) -> None:
    one = projects.write("one", requirements_txt="six\n-e .\n-c limits.txt\n", limits_txt="idna<99\n")
    projects.write("one", pyproject_toml='[project]\nname="one"\nversion="1"\nrequires-python=">=3.9"\n')
    two = projects.write("two", pyproject_toml='[project]\nname="two"\nversion="1"\n[dependency-groups]\nx=["idna"]\n')
    three = projects.write("three", base_txt="jmespath\n", requirements_txt="nobody-has-this\n")
    entries = [one, {"path": two, "groups": ["x"]}, {"path": three, "files": ["base.txt"], "test": ["true"]}]
    answer = built(**projects.options(*entries, packages=["netaddr"]))
    assert answer["built"]
    assert {line.partition("==")[0] for line in installed(answer["path"])} == {"six", "idna", "jmespath", "netaddr"}
    asked = answer["requested"]
    assert asked["requirements"] == ["idna", "jmespath", "six"]
    assert (asked["constraints"], asked["siblings"]) == (["idna<99"], [one])
    assert asked["python"] == [{"project": "one", "python": ">=3.9", "file": f"{one}/pyproject.toml", "line": 4}]
    assert {(each["project"], each["requirement"], each["line"]) for each in asked["declared"]} == {
        ("one", "six", 1),
        ("one", "idna<99", 1),
        ("two", "idna", 5),
        ("three", "jmespath", 1),
    }


def test_what_another_name_has_already_is_not_built(projects: Projects) -> None:
    one = projects.write("one", requirements_txt="six\n")
    first = built(**projects.options(one))
    again = built(**projects.options(one, name="other"))
    assert [first["built"], again["changed"], again["built"]] == [True, True, False]
    assert first["generation"] == again["generation"]


@pytest.mark.parametrize("place", ["requirements.txt", "included", "pylock.toml", "constraint", "file"])
def test_a_wrong_hash_is_an_error_that_names_file_and_line(projects: Projects, place: str) -> None:
    """However the hash comes to the project, and whatever the others say of the same package."""
    right = projects.sha256("six==1.16.0")
    other = projects.write("other", requirements_txt=f"six==1.16.0 --hash=sha256:{right}\n")
    hashed = f"# why\nsix==1.16.0 --hash=sha256:{WRONG}\n"
    files = {
        "requirements.txt": {"requirements_txt": hashed},
        "included": {"requirements_txt": "-r base.txt\n", "base_txt": hashed},
        "pylock.toml": {
            "pylock_toml": 'lock-version = "1.0"\n[[packages]]\nname = "six"\nversion = "1.16.0"\n'
            f'wheels = [{{name = "six-1.16.0-py2.py3-none-any.whl", hashes = {{sha256 = "{WRONG}"}}}}]\n'
        },
        "constraint": {"requirements_txt": "-c limits.txt\nsix\n", "limits_txt": hashed},
        "file": {"requirements_txt": hashed},
    }[place]
    one = projects.write("one", **files)
    asked: dict[str, Any] = projects.options(other, one)
    if place == "file":
        asked = projects.options(other, requirements=[f"{one}/requirements.txt"])
    name, line = {"included": ("base.txt", 2), "pylock.toml": ("pylock.toml", 2), "constraint": ("limits.txt", 2)}.get(
        place, ("requirements.txt", 2)
    )
    for check in (True, False):
        answer = shared_venv(**asked, _ansible_check_mode=check)
        assert answer["failed"]
        assert answer["error_code"] == "resolution"
        assert f"{one}/{name}, line {line}" in answer["msg"]
        assert not os.path.lexists(projects.store / "shared")


def test_a_right_hash_is_taken(projects: Projects) -> None:
    right = projects.sha256("six==1.16.0")
    one = projects.write("one", requirements_txt=f"six==1.16.0 --hash=sha256:{WRONG} --hash=sha256:{right}\n")
    answer = built(**projects.options(one, projects.write("two", requirements_txt="six\n")))
    assert f"six==1.16.0 --hash=sha256:{right}" in (Path(answer["path"]) / "requirements.txt").read_text()


CONFLICTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "between projects": (
        {"one": "idna\nsix==1.16.0\n", "two": "six<1.16\n"},
        [
            "one requires six==1.16.0 ({}/one/requirements.txt, line 2)",
            "two requires six<1.16 ({}/two/requirements.txt, line 1)",
        ],
    ),
    "in one project": (
        {"one": "six==1.16.0\n\nsix<1.16\n"},
        [
            "one requires six==1.16.0 ({}/one/requirements.txt, line 1)",
            "one requires six<1.16 ({}/one/requirements.txt, line 3)",
        ],
    ),
    "with the task": (
        {"one": "six<1.16\n", "packages": ["six==1.16.0"]},
        ["one requires six<1.16 ({}/one/requirements.txt, line 1)", "the task requires six==1.16.0 (its options)"],
    ),
    "what nobody has": (
        {"one": "idna\n", "two": "\nnobody-has-this\n"},
        ["two requires nobody-has-this ({}/two/requirements.txt, line 2)"],
    ),
}


@pytest.mark.parametrize("case", CONFLICTS)
def test_a_conflict_is_explained(projects: Projects, case: str) -> None:
    given, expected = CONFLICTS[case]
    packages = given.get("packages", [])
    paths = [projects.write(name, requirements_txt=text) for name, text in given.items() if name != "packages"]
    answer = shared_venv(**projects.options(*paths, packages=packages))
    assert answer["failed"]
    for text in expected:
        assert text.format(projects.directory) in answer["msg"]
    assert {one["project"] for one in answer["conflicts"][0]["requirements"]} == set(answer["conflicts"][0]["projects"])
    assert not os.path.lexists(projects.store / "shared")


def test_projects_that_need_another_python_are_named(projects: Projects) -> None:
    one = projects.write("one", pyproject_toml='[project]\nname="one"\nversion="1"\nrequires-python="<3.9"\n')
    two = projects.write("two", setup_cfg="[options]\ninstall_requires = six\npython_requires = >=3.9\n")
    answer = shared_venv(**projects.options(one, two))
    assert answer["error_code"] == "resolution"
    assert f"one requires Python <3.9 ({one}/pyproject.toml, line 4)" in answer["msg"]
    assert "no Python meets all of these" in answer["msg"] or "does not meet this" in answer["msg"]
    three = projects.write("three", requirements_txt="six\n", **{"_python-version": "3.9\n"})
    answer = shared_venv(**projects.options(two, three, python=sys.executable))
    assert f"three requires Python ==3.9.* ({three}/.python-version, line 1)" in answer["msg"]


def test_nothing_to_do_starts_no_program_and_asks_nobody(projects: Projects, tmp_path: Path) -> None:
    """However many share, whatever they say of their Python, in check mode too, with an index that is down."""
    entries = [
        projects.write(
            f"p{number}", requirements_txt="six\nidna\n", **{"_python-version": f"3.{sys.version_info[1]}\n"}
        )
        for number in range(5)
    ]
    built(**projects.options(*entries))
    down = {"index_url": "http://127.0.0.1:9/simple"}
    for check in (False, True):
        notes = tmp_path / f"notes-{check}"
        asked = {**projects.options(*entries, **down), "_ansible_check_mode": check}
        answer = SharedVenvProcess.start(notes=notes, **asked).result()
        assert (answer.get("msg"), answer["changed"]) == (None, False)
        assert notes.read_text() == ""


def test_check_and_run_agree_on_what_is_met_already(projects: Projects) -> None:
    one = projects.write("one", requirements_txt="six==1.16.0\nidna\n")
    two = projects.write("two", requirements_txt="six\n")
    before = built(**projects.options(one, two))
    projects.write("two", requirements_txt="six>=1.15\nidna\n")
    answers = [shared_venv(**projects.options(one, two), _ansible_check_mode=check) for check in (True, False, True)]
    assert [(answer["changed"], answer["digest"]) for answer in answers] == [(False, before["digest"])] * 3
    assert answers[0]["diff"]["before"] == answers[0]["diff"]["after"]


@pytest.mark.parametrize("change", ["first", "more", "less", "other version", "known answer", "upgrade", "damaged"])
def test_the_predicted_diff_is_the_real_one_and_shows_packages(projects: Projects, change: str) -> None:
    one = projects.write("one", requirements_txt="six<1.16.1\n")
    text = {"more": "six\nidna\njmespath\n", "less": "six\n", "other version": "six<1.16\nidna\n"}
    two = projects.write("two", requirements_txt="six\nidna\n")
    asked = projects.options(one, two, upgrade=change == "upgrade")
    if change != "first":
        path = Path(built(**asked)["path"])
    if change == "known answer":
        projects.write("two", requirements_txt="six\n")
        built(**projects.options(one, two))
        projects.write("two", requirements_txt="six\nidna\n")
    elif change == "damaged":
        (site,) = path.glob("lib/python3*/site-packages")
        os.chmod(site, 0o755)
        (site / "added.py").touch()
    elif change in text:
        projects.write("two", requirements_txt=text[change])
    predicted = shared_venv(**asked, _ansible_check_mode=True)
    real = built(**asked)
    assert (predicted["changed"], predicted["diff"]) == (real["changed"], real["diff"])
    assert real["changed"] == (change != "upgrade")
    assert [one.replace(" ", "==") for one in real["diff"]["after"]["packages"]] == installed(real["path"])
    assert "request" not in real["diff"]["after"]
    again = shared_venv(**asked, _ansible_check_mode=True)
    assert not again["changed"]


def test_check_mode_leaves_no_store_behind(projects: Projects) -> None:
    one = projects.write("one", requirements_txt="six\n")
    assert shared_venv(**projects.options(one), _ansible_check_mode=True)["changed"]
    assert os.listdir(projects.directory) == ["one"]


def test_a_parent_that_is_not_among_the_projects_is_an_error_before_anything_is_built(projects: Projects) -> None:
    one = projects.write("one", requirements_txt="six\n")
    asked = {**projects.options(one, parent=f"{one}s"), "name": None}
    for check in (True, False):
        answer = shared_venv(**asked, _ansible_check_mode=check)
        assert f"parent: {one}s is not among the projects ({one})" in answer["msg"]
    assert os.listdir(projects.directory) == ["one"]


def test_the_parent_names_the_venv_and_is_said(projects: Projects) -> None:
    one, two = (projects.write(name, requirements_txt="six\n") for name in ("One_x", "two"))
    first = built(**{**projects.options(one, two, parent=f"{one}/"), "name": None})
    assert re.fullmatch("one-x-[0-9a-f]{8}", os.path.basename(first["path"]))
    assert first["parent"] == one
    (Path(two) / "venv" / "lib" / "python3.11" / "site-packages" / "six-1.0.dist-info").mkdir(parents=True)
    chosen = built(**{**projects.options(one, two, parent="auto"), "name": None})
    assert chosen["parent"] == two
    (Path(two) / "venv").rename(Path(two) / "venv.old")
    (Path(two) / "venv").symlink_to("../One_x/venv")
    chosen = built(**{**projects.options(two, one, parent="auto"), "name": None})
    assert (chosen["parent"], chosen["path"]) == (one, first["path"])


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "-c limits.txt\n"], ids=["empty", "comment", "constraint"])
@pytest.mark.parametrize("option", ["projects", "requirements"])
def test_what_requires_nothing_gets_an_empty_venv(projects: Projects, option: str, text: str) -> None:
    one = projects.write("one", requirements_txt=text, limits_txt="six<2\n")
    options = projects.options(one)
    if option == "requirements":
        options.update(projects=None, requirements=[f"{one}/requirements.txt"])
    answer = built(**options)
    assert (answer["built"], installed(answer["path"])) == (True, [])
    program = [f"{answer['path']}/bin/python", "-c", "import sys; print(sys.prefix != sys.base_prefix)"]
    assert subprocess.run(program, capture_output=True, text=True, check=True).stdout == "True\n"
    assert not built(**options)["changed"]


def test_the_own_code_of_a_project_is_enough(projects: Projects) -> None:
    one = projects.write("one", requirements_txt="-e .\n", own_py="VALUE = 1\n")
    answer = built(**projects.options(one))
    subprocess.run([f"{answer['path']}/bin/python", "-c", "import own"], check=True)
