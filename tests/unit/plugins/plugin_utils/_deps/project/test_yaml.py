# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""YAML that nobody vouches for: lines, tags, and what is refused before anything is built."""

from __future__ import annotations

import time

import pytest
from ansible.parsing.dataloader import DataLoader

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.yaml import (
    Scalar,
    Text,
    is_text,
    line_of,
    load_yaml,
    unless_empty,
)

LAUGHS = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n".encode()
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = b"a: &a {k: v}\n" + b"".join(
    f"{name}: &{name} {{p: *{before}, q: *{before}, <<: *{before}}}\n".encode()
    for before, name in zip("abcdefghijklmnopqrstuvw", "bcdefghijklmnopqrstuvwx", strict=True)
)
REFUSED = {
    "a billion laughs": (LAUGHS, "after its aliases are expanded"),
    "merge keys": (MERGES, "after its aliases are expanded"),
    "nesting in flow form": (b"[" * 200_000, "nested deeper"),
    "nesting in block form": (b"- " * 5000, "nested deeper"),
    "many values": (b"- x\n" * 300_000, "more than"),
    "an alias without anchor": (b"a: *b\n", "has no anchor"),
    "an alias within itself": (b"a: &a [*a]\n", "has no anchor"),
    "two documents": (b"- a\n---\n- b\n", "second document"),
    "a tab": (b"a:\n\t- b\n", "line 2"),
    "not UTF-8": (b"a: b\nc: \xff\xfe\n", "line 2"),
    "too large": (b"#" * 5_000_000, "larger than"),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_costs_less_than_two_seconds(data: bytes, reason: str) -> None:
    before = time.process_time()
    with pytest.raises(InputError, match=reason) as caught:
        load_yaml(data, "site.yml")
    assert time.process_time() - before < 2
    assert caught.value.message.startswith("site.yml, line ")


def test_values_know_their_lines() -> None:
    text = b"# comment\n- name: one\n  when: x\n- copy:\n    src: a\n  vars:\n    t: |\n      first\n"
    document = load_yaml(text, "f")
    assert [line_of(item) for item in document] == [2, 4]
    assert line_of(document[0]["when"]) == 3
    assert line_of(document[1]["copy"]["src"]) == 5
    assert line_of(document[1]["vars"]["t"]) == 8
    assert [line_of(key) for key in document[1]] == [4, 6]


def test_tags_construct_nothing() -> None:
    text = b"a: !!python/object/apply:os.system [touch x]\nb: !unsafe '{{ x }}'\nc: !vault |\n  66\n"
    document = load_yaml(text, "f")
    assert document["a"] == ["touch x"]
    assert [value.inert for value in (document["b"], document["c"])] == [True, True]
    assert isinstance(document["b"], Text)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", None),
        (b"---\n", None),
        (b"a:\n", {"a": None}),
        (b"a: ~\nb: 'null'\n", {"a": None, "b": "null"}),
        (b"a: yes\nb: 1\n", {"a": "yes", "b": "1"}),
        (b"a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}\n", {"a": {"k": "1", "l": "2"}, "b": {"k": "3", "l": "2"}}),
        (b"a: &x [1]\nb: *x\n", {"a": ["1"], "b": ["1"]}),
    ],
)
def test_scalars_stay_text(data: bytes, expected: object) -> None:
    assert load_yaml(data, "f") == expected


SCALARS = [
    "5", "0", "-1", "0x1F", "0b1", "1_000", "1:30", "1.5", ".5", "1e3", "1.0e+3", ".inf", ".nan", "true", "No", "ON",
    "y", "2001-01-01", "2001-01-01 10:00:00", "1.2.3", "5a", "a5", "v1", "-", "+x", "no way", "nothing", "true story",
    "09", "'5'", '"true"', "!!str 5", "!!int '5'", "!!bool 'no'", "on: 5",
]  # fmt: skip


@pytest.mark.parametrize("text", SCALARS)
def test_what_is_no_text_is_told_as_ansible_reads_it(text: str) -> None:
    """Its line and its characters stay: what the analysis reads are names."""
    read, known = load_yaml(f"x: [{text}]\n".encode(), "f.yml"), DataLoader().load(f"x: [{text}]\n")
    (ours,), (theirs,) = read["x"], known["x"]
    assert is_text(ours) == isinstance(theirs, str)
    if isinstance(ours, Scalar):
        assert (ours.line, ours.is_false) == (1, not theirs)


@pytest.mark.parametrize(
    ("text", "is_empty"), [("0", True), ("'0'", False), ("no", True), ("'no'", False), ("5", False)]
)
def test_what_is_as_good_as_no_document(text: str, is_empty: bool) -> None:
    assert (unless_empty(load_yaml(text.encode(), "f.yml")) is None) == is_empty
