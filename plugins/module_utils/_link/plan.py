# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What has to be done so that a project links as wanted. Pure: everything that decides is an argument."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .link_path import Occupant


@dataclass(frozen=True)
class LinkState:
    """What is there.

    ``users_of``: paths of stores that list the project's link. ``isolated``: what the project's own isolated venv was
    asked to hold, None where there is none. ``spare``: whether nobody needs that one if the link leads elsewhere.
    """

    occupant: Occupant
    users_of: frozenset[str] = frozenset()
    isolated: Mapping[str, Any] | None = None
    spare: bool = False


@dataclass(frozen=True)
class WantedLink:
    """What shall be there.

    ``text``: what the link says, None for no link. ``user_of``: the store that shall list it, if any. ``isolated``:
    what the project's own isolated venv shall hold, None unless the link leads to it; ``builds``: whether it does not.
    """

    text: str | None
    user_of: str | None = None
    isolated: Mapping[str, Any] | None = None
    builds: bool = False


@dataclass(frozen=True)
class LinkPlan:
    """The steps, in the order in which they are taken, and the states that they lead from and to."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    builds: bool = False
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
        return bool(self.builds or links or self.register or self.forget or self.remove_spare)


def check_occupant(occupant: Occupant, *, replace: bool) -> None:
    """Raise :class:`InputError` where no link may be put."""
    if occupant.kind == "file":
        raise InputError(f"{occupant.path} is a file, where the link to the venv shall be: move it away")
    if occupant.kind == "directory" and not replace:
        raise InputError(
            f"{occupant.path} is a directory of its own and not a link: say 'replace: true' to move it to a backup "
            "beside it and put the link in its place"
        )


def plan_present(found: LinkState, wanted: WantedLink, *, replace: bool) -> LinkPlan:
    """The steps to a link as ``wanted``."""
    check_occupant(found.occupant, replace=replace)
    correct = found.occupant.kind == "link" and found.occupant.text == wanted.text
    goes = found.spare and wanted.isolated is None
    return LinkPlan(
        before=_before(found),
        after={
            **_before(found),
            "state": "link",
            "src": wanted.text,
            "users_of": [wanted.user_of] if wanted.user_of else [],
            "isolated": None if goes else wanted.isolated or found.isolated,
        },
        builds=wanted.builds,
        back_up=found.occupant.kind == "directory",
        link=None if correct else wanted.text,
        register=None if wanted.user_of in found.users_of else wanted.user_of,
        forget=tuple(sorted(found.users_of - {wanted.user_of})),
        remove_spare=goes,
    )


def plan_absent(found: LinkState) -> LinkPlan:
    """The steps to no link; a directory or a file stays."""
    unlink = found.occupant.kind == "link"
    return LinkPlan(
        before=_before(found),
        after={
            **_before(found),
            **({"state": "absent", "src": None} if unlink else {}),
            "users_of": [],
            "isolated": None if found.spare else found.isolated,
        },
        unlink=unlink,
        forget=tuple(sorted(found.users_of)),
        remove_spare=found.spare,
    )


def plan_nothing(found: LinkState) -> LinkPlan:
    """No steps: what is there is better than what could be put in its place."""
    return LinkPlan(before=_before(found), after=_before(found))


def _before(found: LinkState) -> dict[str, Any]:
    return {
        "path": found.occupant.path,
        "state": found.occupant.kind,
        "src": found.occupant.text,
        "users_of": sorted(found.users_of),
        "isolated": found.isolated,
    }
