# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Each kind of malformed or unsafe torrent is one error; what is unusual but right is read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.torrent_file import MAX_TORRENT, read_torrent
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._torrent.samples import (
    PIECE,
    decoded,
    encode,
    leaf,
    paths,
    refused,
    several,
    single,
    tree,
)

ACCEPTED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "one file": (single(), ["x"]),
    "a directory with a file of its name": (paths(["x"]), ["x/x"]),
    "a name in UTF-8 beside another": (single(**{"info_name": b"\xff", "info_name.utf-8": "é"}), ["é"]),
    "a path in UTF-8 beside another": (
        several({"length": 1, "path": [b"\xff"], "path.utf-8": ["é"]}), ["x/é"]
    ),
    "a piece length that is no power of two": (single(info_piece_length=1000), ["x"]),
    "names that look odd": (
        paths(["ab: c?.mp4"], ["-rf"], ["~"], ["$(x)"], ["{{ x }}"], ["con1"], ["nul-x"], ["a\u200db"]),
        ["x/ab: c?.mp4", "x/-rf", "x/~", "x/$(x)", "x/{{ x }}", "x/con1", "x/nul-x", "x/a\u200db"],
    ),
    "files of one directory": (paths(["d", "a"], ["d", "b"], ["e", "a"]), ["x/d/a", "x/d/b", "x/e/a"]),
    "an empty file": (several({"length": 0, "path": ["e"]}, {"length": 1, "path": ["f"]}), ["x/e", "x/f"]),
    "padding of one name": (
        several({"length": 1, "path": ["a"]}, {"length": 9, "path": [".pad", "9"], "attr": "p"},
                {"length": 1, "path": ["b"]}, {"length": 9, "path": [".pad", "9"], "attr": "p"}, piece=10),
        ["x/a", "x/b"],
    ),
    "an executable and hidden file": (several({"length": 1, "path": ["a"], "attr": "xh"}), ["x/a"]),
    "version 2, one file": (tree({"x": leaf()}), ["x"]),
    "version 2, one file in a directory": (tree({"y": leaf()}), ["x/y"]),
    "version 2, directories": (tree({"d": {"e": {"f": leaf()}}, "g": leaf()}), ["x/d/e/f", "x/g"]),
    "an announce that is empty": (single(announce=""), ["x"]),
    "a private one": (single(info_private=1), ["x"]),
}  # fmt: skip


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_is_unusual_but_right_is_read(case: str) -> None:
    torrent, expected = ACCEPTED[case]
    found = read_torrent(encode(torrent))
    assert [file.name for file in found.files if not file.is_pad] == expected
    assert found.info_hash_v1 in (None, hashlib.sha1(encode(torrent["info"])).hexdigest())
    assert found.is_private == (case == "a private one")


def hybrid(change: Callable[[Any], Any]) -> Any:
    top = decoded("hybrid")
    change(top)
    return top


def layers(change: Callable[[Any], Any]) -> Any:
    top = decoded("v2")
    change(top[b"piece layers"])
    return top


def file_entry(number: int, **changes: Any) -> Callable[[Any], None]:
    return lambda top: top[b"info"][b"files"][number].update({key.encode(): value for key, value in changes.items()})


def without_padding(top: Any) -> list[Any]:
    return [entry for entry in top[b"info"][b"files"] if b"attr" not in entry]


