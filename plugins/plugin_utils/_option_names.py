# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Messages name options of modules; people set them by other names: variables of a role, options of the command."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: Only shared_venv and run_playbook send wheels of the controller.
_WHEELS = re.compile(
    r",? or(?:,(?: if the wheels are)? on the controller,)?(?: into the directory of| set)? the option 'wheels'"
    r"(?: to their directory)?"
)
#: What the validator of ansible-core says of options that are given, or missing, together.
_TOGETHER = ("parameters are mutually exclusive: ", "missing parameter(s) required by ")


def in_words_of_the_user(message: str, names: Mapping[str, str]) -> str:
    """``message`` with each option that ``names`` has replaced by what sets it.

    A plain word is an option only where a message starts with it, or where it stands as ``the option 'offline'``.
    """
    if "wheels" not in names:
        message = _WHEELS.sub("", message)
    if message.startswith(_TOGETHER):
        return re.sub(rf"\b({'|'.join(names)})\b", lambda found: names[found[1]], message)
    plain = "|".join(name for name in names if "_" not in name)
    compound = "|".join(name for name in names if "_" in name)
    named = re.sub(rf"\bthe option '({plain})'", lambda found: names[found[1]], message)
    named = re.sub(rf"^({plain})(?=: )", lambda found: names[found[1]], named)
    return re.sub(rf"(?<![\w/.-])({compound})(?![\w/-])", lambda found: names[found[1]], named)
