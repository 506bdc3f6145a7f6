# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The saved profiles of the gate: which of them a key sees and may run with."""

from __future__ import annotations

from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import listed, shortened

from .._profiles.directory import SavedProfiles
from .._profiles.listing import list_profiles
from .answers import GateError
from .grammar import is_name
from .run_state import MAX_ERROR
from .settings import GateKey, GateSettings

#: What is shown of a use: its playbook is a path of the run of some key.
_SHOWN_OF_A_USE = ("at", "host")


def saved_profiles(settings: GateSettings) -> SavedProfiles:
    """Those that the role wrote, with the uses that runs note, whatever the environment of the connection says."""
    return SavedProfiles(settings.file["profiles"], settings.file["environment"])


def profiles_of(settings: GateSettings, key: GateKey) -> list[dict[str, Any]]:
    """Each profile that the key may use, with its last use, or with the reason why it cannot be used."""
    profiles = saved_profiles(settings)
    return [_shown(one, _problem(profiles, one["name"])) for one in list_profiles(profiles, _names(profiles, key))]


def check_profile(settings: GateSettings, key: GateKey, name: str | None, *, waiting: str | None = None) -> None:
    """Raise :class:`GateError` where the key may not run with that profile, or without one, or it cannot be used.

    ``waiting`` is the id of the run that uses it, which was sent before.
    """
    if name is None:
        if key["profiles"]:
            raise GateError(
                "run: this key may only run with a profile: add --profile NAME; `profiles` shows those it may",
                code="forbidden",
            )
        return
    if key["profiles"] and name not in key["profiles"]:
        raise GateError(
            f"run: this key may not use the profile {name}; `profiles` shows those it may", code="forbidden"
        )
    profiles = saved_profiles(settings)
    known = _names(profiles, key)
    if name not in known and waiting is not None:
        raise GateError(
            f"run: there is no profile {name} any more; cancel the run (cancel {waiting}), or let the owner of the "
            "gate add it to phone_gate_profiles again and confirm it then",
            code="profile",
        )
    if name not in known:
        raise GateError(f"run: there is no profile {name}; there are: {listed(known) or 'none'}", code="profile")
    problem = _problem(profiles, name)
    if problem is not None:
        again = "" if waiting is None else f". Then confirm the run again, or cancel it (cancel {waiting})"
        raise GateError(f"run: the profile {name} cannot be used: {problem}{again}", code="profile")


def _problem(profiles: SavedProfiles, name: str) -> str | None:
    """Why a profile cannot be used, and what to do; None where it can."""
    from .._profiles.chosen import saved_profile

    try:
        saved_profile(profiles, name, profiles.texts(name))
    except VenvError as error:
        return f"{error.message}. The owner of the gate corrects it in phone_gate_profiles and applies the role again"
    return None


def _names(profiles: SavedProfiles, key: GateKey) -> list[str]:
    return [name for name in profiles.names() if is_name(name) and (not key["profiles"] or name in key["profiles"])]


def _shown(one: dict[str, Any], problem: str | None) -> dict[str, Any]:
    use = one["last_used"]
    return {
        "name": one["name"],
        "saved": _shortened(one["saved"]),
        "last_used": None if use is None else {name: shortened(use[name]) for name in _SHOWN_OF_A_USE},
        "problem": _shortened(problem or one["problem"], MAX_ERROR),
    }


def _shortened(text: str | None, *limit: int) -> str | None:
    return None if text is None else shortened(text, *limit)
