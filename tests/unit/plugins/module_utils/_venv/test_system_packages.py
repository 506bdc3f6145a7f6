# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which system packages are for a host; the expected answers are those of bindep 2.14."""

from __future__ import annotations

import pytest
from ansible.module_utils import distro

from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.system_packages import (
    host_platform,
    names_for_host,
    platform_names,
)

DEBIAN = platform_names("debian", version="12", codename="bookworm")
ROCKY = platform_names("rocky", version="9.4", codename="Blue Onyx")


@pytest.mark.parametrize(
    ("line", "on_debian", "on_rocky"),
    [
        ("git", True, True),
        ("git [platform:dpkg]", True, False),
        ("git [platform:rpm]", False, True),
        ("git [platform:dpkg platform:rpm]", True, True),
        ("git [!platform:dpkg]", False, True),
        ("git [!platform:gentoo]", True, True),
        ("git [platform:debian-12]", True, False),
        ("git [platform:debian-bookworm]", True, False),
        ("git [platform:debian-11]", False, False),
        ("git [platform:redhat]", False, True),
        ("git [platform:rocky-9]", False, True),
        ("git [platform:rocky-9.4 !platform:rocky-9]", False, False),
        ("git [platform:base-py3]", True, True),
        ("git [platform:base-py2]", False, False),
        ("git [platform:centos-8 platform:rhel-8]", False, False),
        ("git [test]", False, False),
        ("git [compile platform:dpkg]", False, False),
        ("git [default platform:dpkg]", True, False),
        ("git [!test]", True, True),
        ("git [test default]", True, True),
        ("git [(platform:dpkg default)]", True, False),
        ("git [(platform:dpkg test)]", False, False),
        ("git [(platform:dpkg !test) (platform:rpm test)]", True, False),
        ("git [(!platform:dpkg)]", False, True),
        ("git >=2", True, True),
        ("git [platform:dpkg] >=2.0,<3", True, False),
    ],
)
def test_selectors(line: str, on_debian: bool, on_rocky: bool) -> None:
    assert names_for_host([line], DEBIAN) == (["git"] if on_debian else [])
    assert names_for_host([line], ROCKY) == (["git"] if on_rocky else [])


@pytest.mark.parametrize(("group", "named"), [("platform:redhat !test", True), ("platform:redhat test", False)])
def test_a_group_where_no_system_is_known(group: str, named: bool) -> None:
    assert names_for_host([f"git [({group})]"], frozenset()) == ([f"git [({group})]"] if named else [])


def test_each_name_stands_once() -> None:
    lines = ["python3-ldap [platform:dpkg]", "git", "git [platform:dpkg]", "python3-ldap [platform:debian]"]
    assert names_for_host(lines, DEBIAN) == ["git", "python3-ldap"]


@pytest.mark.parametrize(
    ("ident", "version", "names"),
    [
        ("ubuntu", "24.04", {"ubuntu", "ubuntu-24", "ubuntu-24.04", "ubuntu-noble", "dpkg"}),
        ("redhatenterpriseserver", "8.1", {"rhel", "rhel-8", "rhel-8.1", "redhat", "rpm"}),
        ("opensuse-leap", "15.5", {"opensuse", "opensuse-15", "opensuseproject", "suse", "rpm"}),
        ("sles", "15", {"suselinux", "suselinux-15", "suse", "rpm"}),
        ("amzn", "2023", {"amazonami-2023", "redhat", "rpm"}),
        ("arch", "", {"arch", "pacman"}),
        ("alpine", "3.20.1", {"alpine-3.20", "apk"}),
    ],
)
def test_the_names_of_a_system(ident: str, version: str, names: set[str]) -> None:
    assert platform_names(ident, version=version, codename="noble" if ident == "ubuntu" else "") >= names


def test_where_the_family_is_not_known_nothing_is_left_out() -> None:
    nothing = platform_names("mint", version="1", codename="")
    lines = ["git [platform:rpm]", "curl [test]", "git [platform:dpkg]"]
    assert names_for_host(lines, nothing) == ["git [platform:dpkg]", "git [platform:rpm]"]


def test_by_default_it_is_this_host(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"id": "Fedora", "version": "41", "codename": ""}.items():
        monkeypatch.setattr(distro, name, lambda value=value: value)
    assert {"fedora", "fedora-41", "rpm", "redhat"} <= host_platform()
    assert names_for_host(["a [platform:rpm]", "b [platform:dpkg]"]) == ["a"]
