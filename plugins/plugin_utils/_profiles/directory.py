# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The files of saved profiles: which there are, what they hold, how they change. Only the standard library is needed.

::

    <profiles>/<name>/
      execution-environment.yml   the definition, which people edit
      requirements.txt            made from it, or a lock with hashes
      requirements.yml            likewise
      bindep.txt                  made from it
      profile.json                what no standard format holds: the playbook that it was made from, and how
      last_use.json               when, where and for which playbook it was last used
    <profiles>/.writers/<name>    flock: one writer a profile

``last_use.json`` is a file of its own, so that a run writes one file and needs no lock, and so that a directory of
profiles can be under version control without it. Where this user cannot write it, because an administrator saves the
profiles, the use is noted in the user's own directory of state, for this user alone.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypedDict, cast

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import listed, shortened
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.durable import (
    fsync_directory,
    write_text,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.json import conforms, read_regular
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.locks import locked
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.trust import (
    check_can_write,
    check_trusted,
    make_trusted,
    why_not_writable,
)

from .names import ENDINGS, is_profile_name
from .uses import OwnUses

DEFINITION = "execution-environment.yml"
PACKAGES, COLLECTIONS, SYSTEM = "requirements.txt", "requirements.yml", "bindep.txt"
NOTE, LAST_USE = "profile.json", "last_use.json"
#: In the order in which they are written: a profile is there once it has its definition.
WRITTEN = (COLLECTIONS, PACKAGES, SYSTEM, NOTE, DEFINITION)
_FILES = (*WRITTEN, LAST_USE)
MAX_BYTES = 4 << 20
_LOCKS = ".writers"
_LOCK_TIMEOUT = 60.0
_FOR_ITS_OWNER, _FOR_ALL = 0o700, 0o755
_STAGED = re.compile(rf"\.(?:{'|'.join(map(re.escape, _FILES))})\.[0-9a-f]{{32}}\.new")
_ATTEMPTS = 5
#: Of what people edit, and of what is noted for this user: the variable, and the default.
_CONFIG, _STATE = ("XDG_CONFIG_HOME", "~/.config"), ("XDG_STATE_HOME", "~/.local/state")


class _Source(TypedDict, total=False):
    playbooks: list[str]
    inventory: list[str]
    exclude: list[str]
    allow_unresolved: list[str]
    target_packages: str
    unresolved: str
    follow_outside: bool


class ProfileSource(_Source):
    """The analysis that a profile was made by: ``path`` and the other options of ``collection_deps``."""

    path: str


class ProfileNote(TypedDict, total=False):
    """``profile.json``. ``analysed`` are the lines that the analysis gave, ``saved`` is a time in UTC.

    ``optional_packages`` are lines of the definition that are installed only if they can be.
    """

    schema: int
    saved: str
    source: ProfileSource
    analysed: list[str]
    optional_packages: list[str]
    own_collection: bool
    collections_source: str


class _LastUse(TypedDict, total=False):
    playbook: str
    definition: str


class LastUse(_LastUse):
    """``last_use.json``: when (UTC), on which host, in which venv; ``here``: whether by the machine that notes it.

    ``definition`` is the sha256 of the definition that was used.
    """

    schema: int
    used: str
    host: str
    here: bool
    venv: str


class SavedProfiles:
    """The profiles of a directory that nobody but this user and root can change; raises :class:`StoreError` else."""

    def __init__(self, directory: str | None, environment: Mapping[str, str] | None = None) -> None:
        variables = os.environ if environment is None else environment
        self.path = os.path.abspath(os.path.expanduser(directory or _of_user(variables, *_CONFIG, "profiles")))
        self._uses = OwnUses(os.path.abspath(os.path.expanduser(_of_user(variables, *_STATE, "profiles"))))

    def names(self) -> list[str]:
        """Those that there are."""
        if not check_trusted(self.path):
            return []
        try:
            found = [name for name in os.listdir(self.path) if is_profile_name(name)]
        except FileNotFoundError:
            return []
        except OSError as error:
            problem = f"cannot be read: {error.strerror}; name a directory of profiles, or correct its permissions"
            raise InputError(f"directory: {self.path} {problem}") from error
        return sorted(filter(self.has, found))

    def directory(self, name: str) -> str:
        """Where a profile is, or will be; raises :class:`InputError` for what cannot be a name."""
        if not is_profile_name(name):
            raise InputError(
                f"name: {shortened(name)!r} is not a valid name of a profile: use up to 100 letters, digits, '.', '_' "
                f"and '-', with a letter or digit first, and none of the endings {', '.join(ENDINGS)}"
            )
        return os.path.join(self.path, name)

    def has(self, name: str) -> bool:
        """Whether there is a profile ``name``, of whomever."""
        return os.path.lexists(os.path.join(self.directory(name), DEFINITION))

    def texts(self, name: str) -> dict[str, str]:
        """The files of a profile, those that there are; none for a profile that does not exist."""
        with self._opened(name) as descriptor:
            return read_texts(self.directory(name), descriptor) if descriptor is not None else {}

    def check_exists(self, name: str) -> None:
        """Raise :class:`InputError` unless there is a profile ``name``; the message lists those that there are."""
        if name not in self.names():
            self.directory(name)
            known = listed(self.names()) or "none"
            raise InputError(f"name: {self.path} has no profile {name}; there are: {known}")

    def last_use(self, name: str) -> LastUse | None:
        """When it was last used; None where that is not known."""
        with self._opened(name) as descriptor:
            if descriptor is None:
                return None
            noted = [_read(self.directory(name), LAST_USE, descriptor), self._uses.read(self.directory(name))]
        uses: list[LastUse] = [use for use in (json_of(text, LastUse) for text in noted) if use is not None]
        return max(uses, key=lambda use: use["used"], default=None)

    def note_use(self, name: str, use: LastUse) -> None:
        """Note a use; what this user can write nowhere is left as it is: a run never fails for it."""
        with suppress(OSError, StoreError, InputError), self._opened(name) as descriptor:
            if descriptor is None:
                return
            if why_not_writable(self.directory(name)) is None:
                write_text(LAST_USE, _as_json(use), directory=descriptor)
            else:
                self._uses.write(self.directory(name), _as_json(use))

    @contextmanager
    def writing(self, name: str) -> Iterator[None]:
        """Be the only writer of a profile."""
        self.directory(name)
        make_trusted(self.path, mode=_FOR_ITS_OWNER)
        locks = os.path.join(self.path, _LOCKS)
        make_trusted(locks, mode=_FOR_ITS_OWNER)
        with locked(os.path.join(locks, name), timeout=_LOCK_TIMEOUT, purpose=f"saving the profile {name}"):
            yield

    def check_can_write(self, name: str) -> None:
        """Raise :class:`StoreError` where this user cannot write the profile, before any work and in check mode."""
        path = self.directory(name)
        _check_directory(path)
        check_can_write(path)

    def write(self, name: str, texts: Mapping[str, str]) -> None:
        """Write these files of a profile, each by one rename. Callers hold :meth:`writing`.

        Who can read the directory of all profiles can read each: an administrator saves for everybody.
        """
        make_trusted(self.directory(name), mode=_FOR_ALL)
        with self._opened(name) as descriptor:
            for file in WRITTEN:
                if file in texts:
                    write_text(file, texts[file], directory=descriptor)

    def forget_use(self, name: str) -> None:
        """Remove what this user noted of a profile elsewhere; raises OSError and :class:`StoreError`."""
        self._uses.forget(self.directory(name))

    def check_removable(self, name: str) -> None:
        """Raise :class:`InputError` where the directory has what is not of a profile, which is not removed."""
        with self._opened(name) as descriptor:
            others = sorted(file for file in os.listdir(descriptor or ".") if not _is_of_profile(file))
        if descriptor is not None and others and not os.path.islink(self.directory(name)):
            raise InputError(
                f"name: {self.directory(name)} has files that are not of a profile and are not removed: "
                f"{listed([shortened(other) for other in others])}; move them away"
            )

    def remove(self, name: str) -> None:
        """Remove a profile: its files and its directory, or the link to it. Callers hold :meth:`writing`."""
        path = self.directory(name)
        with suppress(OSError, StoreError):  # nothing of the profile itself is there
            self.forget_use(name)
        if os.path.islink(path):
            os.unlink(path)
            return
        for attempt in range(_ATTEMPTS):
            # The definition first: without it there is no profile, whatever a crash leaves.
            for file in (DEFINITION, *(one for one in os.listdir(path) if _is_of_profile(one))):
                with suppress(FileNotFoundError):
                    os.unlink(os.path.join(path, file))
            try:
                os.rmdir(path)
            except OSError as error:  # a run that ends now notes its use
                if error.errno != errno.ENOTEMPTY or attempt == _ATTEMPTS - 1:
                    raise
            else:
                break
        fsync_directory(self.path)

    @contextmanager
    def _opened(self, name: str) -> Iterator[int | None]:
        """The descriptor of a profile's directory, None where there is none."""
        path = self.directory(name)
        _check_directory(path)
        descriptor = None
        if check_trusted(path):
            try:
                descriptor = _open_directory(path)
            except FileNotFoundError:
                pass
            except OSError as error:
                problem = f"cannot be read: {error.strerror}; correct its permissions"
                raise InputError(f"profile: {path} {problem}") from error
        try:
            yield descriptor
        finally:
            if descriptor is not None:
                os.close(descriptor)


def read_path(path: str) -> dict[str, str]:
    """The definition in a file, or the files of a profile in a directory that the user names.

    Raises :class:`InputError`. A file can be a pipe, as of ``<(…)``.
    """
    try:
        if os.path.isdir(path):
            descriptor = _open_directory(path)
            try:
                texts = read_texts(path, descriptor)
            finally:
                os.close(descriptor)
        else:
            with open(path, "rb") as stream:
                texts = {DEFINITION: _decoded(path, stream.read(MAX_BYTES + 1))}
    except OSError as error:
        raise InputError(f"profile: {path} cannot be read: {error.strerror}; correct the path or the file") from error
    except ValueError as error:
        raise InputError(f"profile: {path} cannot be read: {error}; correct the path or the file") from error
    if DEFINITION not in texts:
        raise InputError(f"profile: {path} has no {DEFINITION}, so it is not a profile; correct the path")
    return texts


def read_texts(path: str, descriptor: int) -> dict[str, str]:
    """The files of a profile in an open directory; raises :class:`InputError` for what is no regular file."""
    found = {file: _read(path, file, descriptor) for file in WRITTEN}
    return {file: text for file, text in found.items() if text is not None}


def note_of(texts: Mapping[str, str]) -> ProfileNote:
    """``profile.json`` of these files; empty where there is none that can be believed."""
    return cast("ProfileNote", json_of(texts.get(NOTE), ProfileNote) or {})


def json_of(text: str | None, kind: Any) -> Any:
    """The value of the type ``kind`` that a file holds, None for anything else: the file is data of others."""
    try:
        value = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    return value if conforms(value, kind) else None


def note_text(note: ProfileNote) -> str:
    """The content of ``profile.json``."""
    return _as_json(note)


def _as_json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=1, sort_keys=True) + "\n"


