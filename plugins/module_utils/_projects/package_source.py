# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What to do where a file says where packages come from, in whatever format it says so: the task decides that."""

from __future__ import annotations

from .._packaging.address import public

_SHOWN = 200


def other_index(statement: str, url: str) -> str:
    """Why ``statement`` is refused, which names an index that is not that of the task."""
    return (
        f"{statement} names {_address(url) or 'an index'}, and requirement files cannot select an index; set index_url "
        "to that address, or remove it from the file (all packages come from one index)"
    )


def other_links(statement: str, place: str) -> str:
    """Why ``statement`` is refused, which names a directory of wheels, or a page of links to wheels."""
    absolute = "" if "://" in place or place.startswith("/") else ", as an absolute path"
    return (
        f"{statement} names {_address(place) or 'a directory or a page of wheels'}, and requirement files cannot "
        f"select one; remove it from the file, and add it to find_links{absolute}"
    )


def no_index(statement: str) -> str:
    """Why ``statement`` is refused, which forbids the index."""
    return f"{statement} forbids the index; remove it from the file, and set the option 'offline' and find_links"


def _address(url: str) -> str:
    """``url`` without what can be a secret, empty where that cannot be told apart."""
    return "" if "@" in url and "://" not in url else public(url)[:_SHOWN]
