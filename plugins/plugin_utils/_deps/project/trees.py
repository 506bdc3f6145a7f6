# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which directory a path is read in: the root of a project, or one outside that is followed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from .stamp import Stamp, stamp_at
from .tree import FoundEntry, OutsideError, Tree, is_below, is_directory, real_path, way_to


class Trees:
    """The tree of the root, and one for each directory outside of it that is followed; nothing leaves any of them.

    With ``follows_links``, where a link leads out of the root is followed as well.
    """

    def __init__(self, tree: Tree, *, follows_links: bool) -> None:
        self.root = tree.root
        self._tree = tree
        self._follows_links = follows_links
        self._followed: dict[Path, Tree] = {}
        self._looked: dict[str, Stamp] = {}

    @property
    def looked(self) -> Mapping[str, Stamp]:
        """What was found at each path that was looked at."""
        trees = (self._tree, *self._followed.values())
        return {**self._looked, **{path: stamp for tree in trees for path, stamp in tree.looked.items()}}

    def follow(self, directory: Path) -> Path | None:
        """Let what is below ``directory`` be read as well; where it is, None if it is no readable directory."""
        if directory not in self._followed:
            self._note_way(directory)
            if not is_directory(directory):
                return None
            try:
                self._followed[directory] = Tree(directory)
            except InputError:
                return None
        return self._followed[directory].root

    def locate(self, path: Path) -> FoundEntry | None:
        """What ``path`` ends at; see :meth:`Tree.locate`."""
        try:
            return self._of(path).locate(path)
        except OutsideError as error:
            if error.link is None or not self._follows_links:
                raise
        self._note_way(path)
        real = real_path(path)
        directory = real if is_directory(real) else real.parent
        return self._followed[directory].locate(real) if self.follow(directory) is not None else None

    def read(self, path: Path, *, cut: bool) -> bytes:
        """The content of a file that was located; see :meth:`Tree.read`."""
        return self._of(path).read(path, cut=cut)

    def entries(self, directory: Path) -> list[str]:
        """The names in a directory that was located; see :meth:`Tree.entries`."""
        return self._of(directory).entries(directory)

    def _note_way(self, path: Path) -> None:
        """Take note of each link on the way, because what is read is another thing when one of them changes."""
        self._looked.update((step, stamp_at(step)) for step in way_to(path))

    def _of(self, path: Path) -> Tree:
        if self._followed and not is_below(path, self.root):
            for given, tree in self._followed.items():
                if is_below(path, given) or is_below(path, tree.root):
                    return tree
        return self._tree
