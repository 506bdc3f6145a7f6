# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where to keep what is fetched only to find something out."""

from __future__ import annotations

import os

from .._store.store import Store


def lookup_store(store: Store, *, scratch: str | None) -> Store:
    """The store whose caches are used: ``store``, or where this user cannot write it one in the directory ``scratch``.

    Without ``scratch`` it is ``store``, which is made where it is not there.
    """
    found = store if scratch is None or store.is_own() else Store(os.path.join(scratch, "store"))
    found.prepare()
    return found
