# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Make a generation out of a plan, in the folder where it will stay."""

from __future__ import annotations

import glob
import os
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections._copy import copy_into
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._tree import manifest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv import network_environment
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv._audit import audit
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv._ours import our_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Runner
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._tree import ManifestValue
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv import Uv
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv._plan import Plan

_REQUIREMENTS = "requirements.txt"
#: uv locks a venv by this file and leaves it; nobody installs into a finished generation.
_UV_LOCK = ".lock"
#: Compiling a larger file takes hundreds of MiB; it is compiled by whoever first imports it, if ever.
COMPILE_UP_TO_BYTES = 512 * 1024
COMPILE_TIMEOUT = 900.0


def build(path: str, plan: Plan, *, uv: Uv, runner: Runner, pass_fds: Sequence[int]) -> dict[str, ManifestValue]:
    """Fill the folder ``path`` and look at the result from outside; returns its manifest.

    ``pass_fds``: the descriptors of the locks, which every program started here inherits, so that a lock is never free
    while an installer still writes. Raises of the ``VenvError`` family; the caller removes what is left.
    """
    with _files_readable_by_all():
        uv.venv(path, python=plan.interpreter.executable)
        python, site = os.path.join(path, "bin", "python"), _site_packages(path)
        relative_site = os.path.relpath(site, path)
        texts = {_REQUIREMENTS: plan.requirements_txt(), **our_files(relative_site, siblings=plan.siblings)}
        for name, text in texts.items():
            with open(os.path.join(path, name), "w", encoding="utf-8") as stream:
                stream.write(text)
        empty_venv = manifest(path)
        if plan.packages:
            uv.sync(os.path.join(path, _REQUIREMENTS), python=python, pass_fds=pass_fds)
            _remove_if_there(os.path.join(path, _UV_LOCK))
        _compile(site, python=python, runner=runner, pass_fds=pass_fds)
        for collection in plan.collections:
            copy_into(collection, site)
        files = manifest(path)
        audit(path, files, site=relative_site, empty_venv=empty_venv, plan=plan)
    return files


def _remove_if_there(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)


def _site_packages(path: str) -> str:
    return glob.glob(os.path.join(glob.escape(path), "lib", "python3*", "site-packages"))[0]


def _compile(site: str, *, python: str, runner: Runner, pass_fds: Sequence[int]) -> None:
    """Compile bytecode now, because nobody can write it later.

    The exit code is not looked at: distributions ship templates and old syntax that no interpreter compiles.
    """
    large = [
        re.escape(os.path.join(folder, name))
        for folder, _folders, names in os.walk(site)
        for name in names
        if name.endswith(".py") and os.path.getsize(os.path.join(folder, name)) > COMPILE_UP_TO_BYTES
    ]
    argv = [python, "-I", "-m", "compileall", "-qq", "-j", "0", *(["-x", "|".join(large)] if large else []), site]
    runner.run(argv, env=network_environment(), cwd="/", pass_fds=pass_fds, timeout=COMPILE_TIMEOUT)


@contextmanager
def _files_readable_by_all() -> Iterator[None]:
    """A venv in a shared store is for others too, whatever umask its builder has."""
    old = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(old)
