# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A directory of wheels on the controller: what they say of themselves, and the archive of those that a host needs."""

from __future__ import annotations

import gzip
import json
import re
import tarfile
import zipfile
from collections.abc import Iterable
from email.parser import HeaderParser
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.tree import file_sha256

_WHEEL = re.compile(r"[A-Za-z0-9_.]+-[A-Za-z0-9_.+!]+(?:-[A-Za-z0-9_.]+)?-[\w.]+-[\w.]+-[\w.]+\.whl", re.ASCII)
_METADATA = re.compile(r"[^/]+\.dist-info/METADATA")
_MAX_METADATA = 1 << 20
#: What a resolution reads.
_HEADERS = ("Metadata-Version", "Name", "Version", "Requires-Python", "Requires-Dist", "Provides-Extra")


class WheelDirectory:
    """The wheels in the directory ``path`` of the controller. Raises :class:`InputError` where there are none."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        if not self.path.is_dir():
            raise InputError(f"wheels: the directory {path} does not exist on the controller; correct the path")
        self.names = sorted(one.name for one in self.path.iterdir() if _WHEEL.fullmatch(one.name) and one.is_file())
        if not self.names:
            raise InputError(
                f"wheels: {path} contains no wheels; set the option 'wheels' to the directory of the wheels on the "
                "controller"
            )

    def write_index(self, target: Path) -> None:
        """Write what all wheels say of themselves, by name, as a host reads it."""
        with gzip.open(target, "wt", encoding="utf-8") as stream:
            json.dump({name: _metadata(self.path / name) for name in self.names}, stream)

    def sha256(self, name: str) -> str:
        """The sha256 of one wheel. ``name`` is what a host says: only a wheel that is here counts."""
        if name not in self.names:
            raise InputError(f"wheels: the host requests {name[:200]!r}, which is not in {self.path}")
        return file_sha256(str(self.path / name))

    def write_archive(self, names: Iterable[str], target: Path) -> None:
        """Write the wheels with these ``names`` into one archive; they are compressed already."""
        with tarfile.open(target, "w") as archive:
            for name in names:
                archive.add(self.path.resolve() / name, arcname=name, recursive=False)


def _metadata(wheel: Path) -> str:
    try:
        with zipfile.ZipFile(wheel) as archive:
            (member,) = [one for one in archive.infolist() if _METADATA.fullmatch(one.filename)]
            if member.file_size > _MAX_METADATA:
                raise InputError(f"wheels: {wheel} has metadata of more than {_MAX_METADATA >> 20} MiB; remove it")
            message = HeaderParser().parsestr(archive.read(member).decode("utf-8", "replace"))
    except PermissionError as error:
        raise InputError(f"wheels: {wheel} cannot be read by this user; change its permissions") from error
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"wheels: {wheel} is not a complete wheel ({error}); replace or remove it") from error
    lines = [f"{key}: {' '.join(str(value).split())}\n" for key, value in message.items() if key in _HEADERS]
    return "".join(lines)
