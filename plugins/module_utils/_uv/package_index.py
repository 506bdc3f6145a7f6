# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where Python packages come from, as options say it and as uv hears it.

A name that is in ``find_links`` comes from there only, whatever versions another index has of it: else whoever can
upload to that index could replace a private package by a newer one of the same name.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from .._errors import InputError
from .._packaging.address import public

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableSet

#: The part of an argument spec that goes with the documentation fragment ``package_index``.
INDEX_ARGUMENTS: dict[str, dict[str, Any]] = {
    "index_url": {"type": "str", "no_log": True},
    "find_links": {"type": "list", "elements": "str", "default": []},
    "offline": {"type": "bool", "default": False},
}


#: uv asks indexes in their order, and takes all versions of a name from the first that has the name.
_FLAT_INDEX = '[[index]]\nurl = {}\nformat = "flat"\n'


@dataclass(frozen=True)
class PackageIndex:
    """Where packages come from. ``index_url`` None is the installer's own default; ``offline`` forbids the network.

    ``find_links`` are directories, and addresses of pages, that are asked before it, in their order.
    """

    index_url: str | None = None
    find_links: tuple[str, ...] = ()
    offline: bool = False

    def __post_init__(self) -> None:
        if self.index_url is not None:
            _check_index_url(self.index_url)
        for place in self.find_links:
            if not place or not place.isprintable():
                raise InputError(f"find_links: {place!r} is neither a directory nor the URL of a page; correct it")
            try:
                address = urlsplit(place)
            except ValueError as error:
                raise InputError(f"find_links: {place!r} is not an address: {error}; correct it") from error
            if not address.scheme and not os.path.isabs(os.path.expanduser(place)):
                raise InputError(f"find_links: {place!r} is a relative path; give an absolute path")
            if "@" in address.netloc:
                raise InputError("find_links: an address with a password is shown in logs; use it in index_url")

    @classmethod
    def of(cls, options: Mapping[str, Any], *, masked: MutableSet[str] | None = None) -> PackageIndex:
        """As the options of :data:`INDEX_ARGUMENTS` say; raises :class:`InputError` for what uv would misread.

        ``masked`` are the texts that Ansible hides in results. An address that holds no secret is taken out of them:
        what cannot be reached is to be read in the message.
        """
        address = options["index_url"]
        if masked is not None and address and public(address) == address and "@" not in address:
            masked.discard(address)
        return cls(options["index_url"], tuple(options["find_links"]), options["offline"])

    def check_directories(self) -> None:
        """Raise :class:`InputError` where a directory of ``find_links`` is not on this host."""
        for directory in filter(None, map(directory_of, self.find_links)):
            check_is_here(directory)

    def option_of(self, url: str) -> str | None:
        """The option because of which ``url`` was read; None where it was none, but the installer's own default."""
        address = public(url)
        if any(
            address.startswith(public(place).rstrip("/")) for place in self.find_links if directory_of(place) is None
        ):
            return "find_links"
        return "index_url" if self.index_url else None

    def environment(self) -> dict[str, str]:
        """The ``UV_*`` variables that say it, but for ``find_links``."""
        variables = {"UV_INDEX_STRATEGY": "first-index"}
        if self.index_url:
            variables["UV_DEFAULT_INDEX"] = self.index_url
        if self.offline:
            variables["UV_OFFLINE"] = "1"
            variables["UV_NO_INDEX"] = "1" if self.find_links else "0"
        return variables

    def configuration(self) -> str:
        """The ``uv.toml`` that says ``find_links``: uv's option of that name would mix them with the index."""
        return "".join(_FLAT_INDEX.format(json.dumps(_address(place), ensure_ascii=False)) for place in self.find_links)


def _check_index_url(url: str) -> None:
    """Raise :class:`InputError` for what uv would take for an index without packages."""
    shown = repr(url.rpartition("@")[2].partition("?")[0][:200])
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_web, parts = False, urlsplit("")
    path = unquote(parts.path)
    if parts.scheme == "file" and not os.path.isdir(path):
        raise InputError(f"index_url: the directory {path} does not exist on this host; correct the address")
    if not (is_web or parts.scheme == "file") or not url.isprintable() or " " in url:
        raise InputError(
            f"index_url: {shown} is not the address of a package index, such as https://mirror.example/simple; "
            "correct it"
        )


def _address(place: str) -> str:
    """``place`` as a URL; raises :class:`InputError` for what uv would take for a directory without wheels."""
    path = directory_of(place)
    if path is None:
        return place
    if os.path.lexists(path) and not os.path.isdir(path):
        raise InputError(f"find_links: {path} is not a directory; use the directory of the wheels")
    return Path(path).as_uri()


def check_is_here(directory: str) -> None:
    """Raise :class:`InputError` where a directory that ``find_links`` names is not on this host."""
    if not os.path.lexists(directory):
        raise InputError(
            f"find_links: the directory {directory} does not exist on this host; correct the path, or, if the wheels "
            "are on the controller, set the option 'wheels' to their directory"
        )


def directory_of(place: str) -> str | None:
    """The absolute path of the directory that an entry of ``find_links`` means; None where it is a page."""
    parts = urlsplit(place)
    if parts.scheme in ("http", "https"):
        return None
    return unquote(parts.path) if parts.scheme == "file" else os.path.abspath(os.path.expanduser(place))
