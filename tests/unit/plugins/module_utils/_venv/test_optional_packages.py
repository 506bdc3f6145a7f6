# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Optional packages: few resolutions, only what cannot be had is left out, and no other failure is hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import NetworkError, ResolutionError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.pylock import LockedPackage
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.optional_packages import (
    WITHOUT_NETWORK,
    resolve_optional,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

MANY = [f"good{number}" for number in range(20)]


class Index:
    """Resolves names: those that begin with ``bad`` have no wheel, and ``a`` conflicts with ``b``."""

    def __init__(self) -> None:
        self.asked = 0
        self.rechecked: list[Sequence[str]] = []

    def __call__(self, lines: Sequence[str], *, once: bool) -> list[LockedPackage]:
        self.asked += 1
        bad = next((line for line in lines if line.startswith("bad")), None)
        if "unreachable" in lines:
            raise NetworkError("no network")
        if "unhashed" in lines:
            raise ResolutionError("another sha256", package="unhashed")
        reason = f"Because all versions of {bad} have no usable wheels" if bad else ""
        if {"a", "b"} <= set(lines):
            reason = "Because a depends on six>=2 and b depends on six<2"
        if reason:
            if not once:
                self.rechecked.append(lines)
            raise ResolutionError("cannot be resolved", explanation=reason, unsatisfiable=True)
        return [LockedPackage(line, "1.0", "", "", "0" * 64) for line in lines]


def resolved(index: Index, required: Sequence[str], optional: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    packages, left = resolve_optional(required, optional, index, offline=False)
    return [one.name for one in packages], left


def test_what_can_be_had_takes_one_resolution() -> None:
    index = Index()
    assert resolved(index, ["core"], MANY) == (["core", *MANY], {})
    assert index.asked == 1


@pytest.mark.parametrize("place", [0, 7, 20])
def test_the_one_without_a_wheel_is_left_out_in_few_resolutions(place: int) -> None:
    index = Index()
    optional = [*MANY[:place], "bad", *MANY[place:]]
    assert resolved(index, ["core"], optional) == (
        ["core", *MANY],
        {"bad": "there is no wheel of bad for this Python and platform"},
    )
    assert index.asked <= 12
    # Only what is left out is looked at again without the cache, which can be damaged.
    assert index.rechecked == [["core", *MANY[:place], "bad"]]


def test_nothing_but_optional_packages() -> None:
    assert resolved(Index(), [], ["bad"]) == ([], {"bad": "there is no wheel of bad for this Python and platform"})
    assert resolved(Index(), [], ["good", "bad1", "bad2"])[0] == ["good"]


def test_of_two_that_conflict_the_first_is_taken() -> None:
    names, left = resolved(Index(), ["core"], ["a", "b", "c"])
    assert names == ["core", "a", "c"]
    assert left == {"b": "it conflicts with other requirements: Because a depends on six>=2 and b depends on six<2"}


def test_an_optional_one_yields_to_a_required_one() -> None:
    names, left = resolved(Index(), ["b"], ["a"])
    assert (names, [*left]) == (["b"], ["a"])


@pytest.mark.parametrize("required", [["bad"], ["a", "b"]])
def test_a_required_one_fails_as_without_optional_ones(required: list[str]) -> None:
    with pytest.raises(ResolutionError):
        resolved(Index(), required, ["good"])


@pytest.mark.parametrize(("name", "error"), [("unreachable", NetworkError), ("unhashed", ResolutionError)])
def test_another_failure_is_not_hidden(name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        resolved(Index(), ["core"], [name, "bad"])


def test_what_is_left_out_without_the_network_says_so() -> None:
    left = resolve_optional(["core"], ["bad"], Index(), offline=True)[1]
    assert left == {"bad": f"there is no wheel of bad for this Python and platform{WITHOUT_NETWORK}"}
