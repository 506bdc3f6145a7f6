# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The files of a project, of a collection or of ansible-core: what is found, read and listed in its :class:`Trees`."""

from __future__ import annotations

import errno
import fnmatch
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import shortened

from ..facts import KnownFacts
from .names import parts_of
from .stamp import Stamp
from .tree import MAX_ENTRIES, FoundEntry, OutsideError, Tree, TrustedTree, is_below
from .trees import Trees
from .yaml import UnusableFileError, load_yaml

MAX_TOTAL_BYTES = 128 * 1024 * 1024
#: Entries of all directories that are listed.
MAX_LISTED = 500_000
VAULT_HEADER = b"$ANSIBLE_VAULT;"
_MAX_PATTERN = 1000
_MAX_SHOWN = 500


class Files:
    """The files below ``root``. Paths go in and out as :class:`Path` objects below it (symlinks resolved).

    ``label`` stands before the paths that are shown: the name of the collection whose files they are. A link that
    leads out is not followed but kept in ``left_out``, unless the caller is ``strict`` and reports it himself, or the
    tree is ``trusted`` (ansible-core). With ``follows_links`` it is the user's own project: where such a link ends is
    followed as well, and with ``may_follow`` it would be if the user let it.
    """

    #: Called with the name of each file before it is read: whoever watches then knows at which one an analysis ended.
    reading: ClassVar[Callable[[str], None]] = lambda _shown: None

    def __init__(
        self,
        root: Path,
        *,
        label: str = "",
        trusted: bool = False,
        follows_links: bool = False,
        may_follow: bool = False,
    ) -> None:
        self._trees = Trees(TrustedTree(root) if trusted else Tree(root), follows_links=follows_links)
        self.root = self._trees.root
        self.may_follow = may_follow
        self.label = label
        self.left_out: dict[Path, None] = {}
        #: Who reads directories that lie elsewhere and belong to it: fetched roles, inventories that the user names.
        self.parts: dict[Path, Files] = {}
        #: What is known of the contents of its files; None for nothing, because they are known in another way.
        self.facts: KnownFacts | None = None
        #: What was made of a file's content, by whoever reads it more than once.
        self.parsed: dict[Path, Any] = {}
        self._documents: dict[Path, Any] = {}
        self._encrypted: set[Path] = set()
        self._names: dict[Path, list[str]] = {}
        self._matching: dict[tuple[Path, str], list[Path]] = {}
        self._shown: dict[str, str] = {}
        self._read = 0
        self._listed = 0

    @property
    def looked(self) -> Mapping[str, Stamp]:
        """What was found at each path that was looked at."""
        return self._trees.looked

    def follow(self, path: Path) -> Path | None:
        """Let what is below ``path``, outside of the root, be read as well; see :meth:`Trees.follow`."""
        return self._trees.follow(path)

    def part(self, root: Path, *, label: str) -> Files:
        """Who reads the directory ``root``, which lies elsewhere; see ``parts``."""
        if root not in self.parts:
            self.parts[root] = Files(root, label=label)
            self.parts[root].facts = self.facts
        return self.parts[root]

    def of(self, path: Path) -> Files:
        """Who reads ``path``: the one with the nearest root above it, this one for a path of nobody."""
        above = [one for one in (self, *self.parts.values()) if is_below(path, one.root)]
        return max(above, key=lambda one: len(one.root.parts), default=self)

    def file(self, *candidates: Path, strict: bool = False) -> Path | None:
        """The first candidate that is a regular file; :class:`OutsideError` when ``strict`` and one leads out."""
        return self._first(candidates, lambda found: found.is_file, strict)

    def directory(self, *candidates: Path, strict: bool = False) -> Path | None:
        """The first candidate that is a directory; see :meth:`file`."""
        return self._first(candidates, lambda found: found.is_directory, strict)

    def either(self, *candidates: Path, strict: bool = False) -> Path | None:
        """The first candidate that is a file or a directory; see :meth:`file`."""
        return self._first(candidates, lambda found: found.is_file or found.is_directory, strict)

    def yaml_file(self, stem: Path) -> Path | None:
        """``stem`` with one of the endings that Ansible tries, or as it is."""
        return self.file(*(stem.with_name(stem.name + ending) for ending in (".yml", ".yaml", "", ".json")))

    def named(self, directory: Path, name: str, endings: Iterable[str], *, prefix: str = "") -> Path | None:
        """The file of a dotted ``name`` below ``directory``: every name becomes a path here. None for no name."""
        stem = self._named_path(directory, name)
        if stem is None:
            return None
        return self.file(*(stem.parent / f"{prefix}{stem.name}{ending}" for ending in endings))

    def named_directory(self, directory: Path, name: str) -> Path | None:
        """The directory of a dotted ``name`` below ``directory``; see :meth:`named`."""
        path = self._named_path(directory, name)
        return self.directory(path) if path is not None else None

    def names(self, directory: Path) -> list[str]:
        """The sorted entries of a directory, kept for the next time; none when it is not one."""
        if directory in self._names:
            return self._names[directory]
        try:
            entries = self._trees.entries(directory)
        except OutsideError:
            real = self.directory(directory)
            return self.names(real) if real is not None else []
        except OSError as error:
            raise self._unreadable(directory, error) from error
        self._listed += len(entries)
        if len(entries) > MAX_ENTRIES or self._listed > MAX_LISTED:
            raise InputError(f"{self.shown(directory)} has more than {MAX_ENTRIES} entries; choose a smaller directory")
        self._names[directory] = entries
        return entries

    def below(self, directory: Path, endings: Iterable[str] = ("",), *, depth: int = 4) -> list[Path]:
        """Regular files below ``directory`` that end in one of ``endings``; links to directories are not followed."""
        found: list[Path] = []
        endings = tuple(endings)
        real = self.directory(directory)
        for name in self.names(real) if real is not None else ():
            if real is None or name.startswith("."):
                continue
            file = self.file(real / name) if name.endswith(endings) else None
            if file is not None:
                found.append(file)
            elif depth > 0 and self.directory(real / name) == real / name:
                found += self.below(real / name, endings, depth=depth - 1)
        return found

    def matching(self, directory: Path, pattern: str) -> list[Path]:
        """Files below ``directory`` by a shell ``pattern``; a star stands for a part of one name, not for a path."""
        if len(pattern) > _MAX_PATTERN:
            return []
        if (directory, pattern) not in self._matching:
            self._matching[directory, pattern] = self._matched(directory, pattern)
        return self._matching[directory, pattern]

    def _matched(self, directory: Path, pattern: str) -> list[Path]:
        *heads, last = pattern.split("/")
        directories = [directory]
        for head in heads:
            inner = (self.directory(path) for one in directories for path in self.alike(one, head))
            # Links make circles: each directory counts once, however it is reached.
            directories = list(dict.fromkeys(path for path in inner if path is not None))
        files = (self.file(path) for one in directories for path in self.alike(one, last))
        return [path for path in files if path is not None]

    def alike(self, directory: Path, pattern: str) -> list[Path]:
        """What is in ``directory`` and has a name of a shell ``pattern`` of one name; links are not resolved."""
        if len(pattern) > _MAX_PATTERN:
            return []
        found = (name for name in self.names(directory) if not name.startswith("."))
        return [directory / name for name in found if fnmatch.fnmatchcase(name, pattern)]

    def data(self, path: Path, *, cut: bool = False) -> bytes:
        """The content of a file; raises :class:`InputError` for what cannot be read; see ``Tree.read`` for ``cut``."""
        Files.reading(self.shown(path))
        try:
            data = self._trees.read(path, cut=cut)
        except OutsideError as error:
            self._leave_out(error)
            raise InputError(f"{self.shown(path)} is outside of {self.root} and is not followed") from error
        except OSError as error:
            raise self._unreadable(path, error) from error
        self._read += len(data)
        if self._read > MAX_TOTAL_BYTES:
            raise InputError(
                f"{self.shown(path)}: more than {MAX_TOTAL_BYTES} bytes of {self.label or 'the project'} would be "
                "read with it; choose a smaller directory"
            )
        return data

    def text(self, path: Path, *, cut: bool = False) -> str:
        """A file as text; bytes that are not UTF-8 are replaced."""
        return self.data(path, cut=cut).decode("utf-8", errors="replace")

    def yaml(self, path: Path) -> Any:
        """A file as YAML, kept for the next time; None for one that is encrypted as a whole."""
        if path not in self._documents:
            data = self.data(path)
            if data.lstrip().startswith(VAULT_HEADER):
                self._encrypted.add(path)
            self._documents[path] = None if path in self._encrypted else load_yaml(data, self.shown(path))
        return self._documents[path]

    def is_encrypted(self, path: Path) -> bool:
        """Whether a file that was read as YAML is encrypted as a whole."""
        return path in self._encrypted

    def readable_yaml(self, path: Path) -> Any:
        """As :meth:`yaml`; raises :class:`UnusableFileError` for a file that is encrypted as a whole."""
        document = self.yaml(path)
        if document is None and self.is_encrypted(path):
            raise UnusableFileError(self.shown(path), "is encrypted, and only the run can read it", is_limit=True)
        return document

    def shown(self, path: Path) -> str:
        """The path as it stands in messages and evidence: relative to the root."""
        key = str(path)
        if key not in self._shown:
            relative = path.relative_to(self.root).as_posix() if is_below(path, self.root) else key
            self._shown[key] = shortened(f"{self.label}/{relative}" if self.label else relative, _MAX_SHOWN)
        return self._shown[key]

    def _first(self, candidates: Iterable[Path], fits: Callable[[FoundEntry], bool], strict: bool) -> Path | None:
        for candidate in candidates:
            try:
                found = self._trees.locate(candidate)
            except OutsideError as error:
                error.may_follow = self.may_follow
                if strict:
                    raise
                self._leave_out(error)
                continue
            except OSError as error:
                raise self._unreadable(candidate, error) from error
            if found is not None and fits(found):
                return found.path
        return None

    def _named_path(self, directory: Path, name: str) -> Path | None:
        parts = parts_of(name)
        return directory.joinpath(*parts) if parts else None

    def _leave_out(self, error: OutsideError) -> None:
        if error.link is not None:
            self.left_out.setdefault(error.link)

    def _unreadable(self, path: Path, error: OSError) -> UnusableFileError:
        reason = f"cannot be read: {error.strerror or error}"
        return UnusableFileError(self.shown(path), reason, is_limit=error.errno == errno.EFBIG)
