# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Locks: what is written is what is read, and an edited one is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import (
    lock_of,
    lockfile_of,
    needs_writing,
    read_lock,
    read_lockfile,
    write_lockfile,
)

if TYPE_CHECKING:
    from collections.abc import Callable
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


ROLES: list[dict[str, Any]] = [
    {"name": "acme.db", "version": "1.10", "sha256": "d" * 64, "src": "acme.db", "scm": None},
    {"name": "web", "version": "c" * 40, "sha256": "e" * 64, "src": "https://x.org/web.git", "scm": "git",
     "requested_revision": "v1"},
]  # fmt: skip
#: A lock with entries of every form.
FULL = lockfile_of(
    {
        **RECORD,
        "collections": [
            *RECORD["collections"],
            {"name": "acme.tools", "version": "1.2.0", "sha256": "c" * 64, "origin": GIT},
        ],
        "roles": ROLES,
    },
    request_digest=REQUEST,
)
SMALL = lockfile_of(RECORD, request_digest=REQUEST).texts()
LINES = [(name, number) for name, text in FULL.texts().items() for number in range(len(text.splitlines()))]
LINE_EDITS: dict[str, Callable[[str], str]] = {
    "removed": lambda line: "",
    "twice": lambda line: line * 2,
    "commented out": lambda line: f"# {line}",
    "another digit": lambda line: line[:-2] + ("0" if line[-2] != "0" else "1") + line[-1],
    "a space at its end": lambda line: line[:-1] + " \n",
    "a line before it": lambda line: "\n" + line,
    "a conflict of a merge": lambda line: f"<<<<<<< ours\n{line}=======\n{line}>>>>>>> theirs\n",
}


@pytest.mark.parametrize("edit", LINE_EDITS)
@pytest.mark.parametrize(("name", "number"), LINES)
def test_each_line_that_is_edited_is_found(name: str, number: int, edit: str) -> None:
    texts = FULL.texts()
    lines = texts[name].splitlines(keepends=True)
    lines[number] = LINE_EDITS[edit](lines[number])
    with pytest.raises(InputError, match="^lock: the files in /here were edited after they were written: restore them"):
        lock_of({**texts, name: "".join(lines)}, "/here")


@pytest.mark.parametrize(
    "edit",
    [
        lambda texts: {**texts, "requirements.txt": ""},
        lambda texts: {**texts, "requirements.yml": "collections: []\n"},
        lambda texts: {name: text.removesuffix("\n") for name, text in texts.items()},
        lambda texts: {name: re.sub("content .{64}", f"content {REQUEST}", text) for name, text in texts.items()},
        lambda texts: {name: text.replace("Python 3.11", "Python 3.12") for name, text in texts.items()},
        lambda texts: {name: text.replace(REQUEST, "f" * 64) for name, text in texts.items()},
        lambda texts: {**texts, "requirements.txt": SMALL["requirements.txt"]},
        lambda texts: {**texts, "requirements.yml": SMALL["requirements.yml"]},
    ],
)  # fmt: skip
def test_files_that_do_not_belong_together_are_an_edited_lock(edit: Callable[[dict[str, str]], dict[str, str]]) -> None:
    with pytest.raises(InputError, match="were edited"):
        lock_of(edit(FULL.texts()), "/here")


@pytest.mark.parametrize(
    ("left", "lost"), [("requirements.txt", "requirements.yml"), ("requirements.yml", "requirements.txt")]
)
def test_a_file_of_a_lock_that_is_missing_is_named(left: str, lost: str) -> None:
    with pytest.raises(InputError, match=f"^lock: /here/{lost} is missing: restore it, or run once without the option"):
        lock_of({left: FULL.texts()[left]}, "/here")


def test_files_of_others_are_no_lock() -> None:
    with pytest.raises(InputError, match="was not written by shared_venv; name another directory"):
        lock_of({"requirements.txt": "six==1.17.0\n", "requirements.yml": "collections: []\n"}, "/here")
    assert lock_of({"requirements.txt": "six==1.17.0\n"}, "/here") is None


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_what_git_and_editors_do_to_line_ends_is_no_edit(tmp_path: Path, mark: bytes, end: bytes) -> None:
    for name, text in FULL.texts().items():
        (tmp_path / name).write_bytes(mark + text.encode().replace(b"\n", end))
    before = [path.read_bytes() for path in sorted(tmp_path.iterdir())]
    assert read_lockfile(str(tmp_path)) == FULL
    assert lock_of({path.name: path.read_bytes().decode() for path in tmp_path.iterdir()}, "/here") == FULL
    assert not needs_writing(str(tmp_path), FULL) and not write_lockfile(str(tmp_path), FULL)
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == before
    removed = (tmp_path / "requirements.txt").read_bytes().split(end)
    (tmp_path / "requirements.txt").write_bytes(end.join([removed[0], *removed[2:]]))
    with pytest.raises(InputError, match="were edited"):
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
