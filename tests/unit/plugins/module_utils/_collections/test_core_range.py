# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What several collections allow of ansible-core together."""

from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.core_range import (
    combined_range,
    core_requirement,
    is_empty,
)

#: Releases, and what could be one.
CORES = [f"2.{minor}.{patch}" for minor in range(9, 25) for patch in (0, 1, 5, 14)] + ["3.0.0", "0"]
RANGES = [
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
    (["===2.18.1", ">=2.17"], "===2.18.1,>=2.17"),
    (["===2.18.1", "<2.17"], "<2.17,===2.18.1"),
    ([""], ""),
    ([], ""),
]


@pytest.mark.parametrize(("ranges", "combined"), RANGES)
def test_the_combined_range_allows_what_all_allow(ranges: list[str], combined: str) -> None:
    assert combined_range(ranges) == combined
    sets = [SpecifierSet(text.strip().strip(",")) for text in ranges]
    both = [core for core in CORES if all(one.contains(core) for one in sets)]
    assert [core for core in CORES if SpecifierSet(combined).contains(core)] == both
    assert is_empty(combined) == (not both)
    assert core_requirement(ranges) == (f"ansible-core{combined}" if both and combined else None)


@pytest.mark.parametrize("text", ["latest", "2.15", ">=", ">=2.15 <3", ">=x"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(ValueError, match="is not a version specifier"):
        combined_range([">=2.15", text])
    assert core_requirement([">=2.15", text]) is None
