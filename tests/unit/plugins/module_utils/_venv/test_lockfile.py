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
    read_lock,
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


GIT = {"type": "git", "source": "git+https://x.org/t.git#/tools", "version": "d" * 40, "requested_revision": "v1"}


@pytest.mark.parametrize(
    "origin",
    [
        GIT,
        {"type": "git", "source": "git@x.org:t.git", "version": "d" * 40},
        {"type": "url", "source": "https://x.org/t.tar.gz"},
        {"type": "dir", "source": '/srv/a "b"/tools'},
        {"source": "my_hub"},
    ],
)
def test_where_a_collection_is_from_is_locked_and_ansible_galaxy_reads_that(
    tmp_path: Path, origin: dict[str, str]
) -> None:
    one = {"name": "acme.tools", "version": "1.2.0", "sha256": "c" * 64, "origin": origin}
    lock = lockfile_of({**RECORD, "collections": [*RECORD["collections"], one]}, request_digest=REQUEST)
    write_lockfile(str(tmp_path), lock)
    read = read_lock(str(tmp_path))
    assert read == lock
    assert read.collections[0].origin == origin
    written = yaml.safe_load((tmp_path / "requirements.yml").read_text())["collections"]
    version = origin.get("version", "*" if "type" in origin else "1.2.0")
    assert written[0] == {"name": "acme.tools", **origin, "version": version}
    assert lock.has_content_of({**RECORD, "collections": [*RECORD["collections"], {**one, "origin": {}}]})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 11.4.2 ", "version: ../11.4.2 "),
        ("git+https", "ext::sh"),
        ('type: "git"', 'type: "none"'),
        ('src: "acme.db"', 'src: "--upload-pack=x"'),
        ('name: "acme.db"', 'name: "../acme.db"'),
    ],
)
def test_an_entry_that_nobody_can_ask_for_is_an_edited_lock(tmp_path: Path, old: str, new: str) -> None:
    role = {"name": "acme.db", "version": "1.10", "sha256": "d" * 64, "src": "acme.db", "scm": None}
    tools = {"name": "acme.tools", "version": "1.2.0", "sha256": "c" * 64, "origin": GIT}
    record = {**RECORD, "collections": [*RECORD["collections"], tools], "roles": [role]}
    write_lockfile(str(tmp_path), lockfile_of(record, request_digest=REQUEST))
    path = tmp_path / "requirements.yml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError, match="were edited"):
        read_lockfile(str(tmp_path))


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
    with pytest.raises(InputError, match="contains no lock: run once without the option 'locked'"):
        read_lock(str(tmp_path))


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


def test_the_directory_is_created_in_the_one_above(tmp_path: Path) -> None:
    lock = lockfile_of(RECORD, request_digest=REQUEST)
    assert needs_writing(str(tmp_path / "new"), lock)
    assert not (tmp_path / "new").exists()
    assert write_lockfile(str(tmp_path / "new"), lock)
    assert read_lockfile(str(tmp_path / "new")) == lock


def test_a_directory_that_cannot_be_created_is_an_error_before_anything_is_built(tmp_path: Path) -> None:
    lock = lockfile_of(RECORD, request_digest=REQUEST)
    (tmp_path / "file").touch()
    for place, said in (("nowhere/new", "nowhere is not a directory"), ("file", "file is not a directory")):
        for attempt in (needs_writing, write_lockfile):
            with pytest.raises(InputError, match=f"^lock: .*{said}"):
                attempt(str(tmp_path / place), lock)
    assert needs_writing(str(tmp_path / "nowhere" / "new"), lock, is_needed=False), "a check does not require it"


def test_roles_are_locked_with_what_fetches_them_and_ansible_galaxy_reads_that(tmp_path: Path) -> None:
    plain = lockfile_of(RECORD, request_digest=REQUEST)
    roles: list[dict[str, Any]] = [
        {
            "name": "web",
            "version": "c" * 40,
            "sha256": "e" * 64,
            "src": "https://x.org/c++/web.git",
            "scm": "git",
            "requested_revision": "v1",
        },
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
