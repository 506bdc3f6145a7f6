# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A run as it looks on the controller, and the archive of what it needs elsewhere, which is said before it is sent."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import ansible
from ansible.utils.display import Display

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._paths import is_host_list
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.archive_size import in_mib
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.options import RunRequest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.pack import pack_entries
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.private_files import (
    PRIVATE_FILES,
    pack_private_files,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.shipping import (
    ENVIRONMENT_FILE,
    Shipment,
    UsedFiles,
    plan_shipment,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import listed, printable
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import DEFAULT_STORE
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.walk import real_link

from .._deps.sandbox import files_of_playbook
from .._mount import COLLECTION
from .project import check_shippable, find_project

#: What a result has of a run for which nothing was sent.
NOTHING_SENT: Mapping[str, Any] = {"shipped": 0, "shipped_files": 0, "shipped_outside": [], "not_shipped": []}


@dataclass(frozen=True)
class PlacedRequest:
    """A request whose paths are those of the controller, and whether its project is one as a ``whole``."""

    request: RunRequest
    whole: bool


@dataclass(frozen=True)
class PackedShipment:
    """The archive at ``path``, the file ``private`` if there are private files, the parameters of the module that go
    with them, and what a result has of it.
    """

    path: str
    private: str | None
    params: Mapping[str, Any]
    sent: Mapping[str, Any]


def place(params: Mapping[str, Any], *, current: str) -> PlacedRequest:
    """The request of ``params``; relative paths start at the directory ``current``, links on the way are resolved."""
    filled = {**params, "chdir": params["chdir"] or current}
    whole = True
    if not params["project"]:
        found = find_project(os.path.expanduser(params["playbook"]), current=current)
        filled.update(project=found.directory, playbook=found.path)
        whole = found.marked
    request = RunRequest.from_params(filled, base=os.path.realpath(current), check=False, diff=False)
    request.check_files()
    placed = replace(
        request,
        playbook=real_link(request.playbook),
        project=os.path.realpath(request.project),
        chdir=os.path.realpath(request.chdir),
        inventory=tuple(source if is_host_list(source) else real_link(source) for source in request.inventory),
        extra_vars_files=tuple(map(real_link, request.extra_vars_files)),
    )
    # An inventory that is the directory itself names all of it.
    return PlacedRequest(placed, whole or placed.project in map(os.path.realpath, placed.inventory))


def pack(placed: PlacedRequest, directory: str, *, params: Mapping[str, Any], host: str) -> PackedShipment:
    """Write the archive into ``directory``, and say how much goes to ``host``, and what of the project does not.

    ``params`` are the options of the task. Raises :class:`InputError` for what is not sent: more than the limit, a
    home, a store of venvs.
    """
    request, stores = placed.request, (DEFAULT_STORE, params["store"])
    for source in filter(os.path.isdir, request.inventory):
        check_shippable(source, option="inventory")
    if placed.whole:
        check_shippable(request.project, option="project", stores=stores)
    shipment = plan_shipment(
        request,
        limit=params["project_limit"],
        whole=placed.whole,
        named=lambda: _used_files(placed),
        admit=lambda path, by: check_shippable(path, option=by, stores=stores),
        collection=COLLECTION if params["own_collection"] else None,
    )
    path = os.path.join(directory, "shipment.tar.gz")
    pack_entries(shipment.contents.entries, path)
    private = _write_private(shipment, request, directory)
    size = sum(map(os.path.getsize, filter(None, (path, private))))
    left_out = [os.path.relpath(path, request.project) for path in shipment.credentials]
    Display().display(
        printable(
            f"venv_playbook: sending {shipment.files} files of "
            f"{listed([request.project, *shipment.outside])} to {host}: {in_mib(shipment.size)}, "
            f"{in_mib(size)} compressed"
        ),
        stderr=True,
    )
    if left_out:
        _warn(
            "not sent, because credentials are kept there and neither the playbook nor an option names them: "
            f"{listed(left_out)}"
        )
    sent = {
        "shipped": size,
        "shipped_files": shipment.files,
        "shipped_outside": list(map(printable, shipment.outside)),
        "not_shipped": left_out,
    }
    return PackedShipment(path, private, shipment.params, sent)


def _write_private(shipment: Shipment, request: RunRequest, directory: str) -> str | None:
    """Write the private files, with the environment variables that the request names, into one file."""
    variables = {name: os.environ[name] for name in request.environment_names if name in os.environ}
    if variables:
        environment = os.path.join(directory, "environment.json")
        with open(environment, "w", encoding="utf-8") as stream:
            json.dump(variables, stream)
        shipment.private[ENVIRONMENT_FILE] = environment
    if not shipment.private:
        return None
    path = os.path.join(directory, PRIVATE_FILES)
    pack_private_files(shipment.private, path)
    return path


def _used_files(placed: PlacedRequest) -> UsedFiles:
    """The files of the project that the playbook uses; what cannot be found out is said.

    Of a whole project only credentials depend on it, and it is said which of them are not sent.
    """
    project = placed.request.project
    playbook = os.path.relpath(placed.request.playbook, project)
    try:
        used = files_of_playbook(
            project,
            playbook,
            core=os.path.dirname(os.path.abspath(ansible.__file__)),
            home=os.path.expanduser("~") if placed.request.trusted else None,
        )
    except VenvError:
        if placed.whole:
            return UsedFiles()
        raise
    for problem in () if placed.whole else used.problems:
        _warn(
            f"not all files that {playbook} uses are known: {problem}. To send the whole directory {project}, mark it "
            "as a project, for example with an ansible.cfg, or name it as the project"
        )
    return UsedFiles(used.files, used.beside)


def _warn(message: str) -> None:
    Display().warning(f"venv_playbook: {printable(message)}")
