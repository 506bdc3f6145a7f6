# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Optional packages, with a real installer and an index that has some of them only as source."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from package_index import BUSY, package_index, wheel
from shared_venv_process import built, installed, shared_venv

WITHOUT_WHEEL = {"python_ldap-3.4.4.tar.gz": b"not looked at", "dbus_python-1.4-cp27-cp27m-win_amd64.whl": b"no"}
BOTH = ["dbus-python", "python-ldap>=3"]


@pytest.fixture(name="files")
def fixture_files(tmp_path: Path) -> dict[str, bytes]:
    """``demo`` has a wheel, ``needy`` requires another demo, and two packages have no wheel for this machine."""
    made = [
        wheel(tmp_path, "demo", {"demo.py": ""}),
        wheel(tmp_path, "needy", {"needy.py": ""}, requires=["demo>=2"]),
        wheel(tmp_path, "extra", {"extra.py": ""}),
    ]
    return {**dict(made), **WITHOUT_WHEEL}


@pytest.fixture(name="options")
def fixture_options(
    store: Path, uv: str, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, Any]]:
    monkeypatch.setenv("PATH", f"{os.path.dirname(uv)}:{os.environ['PATH']}")
    with package_index(files) as index:
        yield {"store": str(store), "name": "site", "packages": ["demo"], "index_url": index}


def test_what_has_no_wheel_is_left_out_and_named(options: dict[str, Any]) -> None:
    answer = built(**options, optional_packages=[*BOTH, "extra", "unknown"])
    assert installed(answer["path"]) == ["demo==1.0", "extra==1.0"]
    assert [one["package"] for one in answer["left_out"]] == [*BOTH, "unknown"]
    assert "there is no wheel of python-ldap" in answer["left_out"][1]["reason"]
    assert "the package index does not have unknown" in answer["left_out"][2]["reason"]
    (warning,) = answer["warnings"]
    assert all(name in str(warning) for name in (*BOTH, "unknown"))


def test_asking_again_gives_the_same_without_a_network(options: dict[str, Any]) -> None:
    first = built(**options, optional_packages=BOTH)
    again = shared_venv(**{**options, "index_url": "http://127.0.0.1:1/simple"}, optional_packages=BOTH)
    assert (again["changed"], again["left_out"]) == (False, first["left_out"])


def test_what_was_left_out_without_the_network_is_looked_for_with_it(options: dict[str, Any]) -> None:
    built(**options)
    (one,) = built(**options, optional_packages=["extra"], offline=True)["left_out"]
    assert (one["package"], "the network was not used" in one["reason"]) == ("extra", True)
    assert not shared_venv(**options, optional_packages=["extra"], offline=True)["changed"]
    answer = built(**options, optional_packages=["extra"])
    assert (installed(answer["path"]), answer["left_out"]) == (["demo==1.0", "extra==1.0"], [])


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("line", ["python-ldap", "python-ldap ; python_version >= '3'", "none ; python_version < '3'"])
def test_what_is_left_out_is_named_where_the_rest_is_there_already(
    options: dict[str, Any], line: str, check: bool
) -> None:
    built(**{**options, "name": "other"})
    answer = shared_venv(**options, optional_packages=[line], _ansible_check_mode=check)
    found = [(one["package"], "there is no wheel of python-ldap" in one["reason"]) for one in answer["left_out"]]
    assert found == ([(line, True)] if "ldap" in line else [])


def test_check_mode_finds_the_same(options: dict[str, Any]) -> None:
    predicted = shared_venv(**options, optional_packages=BOTH, _ansible_check_mode=True)
    assert predicted["changed"]
    answer = built(**options, optional_packages=BOTH)
    assert (predicted["left_out"], predicted["diff"]) == (answer["left_out"], answer["diff"])


