# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What has to travel from the controller to the host, and what the module's parameters are called there.

The project travels as an archive. What is not in the project, and files of passwords and keys wherever they are, travel
apart from it, as private files.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from .._errors import InputError
from .._paths import is_host_list
from .archive_contents import ArchiveContents
from .archive_size import check_size
from .config import search_paths_outside, secret_files
from .options import COLLECTION, SEARCHED, SECRET_FILES
from .own_collection import parts_of_collection
from .project_files import is_inside

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from .options import RunRequest, VaultSource

PROJECT = "project"
BESIDE = "beside"
ENVIRONMENT_FILE = f"{BESIDE}/environment.json"
_OWN_COLLECTION = "collection"
_BESIDE_INVENTORY = ("group_vars", "host_vars")


class UsedFiles(NamedTuple):
    """What a playbook uses, as paths in its project: what it names, and what Ansible only looks for beside it."""

    named: Collection[str] = ()
    beside: Collection[str] = ()


@dataclass
class Shipment:
    """An archive to be, and the parameters that name its files; their paths start at the root of the archive.

    ``private`` are files by their names that go to the same place, but not in the archive. ``credentials`` are paths of
    the project that are left out, because nobody named them.
    """

    contents: ArchiveContents = field(default_factory=ArchiveContents)
    private: dict[str, str] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    credentials: tuple[str, ...] = ()

    @property
    def outside(self) -> list[str]:
        """What is outside of the project and goes along: its configuration names it, or a link leads there."""
        return self.contents.outside

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return self.contents.size + sum(map(os.path.getsize, self.private.values()))

    @property
    def files(self) -> int:
        """The number of files and links."""
        return self.contents.files + len(self.private)


def plan_shipment(
    request: RunRequest,
    *,
    limit: int,
    whole: bool,
    named: Callable[[], UsedFiles],
    admit: Callable[[str, str], None],
    collection: str | None = None,
) -> Shipment:
    """Decide what is shipped: the project, and beside it whatever else was named. Reads no file's content.

    Without ``whole`` only what the playbook uses is taken from the project: the paths in it that ``named`` gives. Those
    that are named are also how credentials in a whole project are shipped. ``limit`` is in MiB. ``admit`` raises for
    what is never shipped of that which a trusted project has outside of it, see :class:`ArchiveContents`.
    ``collection``: where this one is, if it goes along. Raises :class:`InputError` for what cannot be shipped.
    """
    shipment = Shipment(ArchiveContents(admit if request.trusted else None))
    contents = shipment.contents
    if whole:
        _add_whole_project(contents, request, named)
    else:
        _add_part_of_project(contents, request, named)
    playbook = contents.name_of(request.playbook)
    if playbook is None:
        raise InputError(f"playbook: {request.playbook} is not in the project directory {request.project}")
    shipment.params = {
        "playbook": playbook,
        "project": PROJECT,
        "chdir": contents.name_of(request.chdir) or PROJECT,
        "inventory": [
            _ship_inventory(shipment, source, number, project=request.project)
            for number, source in enumerate(request.inventory)
        ],
        "vault_password_files": [
            _ship_vault(shipment, source, number) for number, source in enumerate(request.vault_passwords)
        ],
        "extra_vars_files": [
            _ship(shipment, path, f"extra_vars{number}") for number, path in enumerate(request.extra_vars_files)
        ],
    }
    _ship_outside(shipment, request)
    for option in SECRET_FILES:
        path = getattr(request, option)
        shipment.params[option] = _ship_secret(shipment, path, option) if path else None
    _keep_out_secrets(shipment, request)
    check_size(contents, limit, what=f"project: {request.project}", beside=shipment.size - contents.size)
    if collection is not None:
        shipment.params[COLLECTION] = _ship_collection(contents, collection)
    left_out = (path for path in dict.fromkeys(contents.credentials) if contents.name_of(path) is None)
    shipment.credentials = tuple(left_out)
    return shipment


def _add_whole_project(contents: ArchiveContents, request: RunRequest, named: Callable[[], UsedFiles]) -> None:
    """Add all of the project but credentials, and of these the ones that are named."""
    contents.add_tree(request.project, PROJECT)
    if is_inside(request.playbook, request.project):
        contents.add_named(request.playbook, root=request.project, name=PROJECT)
    contents.follow_links()
    for name in named().named if contents.credentials else ():
        path = os.path.join(request.project, name)
        if contents.is_left_out(path):
            contents.add_named(path, root=request.project, name=PROJECT)
    contents.follow_links()


