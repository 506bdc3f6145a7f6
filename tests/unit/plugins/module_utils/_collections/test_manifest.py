# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""MANIFEST.json, FILES.json and requires_ansible, true and lying."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection import (
    check_paths,
    content_digest,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.manifest import (
    check_listing,
    parse_files,
    parse_manifest,
    requires_ansible,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import SourceError
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import (
    built,
    entries,
    sha256,
    sources,
)


def manifest_with(**changes: Any) -> bytes:
    document = json.loads(built()["MANIFEST.json"])
    for path, value in changes.items():
        part = document
        *way, last = path.split("__")
        for step in way:
            part = part[step]
        part[last] = value
    return json.dumps(document).encode()


def test_a_manifest_says_who_it_is() -> None:
    files = built(dependencies={"acme.base": ">=1.0.0"})
    manifest = parse_manifest(files["MANIFEST.json"], where="it")
    assert (manifest.name, manifest.version, manifest.dependencies) == ("acme.tools", "1.0.0", {"acme.base": ">=1.0.0"})
    assert manifest.files_sha256 == sha256(files["FILES.json"])


@pytest.mark.catalogue(40)
def test_null_dependencies_are_none() -> None:
    assert parse_manifest(manifest_with(collection_info__dependencies=None), where="it").dependencies == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"collection_info": None}, "it: collection_info is not a dictionary"),
        ({"collection_info__namespace": None}, "'None.tools' is not the name"),
        ({"collection_info__name": None}, "'acme.None' is not the name"),
        ({"collection_info__namespace": "../.."}, "is not the name of a collection"),
        ({"collection_info__version": None}, "'None' is not a semantic version"),
        ({"collection_info__version": 1.0}, "'1.0' is not a semantic version"),
        ({"collection_info__version": "../1"}, "'../1' is not a semantic version"),
        ({"collection_info__dependencies": ["acme.base"]}, "dependencies is not a dictionary"),
        ({"collection_info__dependencies": {"../x.y": "*"}}, "'../x.y' is not the name"),
        ({"collection_info__dependencies": {"acme.base": None}}, "'None' is not a version range"),
        ({"file_manifest_file": None}, "file_manifest_file is not a dictionary"),
        ({"file_manifest_file__chksum_sha256": None}, "has no sha256"),
        ({"file_manifest_file__chksum_sha256": "abc"}, "has no sha256"),
    ],
)
def test_each_wrong_field_has_one_clear_error(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_manifest(manifest_with(**change), where="it")
    assert caught.value.message.startswith("it")
    assert message in caught.value.message


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff\xfe\x00"])
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError, match="^it"):
        parse_manifest(data, where="it")


def parsed(listed: Any) -> dict[str, str]:
    files = built(listed=listed)
    return parse_files(files["FILES.json"], manifest=parse_manifest(files["MANIFEST.json"], where="it"), where="it")


def test_files_json_lists_checksums() -> None:
    assert parsed(entries({"a/b": b"x"})) == {"a/b": sha256(b"x")}


def test_a_files_json_that_manifest_json_does_not_state_is_refused() -> None:
    manifest = parse_manifest(built()["MANIFEST.json"], where="it")
    with pytest.raises(SourceError, match="does not have the sha256 in MANIFEST.json"):
        parse_files(b'{"files": []}', manifest=manifest, where="it")


@pytest.mark.parametrize(
    "entry",
    [
        None,
        {"name": None, "ftype": "file", "chksum_sha256": "0" * 64},
        {"name": "a", "ftype": None, "chksum_sha256": "0" * 64},
        {"name": "a", "ftype": "file", "chksum_sha256": None},
        {"name": "a", "ftype": "file"},
        {"name": "a", "ftype": "file", "chksum_sha256": "A" * 64},
        {"name": "../a", "ftype": "file", "chksum_sha256": "0" * 64},
        {"name": "/a", "ftype": "file", "chksum_sha256": "0" * 64},
        {"name": "README.md", "ftype": "file", "chksum_sha256": "0" * 64},
    ],
)
def test_a_wrong_entry_is_refused(entry: Any) -> None:
    with pytest.raises(SourceError, match="^it"):
        parsed([*entries({"README.md": b""}), entry])


