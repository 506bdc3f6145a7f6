# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The venv that holds what the playbooks require: named by what it holds, reused, or built."""

from __future__ import annotations

import glob
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import SubprocessRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.generation import Generation
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import LOCK_TIMEOUT, Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.manager import SharedVenv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.naming import name_of
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.profile import parse_profile
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.request import build_request
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.task import VenvTask

from .._profiles.names import DEFAULT_SOURCE
from .arguments import VenvOptions
from .progress_bar import CommandBar
from .requirements import Requirements

_ANY_CORE = "*"


@dataclass(frozen=True)
class PlaybookVenv:
    """A venv by its path in the store, and the generation that it is now; ``built``: for this run.

    ``missing_system_packages`` are None where they are not known: only a build and a report ask. ``left_out`` are
    the optional packages that it does not have, each with the reason.
    """

    path: str
    generation: Generation
    built: bool = False
    missing_system_packages: Sequence[str] | None = None
    left_out: Sequence[Mapping[str, str]] = ()

    @property
    def site_packages(self) -> str:
        """Where the packages and collections of the venv are."""
        (found,) = glob.glob(os.path.join(glob.escape(self.generation.path), "lib", "python3*", "site-packages"))
        return found


def ensure_venv(
    requirements: Requirements,
    options: VenvOptions,
    *,
    store: Store,
    progress_bar: CommandBar,
    before_build: Callable[[], None],
    is_new: bool,
) -> PlaybookVenv:
    """Reuse or build what holds the requirements and what the options add; ``progress_bar`` shows what takes long.

    What hosts require is said where the requirements are new, or the venv; what this one lacks, where the venv is.
    """
    parsed = parse_profile(requirements.profile)
    system = (one["entry"] for one in requirements.system_packages if one["here"])
    parsed = replace(parsed, system=(*parsed.system, *system))
    request = build_request(
        python=options.python,
        ansible_core=options.core or (None if parsed.ansible_core else _ANY_CORE),
        packages=options.package,
        optional_packages=requirements.optional_packages,
        collections=options.collection,
        collections_source=options.source or DEFAULT_SOURCE,
        profile=parsed,
    )
    link = store.named(name_of(request))
    runner = SubprocessRunner()
    index = PackageIndex(options.index_url, tuple(options.find_links), options.offline)
    venv = SharedVenv(store, link, runner=runner, index=index, show=progress_bar.show)
    if options.upgrade or venv.inspect(request).changed:
        is_new = True
        before_build()
        progress_bar.say(f"building the venv {link.path} …")
    try:
        outcome = _task(options, runner, progress_bar.say).ensure(venv, request)
    finally:
        progress_bar.close()
    if outcome.generation is None:
        raise StoreError(f"{link.path} was removed by another process: run this again")
    missing = None
    if outcome.changed or options.report is not None:
        from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.host_packages import missing_packages

        found = missing_packages(parsed.system, runner=runner, venv=outcome.generation.path)
        missing = found.missing
        for warning in filter(None, (found.warning, *parsed.warnings()) if outcome.changed else ()):
            progress_bar.say(warning)
    left_out = outcome.left_out(request)
    if is_new:
        _say_what_hosts_require(requirements, left_out, progress_bar.say)
    return PlaybookVenv(
        link.path, outcome.generation, built=outcome.changed, missing_system_packages=missing, left_out=left_out
    )


def _say_what_hosts_require(
    requirements: Requirements, left_out: Sequence[Mapping[str, str]], say: Callable[[str], None]
) -> None:
    if requirements.target_packages:
        from .._target_packages import required_on_hosts

        line = required_on_hosts(requirements.target_packages, profile=requirements.profile, left_out=left_out)
        if line is not None:
            say(line)


def _task(options: VenvOptions, runner: SubprocessRunner, say: Callable[[str], None]) -> VenvTask:
    """The task of the module ``shared_venv`` that says the same."""
    asked = {
        "lock": options.lock,
        "locked": options.locked,
        "upgrade": options.upgrade,
        "lock_timeout": LOCK_TIMEOUT,
    }
    return VenvTask(asked, runner=runner, is_check=False, scratch=tempfile.gettempdir, masked=set(), warn=say)
