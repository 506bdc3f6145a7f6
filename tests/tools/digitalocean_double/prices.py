# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the provider offers and what it charges: the only home of prices in this repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: A droplet is billed by the second since 2026, but for no less than this.
MINIMUM_SECONDS = 60
MINIMUM_USD = 0.01
#: A month of the price list has so many hours.
_HOURS = 672


@dataclass(frozen=True)
class Size:
    """A size of droplets; the monthly price is the one that is published."""

    slug: str
    monthly: float
    vcpus: int
    memory_mib: int
    disk_gib: int
    transfer_tb: float
    available: bool = True

    @property
    def hourly(self) -> float:
        """The hourly price, as the API rounds it."""
        return round(self.monthly / _HOURS, 5)

    def document(self) -> dict[str, Any]:
        """What the API says about it."""
        return {
            "slug": self.slug,
            "memory": self.memory_mib,
            "vcpus": self.vcpus,
            "disk": self.disk_gib,
            "transfer": self.transfer_tb,
            "price_monthly": self.monthly,
            "price_hourly": self.hourly,
            "regions": sorted(region for region, name in REGIONS.items() if name) if self.available else [],
            "available": self.available,
            "description": self.slug.partition("-")[0].upper(),
        }


#: More than the 20 that a page holds when nothing is asked for. Copied from the public price list in 2026-09.
SIZES: Mapping[str, Size] = {
    size.slug: size
    for size in (
        Size("s-1vcpu-512mb-10gb", 4, 1, 512, 10, 0.5),
        Size("s-1vcpu-1gb", 6, 1, 1024, 25, 1),
        Size("s-1vcpu-1gb-amd", 7, 1, 1024, 25, 1),
        Size("s-1vcpu-1gb-intel", 7, 1, 1024, 25, 1),
        Size("s-1vcpu-2gb", 12, 1, 2048, 50, 2),
        Size("s-1vcpu-2gb-amd", 14, 1, 2048, 50, 2),
        Size("s-1vcpu-2gb-intel", 14, 1, 2048, 50, 2),
        Size("s-2vcpu-2gb", 18, 2, 2048, 60, 3),
        Size("s-2vcpu-2gb-amd", 21, 2, 2048, 60, 3),
        Size("s-2vcpu-2gb-intel", 21, 2, 2048, 60, 3),
        Size("s-2vcpu-4gb", 24, 2, 4096, 80, 4),
        Size("s-2vcpu-4gb-amd", 28, 2, 4096, 80, 4),
        Size("s-2vcpu-4gb-intel", 28, 2, 4096, 80, 4),
        Size("c-2", 42, 2, 4096, 25, 4),
        Size("s-4vcpu-8gb", 48, 4, 8192, 160, 5),
        Size("s-4vcpu-8gb-amd", 56, 4, 8192, 160, 5),
        Size("s-4vcpu-8gb-intel", 56, 4, 8192, 160, 5),
        Size("g-2vcpu-8gb", 63, 2, 8192, 25, 4),
        Size("c-4", 84, 4, 8192, 50, 5),
        Size("m-2vcpu-16gb", 84, 2, 16384, 50, 4),
        Size("s-8vcpu-16gb", 96, 8, 16384, 320, 6),
        Size("s-8vcpu-16gb-amd", 112, 8, 16384, 320, 6),
        Size("s-8vcpu-16gb-intel", 112, 8, 16384, 320, 6),
        Size("512mb", 5, 1, 512, 20, 1, available=False),
    )
}

#: A region and its name; an empty one makes no droplets any more.
REGIONS: Mapping[str, str] = {
    "ams3": "Amsterdam 3",
    "blr1": "Bangalore 1",
    "fra1": "Frankfurt 1",
    "lon1": "London 1",
    "nyc1": "New York 1",
    "nyc2": "",
    "nyc3": "New York 3",
    "sfo1": "",
    "sfo3": "San Francisco 3",
    "sgp1": "Singapore 1",
    "syd1": "Sydney 1",
    "tor1": "Toronto 1",
}

#: An image's slug, its distribution and its name.
IMAGES: Mapping[str, tuple[str, str]] = {
    "debian-12-x64": ("Debian", "12 x64"),
    "debian-13-x64": ("Debian", "13 x64"),
    "ubuntu-24-04-x64": ("Ubuntu", "24.04 (LTS) x64"),
}
_FIRST_IMAGE = 130_000_001


def cost(size: str, seconds: float) -> float:
    """What a droplet has cost in USD after so many seconds: never less than the minimum, in a month never more."""
    offered = SIZES[size]
    by_time = offered.hourly * max(seconds, MINIMUM_SECONDS) / 3600
    months = seconds // (_HOURS * 3600)
    return max(MINIMUM_USD, min(by_time, offered.monthly * (months + 1)))


def region(slug: str) -> dict[str, Any]:
    """What the API says about a region."""
    available = bool(REGIONS[slug])
    return {
        "slug": slug,
        "name": REGIONS[slug] or slug,
        "available": available,
        "features": ["metadata", "install_agent"],
        "sizes": sorted(size.slug for size in SIZES.values() if size.available) if available else [],
    }


def image(slug: str) -> dict[str, Any]:
    """What the API says about an image."""
    distribution, name = IMAGES[slug]
    return {
        "id": _FIRST_IMAGE + list(IMAGES).index(slug),
        "slug": slug,
        "name": name,
        "distribution": distribution,
        "public": True,
        "type": "base",
        "status": "available",
        "regions": sorted(place for place, offered in REGIONS.items() if offered),
        "min_disk_size": 7,
        "size_gigabytes": 1.2,
        "created_at": "2026-01-15T00:00:00Z",
        "description": f"{distribution} {name}",
        "tags": [],
    }