def test_files_that_are_no_list_are_refused() -> None:
    with pytest.raises(SourceError, match="files is not a list"):
        parsed({})


LISTED = {path: sha256(data) for path, data in sources().items()}


@pytest.mark.parametrize("complete", [True, False])
def test_what_is_listed_suits(complete: bool) -> None:
    check_listing({**LISTED, "MANIFEST.json": "0", "FILES.json": "0"}, LISTED, complete=complete, where="it")


@pytest.mark.parametrize("path", ["tests/unit/test_hello.py", ".gitignore"])
def test_what_only_developers_need_may_be_missing_or_added_where_packagers_work(path: str) -> None:
    fewer = {name: value for name, value in LISTED.items() if name != path}
    check_listing(fewer, LISTED, complete=False, where="it")
    check_listing(LISTED, fewer, complete=False, where="it")
    for present, listed in ((fewer, LISTED), (LISTED, fewer)):
        with pytest.raises(SourceError, match=path):
            check_listing(present, listed, complete=True, where="it")


@pytest.mark.parametrize(
    ("present", "problem"),
    [
        ({**LISTED, "README.md": "0"}, r"do not have the sha256 .*\(README.md\)"),
        ({**LISTED, "tests/unit/test_hello.py": "0"}, "do not have the sha256"),
        ({path: value for path, value in LISTED.items() if path != "README.md"}, "missing"),
        ({**LISTED, "plugins/modules/evil.py": "0"}, r"not listed in FILES.json \(plugins/modules/evil.py\)"),
    ],
)
def test_what_is_not_listed_so_is_refused(present: dict[str, str], problem: str) -> None:
    with pytest.raises(SourceError, match=problem):
        check_listing(present, LISTED, complete=False, where="it")


@pytest.mark.parametrize(
    ("runtime", "wanted"),
    [
        (b"---\nrequires_ansible: '>=2.15.0'\n", ">=2.15.0"),
        (b'requires_ansible: ">=2.15.0,<3"  # why\nplugin_routing: {}\n', ">=2.15.0,<3"),
        (b"requires_ansible: >=2.15.0 # why\n", ">=2.15.0"),
        (b"requires_ansible:    '>=2.15'\r\n", ">=2.15"),
        (b"requires_ansible: >-\n  >=2.15.0\n", ">=2.15.0"),
        (b"requires_ansible: |\n  >=2.15.0\nx: y\n", ">=2.15.0"),
        (b"requires_ansible:\nx: y\n", None),
        (b"requires_ansible: ''\n", None),
        (b"x:\n  requires_ansible: '>=9'\n", None),
        (b"# requires_ansible: '>=9'\n", None),
        (b"", None),
    ],
)
def test_requires_ansible(runtime: bytes, wanted: str | None) -> None:
    assert requires_ansible(runtime) == wanted


@pytest.mark.parametrize(
    "path",
    ["", "/a", "../a", "a/../b", "a//b", "./a", "a/.", "a\\b", "a\nb", "a\0b", "a\udc80", "x" * 256, "x/" * 501 + "x"],
)
def test_paths_that_do_not_stay_inside_are_refused(path: str) -> None:
    with pytest.raises(SourceError, match="is outside of"):
        check_paths(["README.md", path], where="it")


def test_a_file_cannot_be_a_directory() -> None:
    with pytest.raises(SourceError, match="'a/b' as a file and as a directory"):
        check_paths(["a/b", "a/b/c"], where="it")


def test_the_digest_is_that_of_sha256sum_lines() -> None:
    assert content_digest({"b": "2" * 64, "a": "1" * 64}) == sha256(f"{'1' * 64}  a\n{'2' * 64}  b\n".encode())
