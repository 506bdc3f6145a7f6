# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The bare expressions in the configuration of an inventory plugin.

Which these are say the documentation fragment ``constructed`` of ansible-core, whose options most plugins have, and
``inventory_filter`` of community.library_inventory_filtering_v1 for ``filters``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def constructed_expressions(document: Any) -> list[Any]:
    """The expressions in a source that names its plugin; none in any other."""
    if not isinstance(document, dict) or not isinstance(document.get("plugin"), str):
        return []
    mappings = (document.get("compose"), document.get("groups"))
    found = [value for mapping in mappings if isinstance(mapping, dict) for value in mapping.values()]
    found += (item.get("key") for item in _items(document.get("keyed_groups")))
    found += (item[key] for item in _items(document.get("filters")) for key in ("include", "exclude") if key in item)
    return found


def _items(value: Any) -> Iterator[dict[str, Any]]:
    yield from (item for item in (value if isinstance(value, list) else ()) if isinstance(item, dict))
