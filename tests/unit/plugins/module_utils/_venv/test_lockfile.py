# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Locks: what is written is what is read, and an edited one is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import (
    lockfile_of,
    needs_writing,
    read_lockfile,
    write_lockfile,
)

if TYPE_CHECKING:
    from pathlib import Path

REQUEST = "e" * 64
RECORD: dict[str, Any] = {
    "interpreter": {"version": "3.11.2"},
    "packages": [
        {"name": "six", "version": "1.17.0", "sha256": "b" * 64},
        {"name": "idna", "version": "3.10", "sha256": "a" * 64},
    ],
    "collections": [{"name": "community.general", "version": "11.4.2", "sha256": "c" * 64}],
}


def test_a_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    lock = lockfile_of(RECORD, request_digest=REQUEST)
    assert write_lockfile(str(tmp_path), lock)
    assert read_lockfile(str(tmp_path)) == lock
    assert not needs_writing(str(tmp_path), lock)
    assert not write_lockfile(str(tmp_path), lock)


def test_the_files_are_those_that_other_tools_read(tmp_path: Path) -> None:
    write_lockfile(str(tmp_path), lockfile_of(RECORD, request_digest=REQUEST))
    lines = (tmp_path / "requirements.txt").read_text().splitlines()
    assert lines[1:] == [f"idna==3.10 --hash=sha256:{'a' * 64}", f"six==1.17.0 --hash=sha256:{'b' * 64}"]
    assert (
        (tmp_path / "requirements.yml")
        .read_text()
        .endswith(f"collections:\n  - name: community.general\n    version: 11.4.2 # sha256:{'c' * 64}\n")
    )


def test_a_lock_without_collections_is_read_back(tmp_path: Path) -> None:
    lock = lockfile_of({**RECORD, "collections": []}, request_digest=REQUEST)
    write_lockfile(str(tmp_path), lock)
    assert read_lockfile(str(tmp_path)) == lock


def test_other_content_is_not_what_is_locked() -> None:
    lock = lockfile_of(RECORD, request_digest=REQUEST)
    assert lock.has_content_of(RECORD)
    assert not lock.has_content_of({**RECORD, "packages": RECORD["packages"][:1]})
    assert not lock.has_content_of({**RECORD, "interpreter": {"version": "3.12.1"}})
    assert lock.has_content_of({**RECORD, "interpreter": {"version": "3.11.9"}})


def test_no_lock_is_none(tmp_path: Path) -> None:
    assert read_lockfile(str(tmp_path)) is None


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("requirements.txt", "six==1.17.0\n", "was not written by shared_venv"),
        ("requirements.txt", None, "were edited"),
        ("requirements.yml", "collections: []\n", "were edited"),
    ],
)
def test_an_edited_or_foreign_lock_is_refused(tmp_path: Path, file: str, text: str | None, message: str) -> None:
    write_lockfile(str(tmp_path), lockfile_of(RECORD, request_digest=REQUEST))
    path = tmp_path / file
    path.write_text(path.read_text() + "evil @ https://files.invalid/evil.whl\n" if text is None else text)
    with pytest.raises(InputError, match=message):
        read_lockfile(str(tmp_path))


def test_a_directory_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="^lock: .*nowhere is not a directory"):
        write_lockfile(str(tmp_path / "nowhere"), lockfile_of(RECORD, request_digest=REQUEST))


def test_roles_are_locked_with_what_fetches_them_and_ansible_galaxy_reads_that(tmp_path: Path) -> None:
    plain = lockfile_of(RECORD, request_digest=REQUEST)
    roles: list[dict[str, Any]] = [
        {"name": "web", "version": "c" * 40, "sha256": "e" * 64, "src": "https://x.org/c++/web.git", "scm": "git"},
        {"name": "acme.db", "version": "1.10", "sha256": "d" * 64, "src": "acme.db", "scm": None},
        {"name": "local", "version": "", "sha256": "f" * 64, "src": '/srv/a "b" # c/local', "scm": None},
    ]
    lock = lockfile_of({**RECORD, "roles": roles}, request_digest=REQUEST)
    assert lock.has_content_of({**RECORD, "roles": roles}) and not lock.has_content_of(RECORD)
    write_lockfile(str(tmp_path), lock)
    assert read_lockfile(str(tmp_path)) == lock
    written = yaml.safe_load((tmp_path / "requirements.yml").read_text())
    assert [one["name"] for one in written["collections"]] == ["community.general"]
    requirement = pytest.importorskip("ansible.playbook.role.requirement")
    read = [requirement.RoleRequirement.role_yaml_parse(one) for one in written["roles"]]
    assert sorted((one["name"], one["src"], one["scm"], one["version"]) for one in read) == sorted(
        (one["name"], one["src"], one["scm"], one["version"]) for one in roles
    )
    assert "roles" not in plain.texts()["requirements.yml"], "a lock without roles is as it was"
