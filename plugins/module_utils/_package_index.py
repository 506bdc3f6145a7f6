# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where Python packages come from, as options say it and as uv hears it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The part of an argument spec that goes with the documentation fragment ``package_index``.
INDEX_ARGUMENTS: dict[str, dict[str, Any]] = {
    "index_url": {"type": "str", "no_log": True},
    "find_links": {"type": "list", "elements": "str", "default": []},
    "offline": {"type": "bool", "default": False},
}


@dataclass(frozen=True)
class PackageIndex:
    """Where packages come from. ``index_url`` None is the installer's own default; ``offline`` forbids the network."""

    index_url: str | None = None
    find_links: tuple[str, ...] = ()
    offline: bool = False

    def __post_init__(self) -> None:
        for place in self.find_links:
            if "," in place:
                raise InputError(f"find_links: {place!r} has a comma in it, which uv takes for a separator; rename it")
            if "@" in urlsplit(place).netloc:
                raise InputError("find_links: an address with a password is shown in logs; put it into index_url")

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> PackageIndex:
        """As the options of :data:`INDEX_ARGUMENTS` say; raises :class:`InputError` for what uv would misread."""
        return cls(options["index_url"], tuple(options["find_links"]), options["offline"])

    def environment(self) -> dict[str, str]:
        """The ``UV_*`` variables that say it."""
        variables = {}
        if self.index_url:
            variables["UV_DEFAULT_INDEX"] = self.index_url
        if self.find_links:
            variables["UV_FIND_LINKS"] = ",".join(self.find_links)
        if self.offline:
            variables["UV_OFFLINE"] = "1"
            variables["UV_NO_INDEX"] = "1" if self.find_links else "0"
        return variables
