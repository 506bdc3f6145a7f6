# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The lock of a profile: what its venv on this machine holds, which is built for it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._disk_errors import no_space_reported
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import SubprocessRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import LOCK_TIMEOUT, Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import Lockfile, lockfile_of
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.manager import SharedVenv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.naming import name_of
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.request import VenvRequest


def new_lock(
    request: VenvRequest,
    options: Mapping[str, Any],
    *,
    is_check: bool,
    show: Callable[[Mapping[str, Any]], None] | None = None,
) -> Lockfile:
    """The lock of the venv for ``request``, which is there afterwards; in check mode of the one that would be.

    Raises of the ``VenvError`` family.
    """
    with no_space_reported(options["store"]), tempfile.TemporaryDirectory() as scratch:
        store = Store(options["store"])
        venv = SharedVenv(
            store,
            store.named(name_of(request)),
            runner=SubprocessRunner(),
            index=PackageIndex.of(options),
            scratch=scratch if is_check else None,
            show=show,
        )
        upgrade = options["upgrade"]
        if is_check:
            outcome = venv.predict(request, upgrade=upgrade)
        else:
            outcome = venv.ensure(request, upgrade=upgrade, lock_timeout=LOCK_TIMEOUT)
        record = outcome.generation.record if outcome.generation is not None else outcome.planned
    if record is None:
        raise StoreError(f"{store.path} was changed by another process while the profile was locked: run this again")
    return lockfile_of(record, request_digest=request.locked_digest)
