# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Semantic versions, Galaxy ranges, specifiers for ansible-core."""

from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.versions import (
    SemanticVersion,
    VersionRange,
    combined_core_range,
    core_requirement,
    core_satisfies,
    is_empty_core_range,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

#: In rising order, from semver.org and our own needs.
ORDER = [
    "0.9.0", "1.0.0-0", "1.0.0-1", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
    "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0",
]  # fmt: skip

RANGES = [
    ("1.2.3", "*", True),
    ("1.2.3", "1.2.3", True),
    ("1.2.4", "1.2.3", False),
    ("1.2.3", "==1.2.3", True),
    ("1.2.3", "=1.2.3", True),
    ("1.2.3", "!=1.2.3", False),
    ("1.2.3", "!=1.2.4", True),
    ("1.2.3", ">=1.0.0,<2", True),
    ("2.0.0", ">=1.0.0,<2", False),
    ("2.0.0", ">=1.0.0,<2.0.0,!=1.5.0", False),
    ("1.5.0", ">=1.0.0,<2.0.0,!=1.5.0", False),
    ("1.2.3", ">1.2.3", False),
    ("1.2.3", "<=1.2.3", True),
    ("1.10.0", ">=1.9", True),
    ("1.0.0", "1", True),
    ("1.2.0", "==1.2", True),
    ("2.0.0-beta.1", ">=1.0.0,<2.0.0", True),
    ("2.0.0-beta.1", ">=2.0.0", False),
    ("2.0.0-beta.1", "2.0.0-beta.1", True),
    ("1.0.0+build.5", "1.0.0", True),
]


def test_versions_have_an_order() -> None:
    parsed = [SemanticVersion.parse(text) for text in ORDER]
    assert sorted(parsed, reverse=True) == parsed[::-1]
    assert len(set(parsed)) == len(parsed)


@pytest.mark.parametrize("text", ["", "1", "1.0", "1.0.0.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0 ",
                                  "1.0.x", "1.0.0/../x", "None", "1.0.0-" + "a" * 70])  # fmt: skip
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not a semantic version"):
        SemanticVersion.parse(text)


def test_build_metadata_does_not_count() -> None:
    assert SemanticVersion.parse("1.0.0+a") == SemanticVersion.parse("1.0.0+b")


@pytest.mark.parametrize(("version", "wanted", "inside"), RANGES)
def test_ranges(version: str, wanted: str, inside: bool) -> None:
    assert (SemanticVersion.parse(version) in VersionRange.parse(wanted)) is inside


@pytest.mark.parametrize(("version", "wanted", "inside"), RANGES)
def test_ranges_agree_with_ansible_galaxy(version: str, wanted: str, inside: bool) -> None:
    galaxy = pytest.importorskip("ansible.galaxy.dependency_resolution.versioning")
    assert galaxy.meets_requirements(version, wanted) is inside


def test_spaces_in_a_range_do_not_matter() -> None:
    assert SemanticVersion.parse("1.5.0") in VersionRange.parse(" >= 1.0.0 , < 2 ")


@pytest.mark.parametrize(
    "text", ["", ",", "~=1.0.0", "^1.0.0", ">=1.0.0,", "latest", ">=1.0.0 <2", "1.0.0;x", ">=", "1.*"]
)
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        VersionRange.parse(text)


@pytest.mark.parametrize(
    ("wanted", "pinned"),
    [("2.0.0-b.1", True), ("==2.0.0-b.1", True), ("=2.0.0-b.1", True), (">=2.0.0-b.1", False), ("*", False)],
)
def test_only_an_exact_version_pins(wanted: str, pinned: bool) -> None:
    assert VersionRange.parse(wanted).pins(SemanticVersion.parse("2.0.0-b.1")) is pinned


@pytest.mark.parametrize(
    ("specifier", "version", "suits"),
    [
        (">=2.15.0", "2.19.14", True),
        (">=2.15.0", "2.14.99", False),
        (">=2.9", "2.9", True),
        (">=2.9.10", "2.9", False),
        (">=2.12.0,<3.0.0", "2.21.5", True),
        (">=2.12.0,<3.0.0", "3.0", False),
        ("~=2.19.5", "2.19.14", True),
        ("~=2.19.5", "2.20.0", False),
        ("~=2.19.5", "2.19.4", False),
        ("~=2.19", "2.21.0", True),
        ("==2.19.*", "2.19.14", True),
        ("==2.19.*", "2.20.0", False),
        ("!=2.19.*", "2.19.1", False),
        ("==2.19", "2.19.0", True),
        (">2.19", "2.19.0", False),
        ("<=2.19.1", "2.19.1", True),
        (">=2.20.0", "2.20.0rc1", True),
        (">=2.20.0", "2.20.0.dev0", True),
        ("==2.20.0rc1", "2.20.0", False),
        ("==2.20.0rc1", "2.20.0rc1", False),
        ("!=2.20.0rc1", "2.20.0", True),
        (">2.20.0rc1", "2.20.0", True),
        ("<2.20.0rc1", "2.20.0rc1", False),
        (">=2.15.0,", "2.19.0", True),
        ("", "2.19.0", True),
    ],
)
def test_core_specifiers(specifier: str, version: str, suits: bool) -> None:
    assert core_satisfies(specifier, version) is suits
    specifiers = pytest.importorskip("packaging.specifiers")
    versions = pytest.importorskip("packaging.version")
    # What ansible-core does when it loads a plugin of the collection.
    assert specifiers.SpecifierSet(specifier).contains(versions.Version(version).base_version) is suits


@pytest.mark.parametrize("specifier", ["2.19", "~=2", ">=2.15.*", ">=x", "=>2.15", ">=2.15.0 <3"])
def test_what_is_no_core_specifier_is_refused(specifier: str) -> None:
    with pytest.raises(InputError, match="ansible-core"):
        core_satisfies(specifier, "2.19.0")


def test_what_is_no_core_version_is_refused() -> None:
    with pytest.raises(InputError, match="'devel' is not a version of ansible-core"):
        core_satisfies(">=2.15", "devel")


#: Releases of ansible-core, which has this name since 2.11, and what could be one.
CORES = [f"2.{minor}.{patch}" for minor in range(11, 25) for patch in (0, 1, 5, 14)] + ["3.0.0"]
CORE_RANGES = [
    ([">=2.15.0", ">=2.17.0,<3", "!=2.18.1"], "!=2.18.1,<3,>=2.17.0"),
    ([">=2.15", ">2.15", "<=2.20", "<2.20"], "<2.20,>2.15"),
    ([">= 2.9.10, ", " >=2.10"], ">=2.10"),
    (["~=2.19.5", ">=2.16"], ">=2.16,~=2.19.5"),
    (["==2.19.*", ">=2.17,<2.20"], "<2.20,==2.19.*,>=2.17"),
    ([">=2.18", "<2.18"], "<2.18,>=2.18"),
    ([">2.18.0", "<=2.18.0"], "<=2.18.0,>2.18.0"),
    (["==2.18.1", "!=2.18.1"], "!=2.18.1,==2.18.1"),
    ([">=2.20", "~=2.19.5"], ">=2.20,~=2.19.5"),
    (["<2.10"], "<2.10"),
    (["<2.12"], "<2.12"),
    (["!=2.11.0", "<=2.11.0"], "!=2.11.0,<=2.11.0"),
    (["===2.18.1", ">=2.17"], "===2.18.1,>=2.17"),
    (["===2.18.1", "<2.17"], "<2.17,===2.18.1"),
    ([""], ""),
    ([], ""),
]


@pytest.mark.parametrize(("ranges", "combined"), CORE_RANGES)
def test_the_combined_range_allows_what_all_allow(ranges: list[str], combined: str) -> None:
    assert combined_core_range(ranges) == combined
    sets = [SpecifierSet(text.strip().strip(",")) for text in ranges]
    both = [core for core in CORES if all(one.contains(core) for one in sets)]
    assert [core for core in CORES if SpecifierSet(combined).contains(core)] == both
    assert is_empty_core_range(combined) == (not both)
    assert core_requirement(ranges) == (f"ansible-core{combined}" if both and combined else None)


@pytest.mark.parametrize("text", ["latest", "2.15", ">=", ">=2.15 <3", ">=x"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(ValueError, match="is not a version specifier"):
        combined_core_range([">=2.15", text])
    assert core_requirement([">=2.15", text]) == "ansible-core>=2.15"


def test_a_range_that_no_core_meets_does_not_count() -> None:
    assert core_requirement(["<2.10", ">=2.17", "<2.20"]) == "ansible-core<2.20,>=2.17"