REFUSED: dict[str, tuple[Any, str]] = {
    "empty": (b"", "it is not valid bencoding"),
    "text": (b"hello", "it is not valid bencoding"),
    "a list": ([1], "it is not a dictionary with the key 'info'"),
    "no info": ({"announce": "http://a/"}, "it is not a dictionary with the key 'info'"),
    "info is a text": ({"info": "x"}, "its info is not a dictionary"),
    "info is empty": ({"info": {}}, "neither the key 'pieces' nor the key 'file tree'"),
    "too large": (b"d" + b"x" * MAX_TORRENT, "larger than 16 MiB"),
    "not canonical": (b"d4:infod6:lengthi05eee", "a number that is not canonical"),
    "no name": (single(info_name=None), "the name of a file is not a text"),
    "no piece length": (single(info_piece_length=None), "the key 'piece length' is missing"),
    "piece length 0": (single(info_piece_length=0), "its piece length 0 is not a number from 1 to"),
    "piece length negative": (single(info_piece_length=-1), "its piece length -1"),
    "piece length huge": (single(info_piece_length=1 << 40), "is not a number from 1 to"),
    "piece length is a text": (single(info_piece_length="x"), "'piece length' has a value of another type"),
    "pieces of another length": (single(info_pieces=bytes(19)), "must have 1 hashes of 20 bytes, but has 19 bytes"),
    "too many pieces": (single(info_pieces=bytes(40)), "must have 1 hashes of 20 bytes, but has 40"),
    "too few pieces": (single(info_length=PIECE + 1), "must have 2 hashes of 20 bytes, but has 20"),
    "pieces is a list": (single(info_pieces=[]), "'pieces' has a value of another type"),
    "size negative": (single(info_length=-5), "the size -5 of a file"),
    "size huge": (single(info_length=1 << 60), "of a file is not a number from 0 to"),
    "neither length nor files": (single(info_length=None), "one of the keys 'length' and 'files'"),
    "both length and files": (single(info_files=[]), "one of the keys 'length' and 'files'"),
    "no files": (several(), "it has no content"),
    "only empty files": (several({"length": 0, "path": ["a"]}), "it has no content"),
    "only padding": (several({"length": 5, "path": ["a"], "attr": "p"}), "it has no content"),
    "file is a text": (single(info_length=None, info_files=["x"]), "an entry of 'files' is not a dictionary"),
    "file without a path": (single(info_length=None, info_files=[{"length": 5}]), "a file has no path"),
    "file with an empty path": (paths([]), "a file has no path"),
    "path is a text": (paths("a"), "a file has no path"),
    "file without a length": (single(info_length=None, info_files=[{"path": ["a"]}]), "the key 'length' is missing"),
    "link by its attribute": (several({"length": 0, "path": ["a"], "attr": "l"}), "one of its files is a link"),
    "link by its target": (several({"length": 0, "path": ["a"], "symlink path": ["b"]}), "one of its files is a link"),
    "the only file is a link": (single(info_attr="l"), "one of its files is a link"),
    "attributes are a number": (several({"length": 1, "path": ["a"], "attr": 1}), "'attr' has a value of another type"),
    "deep path": (paths(["d"] * 50), "is too long: 40 parts"),
    "long path": (paths(["x" * 200] * 12), "is too long: 40 parts and 2000 bytes"),
    "two files of one name": (paths(["a"], ["a"]), "two files have the same name"),
    "names that differ in case": (paths(["Read"], ["READ"]), "two files have the same name on some systems"),
    "directories that differ in case": (paths(["D", "a"], ["d", "A"]), "two files have the same name"),
    "names that differ in composition": (paths(["caf\u00e9"], ["cafe\u0301"]), "two files have the same name"),
    "a file that is a directory": (paths(["a"], ["a", "b"]), "is both a file and a directory"),
    "a file that is a directory in other case": (paths(["a", "b", "c"], ["A"]), "is both a file and a directory"),
    "padding as long as a piece": (
        several({"length": 1, "path": ["a"]}, {"length": PIECE, "path": ["p"], "attr": "p"}), "padding that is as long"
    ),
    "padding without end": (
        several(*[{"length": 1, "path": ["a"]}, *[{"length": (1 << 29) - 1, "path": ["p"], "attr": "p"}] * 140],
                piece=1 << 29),
        "more than 64 GiB of padding",
    ),
    "too many files": (paths(*[[str(number)] for number in range(20_001)]), "more than 20000 files"),
    "private is 2": (single(info_private=2), "'private' is neither 0 nor 1"),
    "private is a text": (single(info_private="1"), "'private' has a value of another type"),
    "announce is a list": (single(announce=[]), "'announce' has a value of another type"),
    "announce is a file": (single(announce="file:///etc/passwd"), "is not the address of an http, https or udp"),
    "announce is not UTF-8": (single(announce=b"http://\xff/"), "the address of a tracker is not valid UTF-8"),
    "announce is of the machine": (single(announce="http://169.254.169.254/"), "no client should connect"),
    "tiers are texts": (single(**{"announce-list": ["http://a/"]}), "is not a list of lists"),
    "tiers have numbers": (single(**{"announce-list": [[1]]}), "has a tracker that is not a text"),
    "many trackers": (
        single(**{"announce-list": [[f"udp://a:{number}"] for number in range(1, 102)]}), "it has 101 trackers"
    ),
    "version 3": (tree({"x": leaf()}, **{"meta version": 3}), "it has a version that is not known"),
    "version 1 with a tree": (tree({"x": leaf()}, **{"meta version": 1}), "it has a version that is not known"),
    "tree without a version": ({"info": {"name": "x", "piece length": PIECE, "file tree": {"x": leaf()}}},
                               "the key 'meta version' is missing"),
    "version without a tree": ({"info": {"name": "x", "piece length": PIECE, "meta version": 2}},
                               "the key 'file tree' is missing"),
    "piece length of version 2 too small": (tree({"x": leaf()}, **{"piece length": 8192}), "is not a power of two"),
    "piece length of version 2 odd": (tree({"x": leaf()}, **{"piece length": 3 * PIECE}), "is not a power of two"),
    "empty tree": (tree({}), "is not a dictionary, or empty"),
    "empty directory": (tree({"a": {}}), "is not a dictionary, or empty"),
    "tree is a list": (tree([]), "'file tree' has a value of another type"),
    "entry is a number": (tree({"a": 1}), "is not a dictionary, or empty"),
    "tree is a file": (tree(leaf()), "in its file tree is not only a file"),
    "file and directory": (tree({"a": {**leaf(), "b": leaf()}}), "'a' in its file tree is not only a file"),
    "leaf is a number": (tree({"a": {"": 1}}), "'a' in its file tree is not only a file"),
    "file without a root": (tree({"a": {"": {"length": 5}}}), "has no valid key 'pieces root'"),
    "empty file with a root": (tree({"a": leaf(0), "b": leaf()}), "has no valid key 'pieces root'"),
    "short root": (tree({"a": {"": {"length": 5, "pieces root": bytes(20)}}}), "has no valid key 'pieces root'"),
    "link in the tree": (tree({"a": leaf(attr="l")}), "one of its files is a link"),
    "padding in the tree": (tree({"a": leaf(attr="p")}), "padding, which version 2 does not have"),
    "case in the tree": (tree({"a": leaf(), "A": leaf()}), "two files have the same name"),
    "deep tree": (b"d4:infod9:file tree" + b"d1:a" * 200, "nested more than 100 deep"),
    "no layers": (layers(lambda found: found.clear()), "'piece layers' does not have the"),
    "a layer too short": (
        layers(lambda found: found.update({root: layer[:-32] for root, layer in found.items()})), "does not have the"
    ),
    "a layer of other hashes": (
        layers(lambda found: found.update({root: bytes(len(layer)) for root, layer in found.items()})),
        "has other hashes than those of",
    ),
    "a layer too many": (layers(lambda found: found.update({bytes(32): bytes(64)})), "belong to none of its files"),
    "layers are a list": ({**decoded("v2"), b"piece layers": []}, "'piece layers' has a value of another type"),
    "hybrid of other sizes": (hybrid(file_entry(2, length=11)), "its versions 1 and 2 describe different files"),
    "hybrid of other names": (hybrid(file_entry(2, path=["d", "tiny"])), "describe different files"),
    "hybrid of other order": (
        hybrid(lambda top: top[b"info"][b"files"].reverse()), "its versions 1 and 2 describe different files"
    ),
    "hybrid with a file more": (
        hybrid(lambda top: top[b"info"][b"files"].append({"length": 1, "path": ["z"]})), "describe different files"
    ),
    "hybrid without padding": (
        hybrid(lambda top: top[b"info"].update({b"files": without_padding(top)})),
        "does not begin with a piece, as a hybrid requires",
    ),
    "hybrid of one file and a directory": (
        hybrid(lambda top: (top[b"info"].pop(b"files"), top[b"info"].update({b"length": 5}))),
        "describe different files",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_malformed_or_unsafe_is_refused(case: str) -> None:
    refused(*REFUSED[case])
