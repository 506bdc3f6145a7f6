# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Prices have one home, and are billed as the provider bills."""

from __future__ import annotations

import re

import pytest
from ansible_test import checkout_files
from digitalocean_double import DigitalOceanDouble, prices
from places import ROOT

_HOME = "tests/tools/digitalocean_double/prices.py"


def test_a_price_list_needs_more_than_one_page() -> None:
    assert len(prices.SIZES) > 20
    assert any(not size.available for size in prices.SIZES.values())


@pytest.mark.parametrize("size", prices.SIZES.values(), ids=list(prices.SIZES))
def test_a_month_of_hours_costs_what_a_month_costs(size: prices.Size) -> None:
    assert size.hourly * 672 == pytest.approx(size.monthly, rel=0.001)
    assert size.document()["price_hourly"] == size.hourly
    assert size.memory_mib % 8 == 0


@pytest.mark.parametrize(
    ("size", "seconds", "usd"),
    [
        ("s-1vcpu-1gb", 0, 0.01),
        ("s-1vcpu-1gb", 3600, 0.01),
        ("s-1vcpu-1gb", 2 * 3600, 2 * 0.00893),
        ("s-8vcpu-16gb", 1, 0.01),
        ("s-8vcpu-16gb", 1800, 0.14286 / 2),
        ("s-1vcpu-1gb", 672 * 3600 - 1, 6),
        ("s-1vcpu-1gb", 2 * 672 * 3600 - 1, 12),
    ],
)
def test_cost(size: str, seconds: float, usd: float) -> None:
    assert prices.cost(size, seconds) == pytest.approx(usd, rel=0.001)


def test_what_a_forgotten_droplet_has_cost_in_a_day() -> None:
    with DigitalOceanDouble(token="x") as double:
        double.add_droplets(2, age=24 * 3600)
        assert double.cost() == pytest.approx(2 * prices.cost("s-1vcpu-1gb", 24 * 3600), rel=0.01)


def test_no_other_file_states_what_a_size_costs() -> None:
    stated = re.compile(r"price_(hourly|monthly)\W{1,4}\d")
    found = [
        name
        for name in checkout_files()
        if name.endswith((".py", ".yml", ".j2", ".json"))
        and name != _HOME
        and not name.startswith("docs/")
        and stated.search((ROOT / name).read_text(errors="replace"))
    ]
    assert found == []