def _add_part_of_project(contents: ArchiveContents, request: RunRequest, named: Callable[[], UsedFiles]) -> None:
    """Add what is named, what Ansible finds beside the playbook, and directories in which artifacts are made."""
    contents.add_directory(request.project, PROJECT)
    for path in _directories_of_artifacts(request):
        contents.add_directory(path, f"{PROJECT}/{os.path.relpath(path, request.project)}")
    if is_inside(request.playbook, request.project):
        contents.add_named(request.playbook, root=request.project, name=PROJECT)
    used = named()
    for names, is_named in ((used.named, True), (used.beside, False)):
        for name in names:
            path = os.path.join(request.project, name)
            contents.add_named(path, root=request.project, name=PROJECT, is_named=is_named)
    contents.follow_links()


def _ship_collection(contents: ArchiveContents, collection: str) -> str:
    contents.add_directory(collection, _OWN_COLLECTION)
    for part in parts_of_collection(collection):
        contents.add_named(os.path.join(collection, part), root=collection, name=_OWN_COLLECTION)
    contents.follow_links()
    return _OWN_COLLECTION


def _ship_outside(shipment: Shipment, request: RunRequest) -> None:
    """Directories of roles and plugins that lie elsewhere: the run finds them by the variables that list them."""
    contents = shipment.contents
    searched: dict[str, list[str]] = {}
    for name, paths in search_paths_outside(request, home=os.path.expanduser("~")).items():
        for path in map(os.path.realpath, paths):
            if contents.known.has(path):
                contents.credentials.append(path)
            elif contents.name_of(path) is None and not is_inside(path, request.project):
                place = f"{BESIDE}/outside{len(contents.outside)}/{os.path.basename(path)}"
                contents.add_outside(path, place, by="ansible.cfg")
                contents.follow_links()
            shipped = contents.name_of(path)
            searched.setdefault(name, []).extend([] if shipped is None else [shipped])
    shipment.params[SEARCHED] = searched


def _keep_out_secrets(shipment: Shipment, request: RunRequest) -> None:
    """Files of passwords and keys that the configuration names keep their places, and go apart."""
    for path in secret_files(request, home=os.path.expanduser("~")):
        _send_apart(shipment, path)


def _directories_of_artifacts(request: RunRequest) -> Iterator[str]:
    """The existing directories of the project in which artifacts are made."""
    for pattern in request.artifacts:
        path = request.project
        for part in pattern.split("/")[:-1]:
            path = os.path.join(path, part)
            if os.path.islink(path) or not os.path.isdir(path):
                break
            yield path


def _ship(shipment: Shipment, path: str, directory: str) -> str:
    """The name of a file on the host; one that is not in the project is put beside it, under its own name."""
    name = shipment.contents.name_of(path)
    if name is None:
        name = f"{BESIDE}/{directory}/{os.path.basename(path)}"
        shipment.private[name] = path
    return name


def _ship_secret(shipment: Shipment, path: str, directory: str) -> str:
    """As another file, but never in the archive."""
    name = _ship(shipment, path, directory)
    _send_apart(shipment, path)
    return name


def _send_apart(shipment: Shipment, path: str) -> None:
    """A file that is in the archive goes as a private one instead, to the same place; ``path`` may lead there."""
    real = os.path.realpath(path)
    for name in shipment.contents.withdraw(real):
        shipment.private[name] = real


def _ship_vault(shipment: Shipment, source: VaultSource, number: int) -> str:
    name = _ship_secret(shipment, source.path, f"vault{number}")
    return name if source.label is None else f"{source.label}@{name}"


def _ship_inventory(shipment: Shipment, source: str, number: int, *, project: str) -> str:
    """An inventory keeps the variables that lie beside it, and its place in the project."""
    if is_host_list(source):
        return source
    contents = shipment.contents
    if is_inside(source, project) and source != project and contents.name_of(source) is None:
        beside = (os.path.join(os.path.dirname(source), neighbour) for neighbour in _BESIDE_INVENTORY)
        for path in (source, *beside):
            contents.add_named(path, root=project, name=PROJECT)
        contents.follow_links()
    name = contents.name_of(source)
    if name is not None:
        return name
    directory = f"{BESIDE}/inventory{number}"
    if os.path.isdir(source):
        name = f"{directory}/{os.path.basename(source)}"
        contents.add_tree(os.path.realpath(source), name)
        contents.follow_links()
        return name
    for neighbour in _BESIDE_INVENTORY:
        path = os.path.join(os.path.dirname(source), neighbour)
        if os.path.isdir(path):
            contents.add_tree(os.path.realpath(path), f"{directory}/{neighbour}")
    contents.follow_links()
    return _ship(shipment, source, f"inventory{number}")
