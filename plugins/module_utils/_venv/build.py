# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Make a generation out of a plan, in the directory where it will stay.

No code of a package runs meanwhile, not even a ``.pth``: the venv's own Python is started before there is a package in
it, and not again. What is compiled was inspected, and is compiled by the base interpreter.
"""

from __future__ import annotations

import glob
import json
import os
import posixpath
from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple

from .._collections.copy import copy_into
from .._collections.locked import UPDATE
from .._errors import CommandError, ResolutionError
from .._packaging.requirement import normalise_name
from .._printable import shortened
from .._resource import module_source
from .._roles.copy import copy_role
from .._store.bytecode import Source, bytecode_cache
from .._store.tree import manifest, remove_tree, tree_status
from .._uv.commands import network_environment, readable_by_all
from .._verify import probe
from .._verify.requirement_check import Installed, unmet_requirements
from . import compile as compiler
from .audit import SharedFile, audit
from .build_progress import AUDIT, COMPILE, COPY, PACKAGES, SILENT
from .venv_files import REQUIREMENTS, UV_LOCK, our_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .._runner import Runner
    from .._store.bytecode import BytecodeCache
    from .._store.store import Store
    from .._store.tree import ManifestValue
    from .._uv.commands import Uv
    from .build_progress import Reporter
    from .plan import LockedClosure, VenvPlan

#: For all files, in seconds; what is left then is compiled by whoever first imports it.
COMPILE_SECONDS = 600
#: Until a compilation that does not end by itself is ended.
COMPILE_TIMEOUT = 900.0
#: Compiling a larger file takes hundreds of MiB; it is compiled by whoever first imports it, if ever.
LARGEST_SOURCE = 512 * 1024
_READ_SECONDS, _MAX_SAID = 60.0, 600
_REMEDY = UPDATE[:1].upper() + UPDATE[1:]
#: The part of the time for a package that it takes to fetch it.
_FETCHED = 0.8


class BuiltVenv(NamedTuple):
    """What was built: the manifest of its files, and those that several packages claim."""

    files: dict[str, ManifestValue]
    shared_files: list[SharedFile]


def build(
    path: str,
    plan: VenvPlan,
    *,
    store: Store,
    uv: Uv,
    runner: Runner,
    pass_fds: Sequence[int],
    reporter: Reporter = SILENT,
) -> BuiltVenv:
    """Fill the directory ``path`` and compare the result with what was resolved; bytecode is kept in ``store``.

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
            reporter.begin(PACKAGES)
            with reporter.watching(_installation(plan, site=site, uv=uv)):
                uv.sync(os.path.join(path, REQUIREMENTS), python=python, pass_fds=pass_fds)
            remove_tree(os.path.join(path, UV_LOCK))
            if plan.closure is not None:
                _check_closure(site, plan.closure, plan, runner=runner, pass_fds=pass_fds)
        reporter.begin(COPY)
        total = len(plan.collections) + len(plan.roles)
        for number, collection in enumerate(plan.collections):
            reporter.count(number, total)
            copy_into(collection, site)
        for number, role in enumerate(plan.roles, start=len(plan.collections)):
            reporter.count(number, total)
            copy_role(role, path)
        reporter.begin(AUDIT)
        tree = tree_status(path)
        for cache in tree.caches:  # bytecode of a package would run in place of the source that is audited
            remove_tree(cache)
        files = tree.manifest()
        shared = audit(path, files, site=relative_site, empty_venv=empty_venv, plan=plan, unpacked=uv.unpacked)
        sources = list(_sources(path, files, site=relative_site, plan=plan))
        kept = bytecode_cache(store, asdict(plan.interpreter))
        reporter.begin(COMPILE)
        _put_bytecode(sources, kept, plan, runner=runner, pass_fds=pass_fds, reporter=reporter)
    return BuiltVenv(files, shared)


