# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A collection in a source tree (galaxy.yml): ansible-galaxy builds its tarball, which goes the way of any tarball.

Which files belong to it is ansible-galaxy's business (``build_ignore``, ``manifest``). It reads the tree and runs
nothing of it, with limits, offline, and in an environment that neither the user's nor the tree's settings reach.
"""

from __future__ import annotations

import glob
import os
import re
import stat
from typing import TYPE_CHECKING

from .._errors import SourceError, ToolMissingError, VenvError
from .._galaxy.tool import reason_of
from .._printable import shortened
from .._store.staging import staging
from .directory import read_file, target_inside
from .manifest import FILES, MANIFEST
from .tarball import read_tarball

if TYPE_CHECKING:
    from .._galaxy.tool import GalaxyTool
    from .._runner import Runner
    from .._store.store import Store
    from .collection_cache import CachedCollection, CollectionCache

GALAXY_FILE = "galaxy.yml"
#: In seconds. The largest collections take ten.
BUILD_TIMEOUT = 300.0
#: What a galaxy.yml that never ends to unfold may cost, in CPU seconds and KiB of memory.
_LIMITED = 'ulimit -t 120; ulimit -v 4194304; exec "$@"'
#: ansible-galaxy takes any text for a name, and puts the tarball where the name leads. Its first argument is ours.
_CHECKED = r"""
import re, runpy, sys, yaml
with open(sys.argv[1], "rb") as stream:
    information = yaml.safe_load(stream)
if isinstance(information, dict):
    for key, form in (("namespace", r"\w+"), ("name", r"\w+"), ("version", r"[\w.+-]+")):
        if key in information and not re.fullmatch(form, str(information[key])):
            sys.exit(f"[ERROR]: {key} {information[key]!r} is not valid for a collection")
sys.argv[:2] = ["ansible-galaxy"]
runpy.run_module("ansible.cli.galaxy", run_name="__main__", alter_sys=True)
"""
#: ansible-galaxy itself says so when it needs it and does not have it; this only finds out whether to install it.
_MAY_HAVE_DIRECTIVES = re.compile(rb"""^["']?manifest["']?\s*:""", re.MULTILINE)


class TreeBuilder:
    """Builds source trees into ``cache`` with the ansible-galaxy of ``tool``."""

    def __init__(self, cache: CollectionCache, *, store: Store, tool: GalaxyTool, runner: Runner) -> None:
        self.cache = cache
        self._store = store
        self._tool = tool
        self._runner = runner

    def build(self, tree: str) -> CachedCollection:
        """The collection in the source tree, as ansible-galaxy builds it; raises :class:`SourceError`."""
        galaxy_file = read_file(os.path.join(tree, GALAXY_FILE))
        _check_readable(tree)
        python = self._python(tree, with_distlib=bool(_MAY_HAVE_DIRECTIVES.search(galaxy_file)))
        self._store.prepare()
        with staging(self.cache.directory) as scratch:
            tarball = self._run(python, tree, scratch)
            try:
                collection = read_tarball(tarball)
            except SourceError as error:
                raise SourceError(error.message.replace(tarball, tree)) from error
            for name in sorted(collection.checksums.keys() - {MANIFEST, FILES}):
                target_inside(tree, name)
            return self.cache.add(collection)

    def _run(self, python: str, tree: str, scratch: str) -> str:
        """Let ansible-galaxy build into ``scratch``; returns the path of the tarball."""
        config, output = os.path.join(scratch, "empty.cfg"), os.path.join(scratch, "built")
        with open(config, "w", encoding="utf-8"):
            pass
        os.mkdir(output)
        environment = {
            "PATH": os.defpath,
            "LC_ALL": "C.UTF-8",
            "HOME": scratch,
            "TMPDIR": scratch,
            "ANSIBLE_CONFIG": config,
            "ANSIBLE_HOME": scratch,
            "ANSIBLE_COLLECTIONS_PATH": scratch,
            "ANSIBLE_NOCOLOR": "1",
        }
        argv = ["/bin/sh", "-c", _LIMITED, "sh", python, "-I", "-B", "-c", _CHECKED]
        argv += [os.path.join(tree, GALAXY_FILE), "collection", "build", "--output-path", output, tree]
        done = self._runner.run(argv, env=environment, cwd=scratch, timeout=BUILD_TIMEOUT)
        if done.returncode != 0:
            raise SourceError(
                f"ansible-galaxy cannot build the collection in {tree}: {shortened(reason_of(done), 600)}. "
                f"Correct {GALAXY_FILE} or the tree"
            )
        (tarball,) = glob.glob(os.path.join(glob.escape(output), "*.tar.gz"))
        return tarball

    def _python(self, tree: str, *, with_distlib: bool) -> str:
        try:
            return self._tool.python(with_distlib=with_distlib)
        except VenvError as error:
            raise ToolMissingError(
                f"The collection in {tree} is a source tree, and ansible-galaxy, which builds it, cannot be installed: "
                f"{error.message}. Or build it with ansible-galaxy collection build, and use the tarball"
            ) from error


def _check_readable(tree: str) -> None:
    """Raise :class:`SourceError` for what would let a reader wait for ever; hidden directories are never built."""
    for directory, names, files in os.walk(tree):
        names[:] = [name for name in names if not name.startswith(".")]
        for name in files:
            path = os.path.join(directory, name)
            mode = os.lstat(path).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISSOCK(mode)):
                raise SourceError(f"{path} is neither a file nor a directory; remove it")