def test_the_lock_of_such_a_run_holds(options: dict[str, Any], tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.mkdir()
    first = built(**options, optional_packages=BOTH, lock=str(lock))
    assert "ldap" not in (lock / "requirements.txt").read_text()
    other = {**options, "store": str(tmp_path / "other")}
    again = built(**other, optional_packages=BOTH, lock=str(lock), locked=True)
    assert installed(again["path"]) == installed(first["path"]) == ["demo==1.0"]
    assert [one["package"] for one in again["left_out"]] == BOTH


def test_a_lock_that_has_another_version_leaves_it_out(options: dict[str, Any], tmp_path: Path) -> None:
    """The package is there, because it is required: in a version that the optional line does not want."""
    lock = tmp_path / "lock"
    lock.mkdir()
    lines = ["demo>=2", "none ; python_version < '3'", "python-ldap ; python_version >= '3'"]
    lines += [f"elsewhere ; sys_platform != '{sys.platform}'", "gone ; platform_release != ''"]
    wanted = sorted([lines[0], lines[2], lines[4]])
    first = built(**options, optional_packages=lines, lock=str(lock))
    other = {**options, "store": str(tmp_path / "other")}
    again = built(**other, optional_packages=lines, lock=str(lock), locked=True)
    assert [one["package"] for one in first["left_out"]] == wanted
    assert [one["package"] for one in again["left_out"]] == wanted
    assert not shared_venv(**other, optional_packages=lines, lock=str(lock), locked=True)["changed"]


def test_what_only_a_lock_left_out_is_looked_for_without_it(
    options: dict[str, Any], files: dict[str, bytes], tmp_path: Path
) -> None:
    lock = tmp_path / "lock"
    lock.mkdir()
    built(**options, optional_packages=["python-ldap"], lock=str(lock))
    made = wheel(tmp_path, "python_ldap", {"ldap.py": ""}, version="3.5")
    with package_index({**files, **dict([made])}) as index:
        other = {**options, "store": str(tmp_path / "other"), "index_url": index}
        built(**other, optional_packages=["python-ldap"], lock=str(lock), locked=True)
        answer = built(**other, optional_packages=["python-ldap"])
    assert (installed(answer["path"]), answer["left_out"]) == (["demo==1.0", "python_ldap==3.5"], [])


def test_once_there_is_a_wheel_an_upgrade_takes_it(
    options: dict[str, Any], files: dict[str, bytes], tmp_path: Path
) -> None:
    built(**options, optional_packages=BOTH)
    made = wheel(tmp_path, "python_ldap", {"ldap.py": ""}, version="3.5")
    with package_index({**files, **dict([made])}) as index:
        answer = built(**{**options, "index_url": index}, optional_packages=BOTH, upgrade=True)
    assert installed(answer["path"]) == ["demo==1.0", "python_ldap==3.5"]
    assert [one["package"] for one in answer["left_out"]] == ["dbus-python"]


def test_one_that_conflicts_is_left_out_with_the_reason(options: dict[str, Any]) -> None:
    answer = built(**options, optional_packages=["needy"])
    assert installed(answer["path"]) == ["demo==1.0"]
    (one,) = answer["left_out"]
    assert one["package"] == "needy" and "conflicts" in one["reason"] and "demo>=2" in one["reason"]


@pytest.mark.parametrize(
    "how", [{"packages": ["python-ldap"]}, {"profile": {"dependencies": {"python": ["python-ldap"]}}}]
)
def test_a_required_one_without_a_wheel_is_an_error_with_a_remedy(
    options: dict[str, Any], store: Path, how: dict[str, Any]
) -> None:
    given = {"profile": {"version": 3, **how["profile"]}} if "profile" in how else how
    answer = shared_venv(**{**options, **given}, optional_packages=["extra", "python-ldap>=3"])
    assert answer["failed"] and answer["error_code"] == "resolution"
    assert "python-ldap" in answer["msg"] and "put a wheel into find_links" in answer["msg"]
    assert not (store / "site").exists()


def test_one_of_a_profile_is_optional_by_its_line(options: dict[str, Any]) -> None:
    profile = {"version": 3, "dependencies": {"python": ["extra", "python-ldap>=3"]}}
    answer = built(**options, profile=profile, optional_packages=["python-ldap >= 3"])
    assert installed(answer["path"]) == ["demo==1.0", "extra==1.0"]


@pytest.mark.parametrize("what", ["page", "hash"])
def test_an_index_in_trouble_is_an_error(options: dict[str, Any], files: dict[str, bytes], what: str) -> None:
    (name,) = [one for one in files if one.startswith("extra")]
    bad: dict[str, Any] = {"answers": {"page": BUSY}} if what == "page" else {"stated": {name: "0" * 64}}
    with package_index(files, **bad) as index:
        answer = shared_venv(**{**options, "index_url": index}, optional_packages=["extra", *BOTH])
    assert answer["failed"], answer
