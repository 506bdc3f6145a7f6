# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which wheels of the controller a host without a network needs: resolved on the host, from their metadata alone.

The controller sends what its wheels say of themselves, which is small. Here stubs with the same names are made of that,
uv resolves among them for this host's own interpreter, and the wheels that it chose are named. So nothing is guessed
about the platform of a host, and only what is installed is sent. What was sent is kept in the store, for the next time.
Collections and roles are the same on every platform: which they are the controller says, when it is asked.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import tarfile
import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .._errors import InputError, SourceError, ToolMissingError
from .._store.json import conforms
from .._store.layout import CARRIED, TOOLS
from .._store.staging import staging
from .._store.tree import file_sha256, note_use
from .._uv.commands import Uv
from .._uv.package_index import PackageIndex
from .._uv.tool import find_uv, lookup_store, wheel_for_this_machine
from .interpreter import choose_interpreter
from .plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._runner import Runner
    from .._store.store import Store
    from .carried_content import CarriedContent
    from .lockfile import Lockfile
    from .request import VenvRequest

_STUB = "Wheel-Version: 1.0\nGenerator: mobile_ansible.venv\nRoot-Is-Purelib: true\n"


@dataclass(frozen=True)
class CarriedWheels:
    """What the action sends along: the files of this host that hold the metadata of all wheels and, once they are
    needed, the wheels; ``sha256`` has that of each, ``directory`` is where they are kept in place of the store.

    Without an ``index`` all of that is there, and the venv is to be built. ``content`` is what the venv is to have of
    collections and roles, None before the host asked for it; those that are needed are in ``content_archive``.
    ``local`` are digests of what the controller has at the paths in the request (``VenvRequest``).
    """

    index: str | None
    archive: str | None
    sha256: Mapping[str, str]
    directory: str | None
    content: CarriedContent | None
    content_archive: str | None
    local: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, value: Any) -> CarriedWheels:
        """The value of the option ``wheels`` as the action gives it."""
        try:
            said = value["content"]
            return cls(
                value["index"],
                value["archive"],
                value["sha256"],
                value["directory"],
                _content(said) if said is not None else None,
                value["content_archive"],
                tuple((path, digest) for path, digest in value["local"]),
            )
        except (KeyError, TypeError, ValueError):
            raise InputError(
                f"wheels: {value!r} is a directory on the controller, but its wheels were not sent to this host; run "
                "the module as a task, so that its action plugin sends them"
            ) from None


def needed_wheels(
    carried: CarriedWheels,
    request: VenvRequest,
    *,
    store: Store,
    runner: Runner,
    scratch: str,
    is_check: bool,
    upgrade: bool = False,
    lock: Lockfile | None = None,
    tools_store: str | None = None,
) -> dict[str, Any]:
    """What is still to be sent: the names of ``needed`` wheels, and the sha256 of those that are ``present`` here.

    Not ``complete`` before there is a uv. Nothing is needed where the request was built before and is whole. Else the
    collections and roles are asked for, those of the lock if there is one; then those that are ``missing`` here.
    """
    tools = lookup_store(store, scratch=scratch if is_check else None)
    kept, cache = store.directory(CARRIED), os.path.join(scratch, "cache")
    if carried.archive is not None:
        _unpack(carried.archive, carried.directory or kept, carried.sha256)
    directories = [one for one in (carried.directory, kept) if one is not None and os.path.isdir(one)]
    if carried.content is not None and carried.content_archive is not None:
        carried.content.receive(carried.content_archive, store)
    answer = store.answer(request.digest)
    has_locked = answer is not None and (lock is None or lock.has_content_of(answer.record))
    if answer is not None and has_locked and not upgrade and answer.is_intact():
        return _told([], directories)
    if carried.content is None and (request.collections or request.roles):
        return {**_told([], directories, complete=False), "wanted": _locked_versions(lock)}
    missing = carried.content.missing(store) if carried.content is not None else None
    metadata = _read_index(str(carried.index))
    try:
        uv = find_uv(
            runner=runner,
            tools=tools.directory(TOOLS),
            cache=cache,
            index=PackageIndex(find_links=tuple(directories), offline=True),
            other_store=tools_store,
        )
    except ToolMissingError as error:
        wheel = wheel_for_this_machine(metadata)
        if wheel is None or any(os.path.exists(os.path.join(one, wheel)) for one in directories):
            raise ToolMissingError(
                "This host has no uv 0.13 or newer, and the directory of wheels on the controller has no wheel of uv "
                "for it: add one"
            ) from error
        return _told([wheel], directories, missing, complete=False)
    stubs = os.path.join(scratch, "stubs")
    _write_stubs(metadata, stubs)
    interpreter = choose_interpreter(request, runner=runner)
    resolver = Uv(uv.executable, runner=runner, index=PackageIndex(find_links=(stubs,), offline=True), cache=cache)
    wanted = replace(request, hashes=())  # a stub has another one
    if lock is not None:
        pinned = tuple(f"{name}=={version}" for name, version, _sha256 in lock.packages)
        wanted = replace(wanted, ansible_core=None, packages=pinned, optional_packages=(), constraints=())
    plan = make_plan(
        wanted, interpreter=interpreter, source=None, uv=lambda: resolver, offline=True, carried=carried.content
    )
    return _told([one.filename for one in plan.packages if one.filename in metadata], directories, missing)


