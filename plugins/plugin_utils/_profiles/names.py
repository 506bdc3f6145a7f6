# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is a path by its form, and what can be the name of a saved profile: no text is both.

A path has a ``/``, begins with ``.`` or ``~``, or ends like a YAML file. Any other text is a name, or a file of the
current directory if there is one; where there are both, neither takes the place of the other.
"""

from __future__ import annotations

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._paths import check_name

#: By these a path of a file is told from the name of a profile.
ENDINGS = (".yml", ".yaml", ".json")
#: Where collections come from if neither the user nor the profile says it.
DEFAULT_SOURCE = "galaxy"


def is_path(given: str) -> bool:
    """Whether ``given`` has the form of a path."""
    return "/" in given or given.startswith((".", "~")) or given.endswith(ENDINGS)


def is_profile_name(text: str) -> bool:
    """Whether a profile can be called so: the name of one directory, which is not taken for a path."""
    try:
        return check_name(text) == text and not is_path(text)
    except InputError:
        return False