def _check_closure(
    site: str, closure: LockedClosure, plan: VenvPlan, *, runner: Runner, pass_fds: Sequence[int]
) -> None:
    """Raise :class:`ResolutionError` where a lock lacks what its packages require: it was merged, or made by hand.

    The base interpreter reads what they say of themselves, and runs nothing of them.
    """
    argv = [plan.interpreter.executable, "-I", "-S", "-B", "-c", module_source(probe.__name__), "describe", site]
    done = runner.run(argv, env=network_environment(), cwd="/", pass_fds=pass_fds, timeout=_READ_SECONDS)
    installed = Installed.of(json.loads(done.check("Reading what the packages require").stdout))
    unmet = unmet_requirements(installed, closure.required, overridden=closure.overridden)
    if unmet:
        said = shortened("; ".join(unmet), _MAX_SAID)
        raise ResolutionError(f"The packages of the lock do not fit each other or what is required: {said}. {_REMEDY}")


def _site_packages(path: str) -> str:
    found = glob.glob(os.path.join(glob.escape(path), "lib", "python3*", "site-packages"))
    if not found:
        raise CommandError(
            f"uv created no venv in {path}: there is no site-packages; replace this uv with a working one"
        )
    return found[0]


def _installation(plan: VenvPlan, *, site: str, uv: Uv) -> Callable[[], tuple[float, int]]:
    """How many packages are there, of how many; one that is fetched and not yet installed counts as a part."""
    names = {normalise_name(one.name) for one in plan.packages}
    seen: set[str] = set()
    fetched: set[str] = set()

    def look() -> tuple[float, int]:
        fetched.update(names.intersection(map(_distribution, uv.unpacked_since(seen))))
        installed = names.intersection(map(_distribution, os.listdir(site)))
        return _FETCHED * len(fetched - installed) + len(installed), len(names)

    return look


def _distribution(directory: str) -> str:
    """The name of the distribution that a ``*.dist-info`` is of."""
    return normalise_name(directory.partition("-")[0]) if directory.endswith(".dist-info") else ""


def _sources(root: str, files: Mapping[str, ManifestValue], *, site: str, plan: VenvPlan) -> Iterator[Source]:
    """The files to have bytecode; not in collections, most of which is never imported."""
    left_out = {posixpath.join(site, "ansible_collections", *one.name.split(".")) for one in plan.collections}
    depth = site.count("/") + 4
    for path, value in files.items():
        if path.endswith(".py") and path.startswith(f"{site}/") and not isinstance(value, str):
            sha256, size, mtime_ns = value
            if size <= LARGEST_SOURCE and "/".join(path.split("/")[:depth]) not in left_out:
                yield Source(os.path.join(root, path), sha256, size, mtime_ns)


def _put_bytecode(
    sources: Sequence[Source],
    kept: BytecodeCache,
    plan: VenvPlan,
    *,
    runner: Runner,
    pass_fds: Sequence[int],
    reporter: Reporter,
) -> None:
    """Put bytecode beside ``sources`` now, because nobody can write it later; only what is new is compiled."""
    new = [one for one in sources if not kept.put_beside(one)]
    if new:
        number = len({one.sha256 for one in new})
        with kept.filling() as directory, reporter.watching(lambda: (len(os.listdir(directory)), number)):
            _compile(new, directory, plan, runner=runner, pass_fds=pass_fds)
        for one in new:
            kept.put_beside(one)


def _compile(
    sources: Sequence[Source], directory: str, plan: VenvPlan, *, runner: Runner, pass_fds: Sequence[int]
) -> None:
    """Let the base interpreter compile each content once; its exit code says nothing: a venv without bytecode works."""
    argv = [plan.interpreter.executable, "-I", "-S", "-B", "-W", "ignore"]
    argv += ["-c", module_source(compiler.__name__), str(COMPILE_SECONDS), directory]
    paths = json.dumps(list({one.sha256: one.path for one in sources}.values()))
    runner.run(argv, env=network_environment(), cwd="/", stdin=paths, pass_fds=pass_fds, timeout=COMPILE_TIMEOUT)