def _content(said: Any) -> CarriedContent:
    from .carried_content import CarriedContent

    return CarriedContent.parse(said)


def _locked_versions(lock: Lockfile | None) -> dict[str, dict[str, str]]:
    """The versions of collections and roles in a lock, by name, or their commits; those of roles can be empty."""
    if lock is None:
        return {"collections": {}, "roles": {}}
    return {
        "collections": {one.name: one.origin.get("version", one.version) for one in lock.collections},
        "roles": {one.name: one.version for one in lock.roles},
    }


def _told(
    needed: list[str],
    directories: list[str],
    missing: Mapping[str, list[str]] | None = None,
    *,
    complete: bool = True,
) -> dict[str, Any]:
    places = [(name, os.path.join(one, name)) for one in directories for name in needed]
    found = [(name, path) for name, path in places if os.path.isfile(path)]
    for _name, path in found:
        note_use(path)
    present = {name: file_sha256(path) for name, path in found}
    return {
        "needed": needed,
        "present": present,
        "directories": directories,
        "complete": complete,
        "missing": missing or {"collections": [], "roles": []},
        "wanted": {},
    }


def _read_index(path: str) -> dict[str, str]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        metadata: dict[str, str] = json.load(stream)
    if not conforms(metadata, dict[str, str]):
        raise InputError(
            "wheels: the files from the controller are not those that its action plugin sends; run this again"
        )
    return metadata


def _write_stubs(metadata: Mapping[str, str], directory: str) -> None:
    """Wheels of the same names that hold nothing but what they say of themselves."""
    os.makedirs(directory, exist_ok=True)
    for name, text in metadata.items():
        info = "-".join(name.split("-")[:2]) + ".dist-info"
        with zipfile.ZipFile(os.path.join(directory, os.path.basename(name)), "w") as archive:
            archive.writestr(f"{info}/METADATA", text)
            archive.writestr(f"{info}/WHEEL", _STUB)
            archive.writestr(f"{info}/RECORD", "")


def _unpack(archive: str, directory: str, sha256: Mapping[str, str]) -> None:
    """Keep the wheels in ``archive``, each by one rename once its content was seen to be right."""
    with staging(directory) as scratch, tarfile.open(archive) as members:
        for member in members:
            name = os.path.basename(member.name)
            source = members.extractfile(member) if member.isreg() else None
            if source is None or name not in sha256:
                continue
            staged = os.path.join(scratch, name)
            with open(staged, "wb") as target:
                shutil.copyfileobj(source, target)
                target.flush()
                os.fsync(target.fileno())
            if file_sha256(staged) != sha256[name]:
                raise SourceError(f"wheels: {name} was not transferred completely; run this again")
            os.chmod(staged, 0o644)
            os.replace(staged, os.path.join(directory, name))
