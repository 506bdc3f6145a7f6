# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A lock in a project's own folder: a resolved request, in two files that pip and ansible-galaxy can read as well.

``requirements.txt`` has the Python packages with hashes, ``requirements.yml`` the collections. What only we need stands
in comments: the digest of the request, the Python version, and the sha256 of each collection's content.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._durable import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGES = "requirements.txt"
COLLECTIONS = "requirements.yml"

_HEADER_TEXT = "# Locked by mobile_ansible.venv.shared_venv for Python {}, request {}\n"
_HEADER = re.compile(_HEADER_TEXT.replace(".", "[.]").format("(3[.][0-9]+)", "([0-9a-f]{64})"))
_PACKAGE = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+) --hash=sha256:([0-9a-f]{64})$")
_COLLECTION = re.compile(r"^  - name: (\w+\.\w+)\n    version: (\S+) # sha256:([0-9a-f]{64})$", re.MULTILINE | re.ASCII)


@dataclass(frozen=True)
class Lock:
    """Exact content: ``packages`` and ``collections`` are (name, version, sha256), sorted."""

    request_digest: str
    python: str
    packages: tuple[tuple[str, str, str], ...]
    collections: tuple[tuple[str, str, str], ...]

    def has_content_of(self, record: Mapping[str, Any]) -> bool:
        """Whether a generation with this record holds exactly what is locked."""
        other = lock_of(record, request_digest=self.request_digest)
        return self == other

    def texts(self) -> dict[str, str]:
        """The two files."""
        header = _HEADER_TEXT.format(self.python, self.request_digest)
        packages = "".join(f"{name}=={version} --hash=sha256:{sha}\n" for name, version, sha in self.packages)
        collections = "".join(
            f"  - name: {name}\n    version: {version} # sha256:{sha}\n" for name, version, sha in self.collections
        )
        listing = f"collections:\n{collections}" if collections else "collections: []\n"
        return {PACKAGES: header + packages, COLLECTIONS: f"---\n{header}{listing}"}


def lock_of(record: Mapping[str, Any], *, request_digest: str) -> Lock:
    """The lock that a generation with this record is an answer to."""
    return Lock(
        request_digest=request_digest,
        python=".".join(record["interpreter"]["version"].split(".")[:2]),
        packages=tuple(sorted((one["name"], one["version"], one["sha256"]) for one in record["packages"])),
        collections=tuple(sorted((one["name"], one["version"], one["sha256"]) for one in record["collections"])),
    )


def read_lock(folder: str) -> Lock | None:
    """The lock in ``folder``; None when it has none. Raises :class:`InputError` for files that are not as written."""
    texts = {}
    for name in (PACKAGES, COLLECTIONS):
        try:
            with open(os.path.join(folder, name), encoding="utf-8") as stream:
                texts[name] = stream.read()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"lock: {os.path.join(folder, name)} cannot be read: {error}") from error
    header = _HEADER.match(texts[PACKAGES])
    if header is None:
        raise InputError(f"lock: {os.path.join(folder, PACKAGES)} was not written by shared_venv; name another folder")
    packages = [_PACKAGE.match(line) for line in texts[PACKAGES].splitlines()[1:]]
    lock = Lock(
        request_digest=header[2],
        python=header[1],
        packages=tuple((one[1], one[2], one[3]) for one in packages if one),
        collections=tuple((one[0], one[1], one[2]) for one in _COLLECTION.findall(texts[COLLECTIONS])),
    )
    if lock.texts() != texts:
        raise InputError(f"lock: the files in {folder} were edited by hand; remove them, or run once without locked")
    return lock


def is_written(folder: str, lock: Lock) -> bool:
    """Whether the files in ``folder`` are those of ``lock``."""
    return not _differing(folder, lock)


def write_lock(folder: str, lock: Lock) -> bool:
    """Write the files of ``lock`` that differ from those in ``folder``, which must exist; tells whether any did."""
    if not os.path.isdir(folder):
        raise InputError(f"lock: {folder} is not a folder of this host")
    differing = _differing(folder, lock)
    for name, text in differing.items():
        write_text(os.path.join(folder, name), text)
    return bool(differing)


def _differing(folder: str, lock: Lock) -> dict[str, str]:
    return {name: text for name, text in lock.texts().items() if _read(os.path.join(folder, name)) != text}


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except FileNotFoundError:
        return None
