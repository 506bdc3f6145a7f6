# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Requirement files as pip reads them: continued lines, comments, ``-r`` and ``-c``, hashes.

What cannot be in a venv that is made of hashed wheels is an error that names file and line; it is never skipped.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING

from .._errors import InputError
from .._packaging.address import kind_of_source
from .._packaging.record import ALGORITHMS
from .._packaging.requirement import (
    MAX_LENGTH,
    normalise_name,
    parse_requirement,
    refused_source,
)
from .files import no_index, other_index, other_links
from .model import (
    DeclaredRequirement,
    FileContents,
    Location,
    join,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .files import ProjectFiles

MAX_DEPTH = 20
#: More than any environment holds.
MAX_LINES = 20_000

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$")
_LONG_OPTION = re.compile(r"(--[A-Za-z0-9-]+)(?:\s*=\s*|\s+|$)(.*)")
_TAIL = re.compile(r"\s--?[A-Za-z]")
_HASH = re.compile(r"--hash(?:=|\s+)(?P<algorithm>[A-Za-z0-9]+):(?P<digest>[0-9a-fA-F]+)(?=\s|$)")
#: As pip writes them, shells, and Windows.
_VARIABLE = re.compile(r"\$\{[A-Za-z0-9_]+\}|\$[A-Za-z_][A-Za-z0-9_]*|%[A-Za-z_]{3,}[A-Za-z0-9_]*%")
_ITSELF = re.compile(r"\./?(?:\[(?P<extras>[A-Za-z0-9._,\s-]*)\])?")
_LONG_NAMES = {
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
    "-i": "--index-url",
    "-f": "--find-links",
}
#: Options that ask for what is always done here.
_ALWAYS_SO = {"--only-binary", "--prefer-binary", "--require-hashes"}
_INDEXES = {"--index-url", "--extra-index-url"}


class RequirementsReader:
    """Reads requirement files of one project, each once however often it is included.

    ``itself(extras, where)`` gives what the project's own metadata asks for, with its extras; it is called where a file
    asks for ``.`` or ``-e .``.
    """

    def __init__(self, files: ProjectFiles, *, itself: Callable[[frozenset[str], str], FileContents]) -> None:
        self._files = files
        self._itself = itself
        self._open: list[str] = []
        self._done: set[tuple[str, bool]] = set()

    def read(self, path: str, *, constraint: bool = False, where: str = "") -> FileContents:
        """What ``path`` and all that it includes ask for; ``where`` is the file and line that include it."""
        if path in self._open:
            raise InputError(f"{where}: {path} includes itself ({' → '.join([*self._open, path])})")
        if len(self._open) >= MAX_DEPTH:
            raise InputError(f"{where}: requirement files include each other more than {MAX_DEPTH} deep")
        if (path, constraint) in self._done:
            return FileContents()
        self._done.add((path, constraint))
        found = [FileContents(files=(path,))]
        text = self._files.text(path, where=where)
        self._open.append(path)
        for count, (number, line) in enumerate(logical_lines(text)):
            if count == MAX_LINES:
                raise InputError(f"{path} has more than {MAX_LINES} lines, the maximum for requirement files")
            found.append(self._line(line, Location(self._files.name, path, number), constraint))
        self._open.pop()
        return join(found)

    def _line(self, line: str, location: Location, constraint: bool) -> FileContents:
        depth = len(self._open)
        read = self._option if line.startswith("-") else self._requirement
        try:
            return read(line, location, constraint)
        except InputError as error:
            del self._open[depth:]
            self._files.refuse(error, line)
        return FileContents()

    def _option(self, line: str, location: Location, constraint: bool) -> FileContents:
        name, value = _split_option(line)
        if name in ("--requirement", "--constraint", "--editable"):
            _check_no_variable(value, location)
        if name in ("--requirement", "--constraint"):
            if not value:
                raise InputError(f"{location}: {name} has no file name")
            path = self._files.path(value, base=os.path.dirname(location.file), where=str(location))
            return self.read(path, constraint=constraint or name == "--constraint", where=str(location))
        if name == "--editable":
            return self._project_itself(value, location, constraint)
        if name in _ALWAYS_SO or (name in _INDEXES and self._files.is_index(value)):
            return FileContents()
        raise InputError(f"{location}: {_remedy(name, value)}")

    def _requirement(self, line: str, location: Location, constraint: bool) -> FileContents:
        _check_no_variable(line, location)
        if line.startswith("."):
            return self._project_itself(line, location, constraint)
        tail = _TAIL.search(line)
        text, options = (line[: tail.start()], line[tail.start() :].strip()) if tail else (line, "")
        unread = _HASH.sub("", options).split()
        if unread:
            reason = "is not a hash" if unread[0].startswith("--hash") else "cannot be set for a single requirement"
            raise InputError(f"{location}: {unread[0][:80]} {reason}; remove it from the line")
        hashes = _sha256(options, location)
        requirement = parse_requirement(text, where=str(location))
        if constraint and requirement.extras:
            raise InputError(f"{location}: a constraint limits versions and cannot have extras; remove them")
        return FileContents(declared=(DeclaredRequirement(requirement, location, constraint, hashes),))

    def _project_itself(self, value: str, location: Location, constraint: bool) -> FileContents:
        match = _ITSELF.fullmatch(value)
        itself = match is not None or any(
            self._files.is_root(os.path.join(base, value))
            for base in (self._files.directory, os.path.dirname(location.file))
        )
        if not value:
            raise InputError(f"{location}: --editable has no directory; add one, or remove the option from the file")
        if not itself:
            raise refused_source(value, kind_of_source(value) or "a directory", where=str(location))
        if constraint:
            raise InputError(f"{location}: a constraint limits versions, and {value[:80]!r} has none; remove it")
        extras = (match["extras"] or "").split(",") if match else []
        wanted = frozenset(normalise_name(extra.strip()) for extra in extras if extra.strip())
        sibling = FileContents(siblings=(self._files.import_directory,))
        return join([sibling, self._itself(wanted, str(location))])


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines as pip joins them, without comments and empty ones, each with the number of its first line."""
    pending: list[str] = []
    first = 0
    for number, line in enumerate(text.splitlines(), start=1):
        commented = line.lstrip().startswith("#")
        if not pending:
            first = number
        if line.endswith("\\") and not commented:
            pending.append(line[:-1])
            continue
        # A comment ends a continued line: the blank makes it one also where the text before it has no space.
        yield from _without_comment(first, "".join([*pending, f" {line}" if commented else line]))
        pending = []
    yield from _without_comment(first, "".join(pending))


def _check_no_variable(text: str, location: Location) -> None:
    match = _VARIABLE.search(text[:MAX_LENGTH])
    if match:
        raise InputError(
            f"{location}: environment variables in requirement files are not expanded, so that a venv does not depend "
            f"on the user who builds it; write the value of {match.group()}"
        )


def _sha256(options: str, location: Location) -> tuple[str, ...]:
    """The sha256 among the hashes of a line: wheels are compared by them, other strong hashes beside them are not."""
    found = [(match["algorithm"].lower(), match["digest"].lower()) for match in _HASH.finditer(options)]
    for algorithm, digest in found:
        if algorithm not in ALGORITHMS:
            raise InputError(
                f"{location}: --hash={algorithm[:20]} is not one of {', '.join(ALGORITHMS)}; write a sha256"
            )
        if len(digest) != 2 * hashlib.new(algorithm).digest_size:
            raise InputError(
                f"{location}: --hash={algorithm}:{digest[:20]} does not have the length of a hash; correct it"
            )
    chosen = tuple(sorted({digest for algorithm, digest in found if algorithm == "sha256"}))
    if found and not chosen:
        raise InputError(
            f"{location}: wheels are compared by their sha256, and the line has only {found[0][0]}; write the sha256 "
            "too, for example with 'uv pip compile --generate-hashes'"
        )
    return chosen


def _without_comment(number: int, line: str) -> Iterator[tuple[int, str]]:
    bare = _COMMENT.sub("", line).strip()
    if bare:
        yield number, bare


def _split_option(line: str) -> tuple[str, str]:
    """The option's long name and its value, quotes taken off."""
    match = _LONG_OPTION.match(line)
    name, value = match.groups() if match else (line[:2], line[2:])
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1]
    return _LONG_NAMES.get(name, name), value


def _remedy(option: str, value: str) -> str:
    """Why an option is refused."""
    if option in _INDEXES:
        return other_index(option, value)
    if option == "--find-links":
        return other_links(option, value)
    if option == "--no-index":
        return no_index(option)
    if option == "--trusted-host":
        return (
            "--trusted-host is not supported, because the certificate of an index is always verified; remove it from "
            "the file, and set SSL_CERT_FILE to the certificate of its authority"
        )
    if option == "--no-binary":
        return "--no-binary requires a build from source, which is not supported; remove it from the file"
    if option == "--pre":
        return "--pre applies to all packages: remove it, and require a pre-release by name, such as x>=2.0b1"
    return f"{option[:80]} is not supported for a shared venv; remove it from the file"