def _of_user(environment: Mapping[str, str], variable: str, default: str, name: str) -> str:
    """A directory of the user; a relative one does not count (XDG Base Directory Specification)."""
    above = environment.get(variable) or ""
    return os.path.join(above if os.path.isabs(above) else default, "ansible-venvs", name)


def _is_of_profile(file: str) -> bool:
    return file in _FILES or _STAGED.fullmatch(file) is not None


def _check_directory(path: str) -> None:
    """Raise :class:`InputError` where something else has the place of a profile."""
    if os.path.exists(path) and not os.path.isdir(path):
        raise InputError(f"name: {path} is not a directory, so it is not a profile; move it away, or use another name")


def _open_directory(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _read(path: str, file: str, descriptor: int) -> str | None:
    """What a file holds, None where there is none."""
    place = os.path.join(path, file)
    try:
        return _decoded(place, read_regular(file, MAX_BYTES, directory=descriptor))
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = "is a link" if error.errno == errno.ELOOP else f"cannot be read: {error.strerror}"
    except ValueError as error:
        reason = str(error)
    raise InputError(f"profile: {place} {reason}; put a regular file there")


def _decoded(path: str, content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise ValueError(f"is larger than {MAX_BYTES >> 20} MiB, the maximum")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}, line {line}: this is not UTF-8 text; correct the file") from error
