# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What has to be done so that a project links as wanted. Pure: everything that decides is an argument."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .link_path import check_occupant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .link_path import Occupant


@dataclass(frozen=True)
class LinkState:
    """What is there.

    ``registered_in``: paths of stores that list the project's link. ``isolated``: the directory of the project's own
    isolated venv, None where there is none. ``spare``: whether nothing needs that one if the link leads elsewhere.
    """

    occupant: Occupant
    registered_in: frozenset[str] = frozenset()
    isolated: str | None = None
    spare: bool = False


@dataclass(frozen=True)
class WantedLink:
    """What shall be there.

    ``text``: what the link says. ``register_in``: the store that shall list it, if any. ``is_isolated``: whether it
    leads to the project's own isolated venv.
    """

    text: str
    register_in: str | None = None
    is_isolated: bool = False


@dataclass(frozen=True)
class LinkPlan:
    """The steps, in the order in which they are taken, and the states that they lead from and to."""

    path: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    back_up: bool = False
    link: str | None = None
    unlink: bool = False
    register: str | None = None
    forget: tuple[str, ...] = field(default=())
    remove_spare: bool = False

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        links = self.back_up or self.link is not None or self.unlink
        return bool(links or self.register or self.forget or self.remove_spare)


def plan_present(found: LinkState, wanted: WantedLink, *, replace: bool) -> LinkPlan:
    """The steps to a link as ``wanted``."""
    check_occupant(found.occupant, replace=replace)
    correct = found.occupant.kind == "link" and found.occupant.text == wanted.text
    goes = found.spare and not wanted.is_isolated
    return LinkPlan(
        found.occupant.path,
        before=_before(found),
        after={
            "state": "link",
            "src": wanted.text,
            "registered_in": [wanted.register_in] if wanted.register_in else [],
            "isolated": None if goes else found.isolated,
        },
        back_up=found.occupant.kind == "directory",
        link=None if correct else wanted.text,
        register=None if wanted.register_in in found.registered_in else wanted.register_in,
        forget=tuple(sorted(found.registered_in - {wanted.register_in})),
        remove_spare=goes,
    )


def plan_absent(found: LinkState) -> LinkPlan:
    """The steps to no link; a directory or a file stays."""
    unlink = found.occupant.kind == "link"
    return LinkPlan(
        found.occupant.path,
        before=_before(found),
        after={
            **_before(found),
            **({"state": "absent", "src": None} if unlink else {}),
            "registered_in": [],
            "isolated": None if found.spare else found.isolated,
        },
        unlink=unlink,
        forget=tuple(sorted(found.registered_in)),
        remove_spare=found.spare,
    )


def _before(found: LinkState) -> dict[str, Any]:
    return {
        "state": found.occupant.kind,
        "src": found.occupant.text,
        "registered_in": sorted(found.registered_in),
        "isolated": found.isolated,
    }
