# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The costs in the documentation are those that the API double charges, and that the collection computes.

Run as a program, it prints what the page must have.
"""

from __future__ import annotations

import pytest
from digitalocean_double import prices
from places import ROOT

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.reaping import MONTH_SECONDS, cost_of

PAGE = ROOT / "docs" / "how-to" / "torrent-on-a-droplet.md"
_DEFAULT = "s-1vcpu-1gb"
_SIZES = ("s-1vcpu-512mb-10gb", _DEFAULT, "s-1vcpu-2gb", "s-2vcpu-4gb", "s-4vcpu-8gb", "s-8vcpu-16gb")
_HOUR, _DAY = 3600, 24 * 3600
_TIMES = {"10 minutes": 600, "1 hour": _HOUR, "1 day": _DAY, "1 month": MONTH_SECONDS}


def table() -> str:
    """A row for each size, with what a droplet of it costs in each of the times."""
    head = ["size", "memory", "disk", "an hour", *_TIMES]
    rows = [head, ["---"] * len(head)]
    for slug in _SIZES:
        size = prices.SIZES[slug]
        costs = [f"${cost_of(size.hourly, seconds):.2f}" for seconds in _TIMES.values()]
        rows.append(
            [f"`{slug}`", f"{size.memory_mib / 1024:g} GiB", f"{size.disk_gib} GiB", f"${size.hourly:.5f}", *costs]
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def sentence() -> str:
    """What a droplet of the default size would have cost that nobody destroyed."""
    day, month = (cost_of(prices.SIZES[_DEFAULT].hourly, seconds) for seconds in (_DAY, MONTH_SECONDS))
    return (
        f"A forgotten droplet of the size `{_DEFAULT}` would cost **${day:.2f} in a day and ${month:.2f} in a month**"
    )


@pytest.mark.parametrize("expected", [table(), sentence()], ids=["table", "sentence"])
def test_the_page_has_what_is_charged(expected: str) -> None:
    assert expected in PAGE.read_text(), f"write this into {PAGE.name}:\n{expected}"


@pytest.mark.parametrize("slug", _SIZES)
@pytest.mark.parametrize("seconds", [1, *_TIMES.values()])
def test_the_collection_computes_what_the_double_charges(slug: str, seconds: int) -> None:
    assert cost_of(prices.SIZES[slug].hourly, seconds) == pytest.approx(prices.cost(slug, seconds), abs=0.01)


if __name__ == "__main__":
    print(table(), sentence(), sep="\n\n")
