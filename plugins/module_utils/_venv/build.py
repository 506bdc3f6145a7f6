# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Make a generation out of a plan, in the directory where it will stay.

No code of a package runs meanwhile, not even a ``.pth``: the venv's own Python is started before there is a package in
it, and not again. What is compiled was inspected, and is compiled by the base interpreter.
"""

from __future__ import annotations

import glob
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from .._collections.copy import copy_into
from .._errors import CommandError
from .._resource import module_source
from .._store.tree import manifest, remove_tree
from .._uv.commands import network_environment, readable_by_all
from . import compile as compiler
from .audit import audit
from .venv_files import REQUIREMENTS, UV_LOCK, our_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._runner import Runner
    from .._store.tree import ManifestValue
    from .._uv.commands import Uv
    from .plan import VenvPlan

#: For all files, in seconds; what is left then is compiled by whoever first imports it.
COMPILE_SECONDS = 600
#: Until a compilation that does not end by itself is ended.
COMPILE_TIMEOUT = 900.0


def build(path: str, plan: VenvPlan, *, uv: Uv, runner: Runner, pass_fds: Sequence[int]) -> dict[str, ManifestValue]:
    """Fill the directory ``path`` and look at the result from outside; returns its manifest.

    ``pass_fds``: the descriptors of the locks, which every program started here inherits, so that a lock is never free
    while an installer still writes. Raises of the ``VenvError`` family; the caller removes what is left.
    """
    with readable_by_all():
        uv.venv(path, python=plan.interpreter.executable)
        python, site = os.path.join(path, "bin", "python"), _site_packages(path)
        relative_site = os.path.relpath(site, path)
        texts = {REQUIREMENTS: plan.requirements_txt(), **our_files(relative_site, siblings=plan.siblings)}
        for name, text in texts.items():
            with open(os.path.join(path, name), "w", encoding="utf-8") as stream:
                stream.write(text)
        empty_venv = manifest(path)
        if plan.packages:
            uv.sync(os.path.join(path, REQUIREMENTS), python=python, pass_fds=pass_fds)
            _remove_if_there(os.path.join(path, UV_LOCK))
        for collection in plan.collections:
            copy_into(collection, site)
        _remove_bytecode(path)
        files = manifest(path)
        audit(path, files, site=relative_site, empty_venv=empty_venv, plan=plan, unpacked=uv.unpacked)
        _compile_bytecode(site, plan, runner=runner, pass_fds=pass_fds)
    return files


def _remove_if_there(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)


def _site_packages(path: str) -> str:
    found = glob.glob(os.path.join(glob.escape(path), "lib", "python3*", "site-packages"))
    if not found:
        raise CommandError(f"uv made no venv in {path}: there is no site-packages; replace that uv by a good one")
    return found[0]


def _remove_bytecode(path: str) -> None:
    """Remove the bytecode that packages bring: it would run in place of the source that was inspected."""
    for directory, names, _files in os.walk(path):
        if "__pycache__" in names:
            names.remove("__pycache__")
            remove_tree(os.path.join(directory, "__pycache__"))


def _compile_bytecode(site: str, plan: VenvPlan, *, runner: Runner, pass_fds: Sequence[int]) -> None:
    """Compile bytecode now, because nobody can write it later; outside collections, most of which is never imported.

    The exit code is not looked at: a venv without bytecode works.
    """
    left_out = [os.path.join(site, "ansible_collections", *one.name.split(".")) for one in plan.collections]
    argv = [plan.interpreter.executable, "-I", "-S", "-B", "-W", "ignore", "-c", module_source(compiler.__name__)]
    argv += [str(COMPILE_SECONDS), site, *left_out]
    runner.run(argv, env=network_environment(), cwd="/", pass_fds=pass_fds, timeout=COMPILE_TIMEOUT)
