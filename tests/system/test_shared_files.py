# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Packages that bring the same file, as some do: what is installed is what is recorded, and it is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from package_index import wheel
from shared_venv_process import SharedVenvProcess, built, leftovers, shared_venv

SITE = "lib/python3.11/site-packages"
OWN = {"one": {"one.py": "x = 1\n"}, "two": {"two.py": "x = 2\n"}, "three": {"three.py": "x = 3\n"}}
# By case: the path in a wheel of the name, and where it is in the venv.
PLACES = {
    "top of site-packages": ("requirements.txt", f"{SITE}/requirements.txt"),
    "module": ("task_client.py", f"{SITE}/task_client.py"),
    "in a package": ("common/__init__.py", f"{SITE}/common/__init__.py"),
    "script": ("{name}-1.0.data/scripts/tool", "bin/tool"),
    "data": ("{name}-1.0.data/data/share/doc/x", "share/doc/x"),
    "platlib": ("{name}-1.0.data/platlib/common.py", f"{SITE}/common.py"),
}


@pytest.fixture(name="options")
def fixture_options(from_wheels: dict[str, Any]) -> dict[str, Any]:
    """What asks for ``one`` and ``two`` from ``wheels``."""
    return {**from_wheels, "packages": ["one", "two"]}


def bring(wheels: Path, place: str, contents: dict[str, str], **more: Any) -> None:
    """A wheel for each name in ``contents``, with that content in the place."""
    for name, content in contents.items():
        wheel(wheels, name, {**OWN[name], PLACES[place][0].format(name=name): content}, **more)


@pytest.mark.parametrize("place", PLACES)
def test_a_file_that_two_packages_bring_is_accepted_and_listed(
    options: dict[str, Any], wheels: Path, place: str
) -> None:
    contents = {"one": "#!python\nx = 'one'\n", "two": "#!python\nx = 'two'\n"}
    bring(wheels, place, contents)
    answer = built(**options)
    path = PLACES[place][1]
    there = Path(answer["path"], path).read_text()
    winner = next(name for name in contents if there.endswith(contents[name].partition("\n")[2]))
    (loser,) = contents.keys() - {winner}
    listed = {"path": path, "packages": ["one-1.0", "two-1.0"], "overwritten": [f"{loser}-1.0"]}
    assert answer["shared_files"] == [listed]
    assert json.loads(Path(answer["path"], "venv.json").read_text())["shared_files"] == [listed]
    (warning,) = answer["warnings"]
    assert f"{path} is in one-1.0 and two-1.0, that of {loser}-1.0 was replaced" in str(warning)
    again = built(**options, verify=True)
    assert (again["changed"], again.get("warnings", [])) == (False, [])
    assert again["shared_files"] == [listed]
    info = SharedVenvProcess.start(module="shared_venv_info", store=options["store"], verify=True).result()
    assert (info["venvs"][0]["problems"], info["venvs"][0]["shared_files"]) == ([], [listed])


def test_one_content_in_three_packages_is_listed_without_a_warning(options: dict[str, Any], wheels: Path) -> None:
    bring(wheels, "module", dict.fromkeys(OWN, "x = 0\n"))
    answer = built(**{**options, "packages": sorted(OWN)})
    (listed,) = answer["shared_files"]
    assert (listed["packages"], listed["overwritten"]) == (["one-1.0", "three-1.0", "two-1.0"], [])
    assert not answer.get("warnings")


def test_no_package_shares_a_file_where_none_does(options: dict[str, Any], wheels: Path) -> None:
    for name in ("one", "two"):
        wheel(wheels, name, OWN[name])
    assert built(**options)["shared_files"] == []


def refused(options: dict[str, Any]) -> str:
    answer = shared_venv(**options)
    assert (answer.get("failed"), answer.get("error_code")) == (True, "audit"), answer
    assert leftovers(Path(options["store"])) == []
    return str(answer["msg"])


@pytest.mark.catalogue(39)
def test_content_that_neither_states_is_refused(options: dict[str, Any], wheels: Path) -> None:
    """Both lie, so that it makes no difference which of them was installed last."""
    bring(wheels, "module", {"one": "x = 1\n", "two": "x = 2\n"}, lies={"task_client.py": "x = 3\n"})
    message = refused(options)
    assert f"{SITE}/task_client.py differs from what one-1.0.dist-info and two-1.0.dist-info state" in message


def test_a_package_that_states_no_hash_is_refused_also_where_another_does(
    options: dict[str, Any], wheels: Path
) -> None:
    bring(wheels, "module", {"one": "x = 1\n"})
    wheel(wheels, "two", {**OWN["two"], "task_client.py": "x = 1\n"}, rows={"task_client.py": "task_client.py,,"})
    assert "task_client.py of two-1.0.dist-info has no hash in its RECORD" in refused(options)


@pytest.mark.parametrize(
    "path", ["_mobile_ansible_venv.py", "{name}-1.0.data/scripts/activate", "{name}-1.0.data/data/pyvenv.cfg"]
)
def test_together_they_replace_no_file_of_the_venv_itself(options: dict[str, Any], wheels: Path, path: str) -> None:
    for name in ("one", "two"):
        wheel(wheels, name, {**OWN[name], path.format(name=name): "import os\n"})
    assert "belongs to the venv itself: packages must not contain it" in refused(options)


def test_the_metadata_of_another_package_is_still_refused(options: dict[str, Any], wheels: Path) -> None:
    wheel(wheels, "one", OWN["one"])
    wheel(wheels, "two", {**OWN["two"], "two-1.0.data/platlib/one-1.0.dist-info/entry_points.txt": ""})
    assert "one-1.0.dist-info/entry_points.txt of two-1.0.dist-info belongs to another package" in refused(options)
