# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Look at a built venv from outside: every file must be one that a record accounts for, with the content it states.

The installer is not asked: uv and pip trust their own dist-info, also after a crash or a full disk.
"""

from __future__ import annotations

import base64
import csv
import os
import posixpath
import re
from typing import TYPE_CHECKING

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections._content import content_digest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._tree import ManifestValue
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv._plan import Plan

    Manifest = Mapping[str, ManifestValue]

_DIST_INFO = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)\.dist-info/RECORD")


def audit(root: str, files: Manifest, *, site: str, empty_venv: Manifest, plan: Plan) -> None:
    """Compare the manifest ``files`` of the venv in ``root`` with what the plan and the wheels' RECORDs say.

    ``site``: site-packages, relative to root. ``empty_venv``: the manifest before anything was installed, which must
    still hold, so that no wheel replaces ``bin/python`` or a file of ours.
    Raises :class:`AuditError` that lists up to ten findings.
    """
    findings = [f"{path} was replaced by a package" for path, value in empty_venv.items() if files.get(path) != value]
    accounted = {*empty_venv}
    findings += _audit_packages(root, files, site=site, plan=plan, accounted=accounted)
    findings += _audit_collections(files, site=site, plan=plan, accounted=accounted)
    findings += [f"{path} belongs to no package" for path in files if path not in accounted]
    if findings:
        shown = "; ".join(sorted(findings)[:10])
        raise AuditError(f"The venv built in {root} is not what was resolved: {shown}", findings=len(findings))


def _audit_packages(root: str, files: Manifest, *, site: str, plan: Plan, accounted: set[str]) -> Iterator[str]:
    found = {}
    for path in [path for path in files if posixpath.dirname(posixpath.dirname(path)) == site]:
        match = _DIST_INFO.fullmatch(posixpath.relpath(path, site))
        if match:
            found[_normalised(match["name"])] = match["version"]
            yield from _audit_record(root, files, record=path, site=site, accounted=accounted)
    for one in plan.packages:
        version = found.pop(_normalised(one.name), None)
        if version is None:
            yield f"{one.name} {one.version} is missing"
        elif _normalised(version) != _normalised(one.version):
            yield f"{one.name} is {version} instead of {one.version}"
    yield from (f"{name} {version} was not asked for" for name, version in found.items())


def _audit_record(root: str, files: Manifest, *, record: str, site: str, accounted: set[str]) -> Iterator[str]:
    with open(os.path.join(root, record), encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.reader(stream) if row]
    for name, stated, *_size in rows:
        path = posixpath.normpath(posixpath.join(site, name))
        accounted.add(path)
        value = files.get(path)
        if value is None:
            if "__pycache__" not in path:
                yield f"{path} of {posixpath.basename(posixpath.dirname(record))} is missing"
        elif stated and (isinstance(value, str) or _record_hash(value[0]) != stated):
            yield f"{path} differs from what {posixpath.basename(posixpath.dirname(record))} states"


def _audit_collections(files: Manifest, *, site: str, plan: Plan, accounted: set[str]) -> Iterator[str]:
    for one in plan.collections:
        folder = posixpath.join(site, "ansible_collections", *one.name.split("."), "")
        inside = {path[len(folder) :]: value for path, value in files.items() if path.startswith(folder)}
        accounted.update(folder + path for path in inside)
        hashes = {path: value[0] for path, value in inside.items() if not isinstance(value, str)}
        if len(hashes) != len(inside) or content_digest(hashes) != one.sha256:
            yield f"{folder} differs from {one.name} {one.version}"


def _record_hash(sha256: str) -> str:
    return "sha256=" + base64.urlsafe_b64encode(bytes.fromhex(sha256)).rstrip(b"=").decode()


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
