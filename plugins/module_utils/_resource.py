# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The text of a module of this collection: a payload holds only ``.py`` files, so files to deliver are modules."""

from __future__ import annotations

import importlib.util

from ._errors import VenvError


def module_source(name: str) -> str:
    """The source of the module ``name``, also out of the archive that a host gets."""
    spec = importlib.util.find_spec(name)
    get_source = getattr(spec.loader, "get_source", None) if spec is not None else None
    source: str | bytes | None = get_source(name) if get_source is not None else None
    if source is None:
        raise VenvError(f"The source of {name} is not in this payload")
    # Ansible's own loader of collections gives bytes.
    return source.decode() if isinstance(source, bytes) else source
