# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Derived packages are enough, and none too many: plugins are imported in venvs of these alone, and of one less.

``make oracle-deps`` does it for any plugins.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from oracle_deps import FAILS, REMEMBERS, SAMPLE, UNSEEN, Derived, NamedPlugin, Oracle, Seen, community_package, derived

IPADDR = NamedPlugin("filter", "ansible.utils.ipaddr")
INI_FILE = NamedPlugin("module", "community.general.ini_file")


@pytest.fixture(name="seen", scope="module")
def fixture_seen(tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path) -> dict[Derived, Seen]:
    """What the plugins show, and two of them with requirements that are not theirs."""
    site = community_package()
    asked = [one for plugin in SAMPLE for one in derived(plugin, site, site / "ansible")]
    (ipaddr,) = [one for one in asked if one.plugin == IPADDR]
    (ini_file,) = [one for one in asked if one.plugin == INI_FILE]
    asked += [replace(ipaddr, required=()), replace(ini_file, required=("six",))]
    oracle = Oracle(
        tmp_path_factory.mktemp("oracle"), site, ["--offline", "--no-index", "--find-links", str(wheelhouse)]
    )
    return {one.derived: one for one in oracle.look(asked)}


def of(seen: dict[Derived, Seen], plugin: NamedPlugin, *required: str) -> Seen:
    (one,) = [one for asked, one in seen.items() if asked.plugin == plugin and asked.required == required]
    return one


def test_each_plugin_can_be_imported_and_misses_what_is_removed(seen: dict[Derived, Seen]) -> None:
    for plugin, requirements in SAMPLE.items():
        one = of(seen, plugin, *requirements)
        assert (plugin, one.error) == (plugin, "")
        assert (plugin, {how in (FAILS, REMEMBERS) for how in one.without.values()} - {True}) == (plugin, set())
        assert len(one.without) == len(requirements)


def test_a_requirement_that_was_not_derived_is_noticed(seen: dict[Derived, Seen]) -> None:
    assert "netaddr" in of(seen, IPADDR).missing
    assert any(guard.endswith(".HAS_NETADDR") for guard in of(seen, IPADDR).guards)
    assert "netaddr" not in of(seen, IPADDR, *SAMPLE[IPADDR]).missing


def test_a_requirement_that_is_none_is_noticed(seen: dict[Derived, Seen]) -> None:
    assert of(seen, INI_FILE, "six").without == {"six": UNSEEN}
