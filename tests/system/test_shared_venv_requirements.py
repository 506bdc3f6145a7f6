# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""shared_venv from requirement files: their content is the request, their limits and hashes hold, nothing is left."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from shared_venv_process import SharedVenvProcess, built, installed, leftovers, shared_venv


@pytest.fixture(scope="module", name="warm_store")
def fixture_warm_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that the tests of this file share, each with names of its own."""
    return tmp_path_factory.mktemp("stores") / "store"


def test_the_content_of_a_file_is_the_request_and_not_its_place(warm_store: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one.txt", tmp_path / "deps" / "other.in"
    other.parent.mkdir()
    one.write_text("six == 1.16.0\nidna # why not\n")
    other.write_text("\ufeffIDNA\r\n-r more.txt\r\n")
    (tmp_path / "deps" / "more.txt").write_text("six \\\n  ==1.16.0")
    request: dict[str, Any] = {"store": str(warm_store), "name": "files", "requirements": [str(one)]}
    first = built(**request)
    assert first["changed"]
    assert {line.split("==")[0] for line in installed(first["path"])} == {"idna", "six"}
    assert not built(**request)["changed"]
    same = shared_venv(**{**request, "requirements": [str(other)]}, _ansible_check_mode=True)
    assert not same["changed"]
    assert not built(store=str(warm_store), name="files", packages=["six==1.16.0", "idna"])["changed"]
    one.write_text("six==1.17.0\n")
    assert shared_venv(**request, _ansible_check_mode=True)["changed"]
    assert built(**request)["changed"]
    assert installed(first["path"]) == ["six==1.17.0"]


def test_constraints_limit_and_install_nothing_and_leave_nothing(warm_store: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (tmp_path / "limits.txt").write_text("six<1.17\nrequests<1\n")
    answer = SharedVenvProcess.start(
        environment={"TMPDIR": str(scratch)},
        store=str(warm_store),
        name="limited",
        packages=["six"],
        constraints=[str(tmp_path / "limits.txt")],
    ).result()
    assert not answer.get("failed"), answer["msg"]
    assert installed(answer["path"]) == ["six==1.16.0"]
    assert list(scratch.iterdir()) == []
    (tmp_path / "limits.txt").write_text("six<1.16\n")
    again = built(store=str(warm_store), name="limited", packages=["six"], constraints=[str(tmp_path / "limits.txt")])
    assert again["changed"]
    assert installed(again["path"]) == ["six==1.15.0"]


def test_hashes_in_a_file_hold(warm_store: Path, tmp_path: Path) -> None:
    built(store=str(warm_store), name="unhashed", packages=["six==1.17.0"])
    right = (warm_store / "unhashed" / "requirements.txt").read_text()
    wrong = right.split("sha256:")[0] + "sha256:" + "0" * 64 + "\n"
    path = tmp_path / "requirements.txt"
    path.write_text(right)
    answer = built(store=str(warm_store), name="hashed", requirements=[str(path)])
    assert answer["digest"] == os.path.basename(os.path.realpath(warm_store / "unhashed"))
    path.write_text(wrong)
    answer = shared_venv(store=str(warm_store), name="hashed-wrong", requirements=[str(path)])
    assert answer["failed"]
    assert "six==1.17.0: no wheel of the index" in answer["msg"]
    assert not os.path.lexists(warm_store / "hashed-wrong")
    assert leftovers(warm_store) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("six\n-e ../other\n", "/requirements.txt, line 2: '../other' is not a requirement by name"),
        (
            "--extra-index-url https://me:s3cret@index.invalid\n",
            "/requirements.txt, line 1: --extra-index-url names ",
        ),
    ],
)
def test_files_that_cannot_be_met_are_one_error(warm_store: Path, tmp_path: Path, text: str, message: str) -> None:
    built(store=str(warm_store), name="before", packages=["six==1.17.0"])
    before = sorted(os.listdir(warm_store)), sorted(os.listdir(warm_store / ".generations"))
    path = tmp_path / "requirements.txt"
    path.write_text(text)
    answer = shared_venv(store=str(warm_store), name="bad", requirements=[str(path)])
    assert answer["failed"]
    assert message in answer["msg"]
    assert "s3cret" not in str(answer)
    assert (sorted(os.listdir(warm_store)), sorted(os.listdir(warm_store / ".generations"))) == before


def test_a_file_that_goes_away_is_an_error_and_the_venv_stays(warm_store: Path, tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("six==1.17.0")
    request: dict[str, Any] = {"store": str(warm_store), "name": "kept", "requirements": [str(path)]}
    built(**request)
    path.unlink()
    answer = shared_venv(**request)
    assert answer["msg"] == f"{path} cannot be read: No such file or directory"
    assert installed(warm_store / "kept") == ["six==1.17.0"]


def test_the_project_itself_can_be_imported(warm_store: Path, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-e .\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "me"\nversion = "1"\ndependencies = ["six==1.16.0"]\n')
    (tmp_path / "src").mkdir()
    answer = built(store=str(warm_store), name="editable", requirements=[str(tmp_path / "requirements.txt")])
    assert installed(answer["path"]) == ["six==1.16.0"]
    assert answer["diff"]["after"]["siblings"] == [str(tmp_path / "src")]


def test_a_definition_of_ansible_builder_is_a_venv_with_what_it_lists(warm_store: Path) -> None:
    dependencies = {"python": ["six==1.16.0  # listed"], "system": ["no-such-package", "dpkg [platform:dpkg]"]}
    exclude = {"python": ["six", "~^netaddr.*"], "system": ["gcc"], "all_from_collections": ["acme.tools"]}
    image = {
        "images": {"base_image": {"name": "registry.example/base:1"}},
        "options": {"user": "1000"},
        "additional_build_steps": {"append_final": ["RUN true"]},
    }
    request: dict[str, Any] = {"store": str(warm_store), "name": "definition"}
    whole = {"version": 3, "dependencies": {**dependencies, "exclude": exclude}, **image}
    answer = built(**request, profile=whole)
    assert installed(answer["path"]) == ["six==1.16.0"]
    said = str(answer["warnings"])
    assert "does not have these system packages" in said and said.count("no-such-package") == 1
    assert "dpkg" not in said, "this host has it"
    assert answer["missing_system_packages"] == ["no-such-package"]
    assert "has additional_build_steps" in said
    assert "images" not in said
    again = built(**request, profile={"version": 3, "dependencies": dependencies})
    assert (again["changed"], again["missing_system_packages"]) == (False, ["no-such-package"])
    refused = shared_venv(**request, profile={**whole, "imagse": {}})
    assert (refused["error_code"], "unknown keys: imagse" in refused["msg"]) == ("bad_input", True)
