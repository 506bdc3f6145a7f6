# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""``pyproject.toml``: ``[project]``, chosen optional dependencies and dependency groups, and files that these name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import InputError
from .._packaging.requirement import normalise_name
from .model import FileContents, join
from .settings import DEV_KEY, ToolSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .files import ProjectFiles

_GROUPS = "dependency-groups"
_OPTIONAL = "optional-dependencies"
#: The group that [tool.uv] dev-dependencies adds to, as uv has it.
_DEV = "dev"


class PyprojectReader:
    """Reads one ``pyproject.toml``. ``include(path, where)`` reads a requirements file that it names."""

    def __init__(
        self, files: ProjectFiles, path: str, *, include: Callable[[str, str], FileContents], where: str = ""
    ) -> None:
        self._files = files
        self._include = include
        self._toml = files.toml(path, where=where)
        self._project = self._toml.table("project")
        name = self._toml.text(self._project, "project", "name")
        self._name = normalise_name(name) if name else None
        self._optional = _by_normal_name(self._toml.table("project", _OPTIONAL))
        self._dynamic = self._toml.table("tool", "setuptools", "dynamic")
        self._optional_files = _by_normal_name(self._toml.table("tool", "setuptools", "dynamic", _OPTIONAL))
        self._groups = _by_normal_name(self._toml.table(_GROUPS))
        self._settings = ToolSettings(files, self._toml)

    @property
    def computes_dependencies(self) -> bool:
        """Whether the project says that its dependencies are known only when it is built, and not from which file."""
        return "dependencies" in self._toml.array(self._project, "project", "dynamic") and not self._dynamic.get(
            "dependencies"
        )

    def read(self, groups: frozenset[str]) -> FileContents:
        """What the package needs, and what the extras and dependency groups among ``groups`` add.

        The file counts as read only where it says what is needed: often it holds nothing but the settings of tools.
        """
        files = (self._toml.path,) if self._project or self._groups or self._dynamic else ()
        found = [
            FileContents(files=files, groups=frozenset(self._known()), python=self._toml.requires_python("project"))
        ]
        seen: set[str] = set()
        lines = self._toml.array(self._project, "project", "dependencies")
        found.append(self._listed(lines, "dependencies", seen, header="[project]"))
        found.append(self._from_files(self._dynamic.get("dependencies"), "dependencies"))
        found += [self._extra(group, seen) for group in sorted(groups)]
        included: set[str] = set()
        found += [self._group(group, included, ()) for group in sorted(groups)]
        if _DEV in groups:
            found.append(self._listed(self._settings.dev_dependencies, DEV_KEY, seen, header="[tool.uv]"))
        content = join(found)
        self._settings.check_sources(content.declared, groups)
        settings = self._settings.read(has_dependencies=self._has_dependencies())
        # An override can add a name that nothing else asks for.
        self._settings.check_sources(settings.declared, groups)
        return join([content, settings])

    def _has_dependencies(self) -> bool:
        return "dependencies" in self._project or bool(self._dynamic.get("dependencies"))

    def _known(self) -> Iterator[str]:
        yield from self._optional
        yield from self._optional_files
        yield from self._groups
        if self._settings.dev_dependencies:
            yield _DEV

    def _extra(self, extra: str, seen: set[str]) -> FileContents:
        """One extra; a requirement of the project itself with extras stands for those extras."""
        if extra in seen:
            return FileContents()
        seen.add(extra)
        key = self._optional.get(extra)
        lines = self._toml.array(self._toml.table("project", _OPTIONAL), "project", _OPTIONAL, key) if key else []
        found = [self._listed(lines, key or extra, seen, header=f"[project.{_OPTIONAL}]")]
        key = self._optional_files.get(extra)
        if key:
            table = self._toml.table("tool", "setuptools", "dynamic", _OPTIONAL)
            found.append(self._from_files(table[key], key))
        return join(found)

    def _listed(self, lines: list[Any], key: str, seen: set[str], *, header: str) -> FileContents:
        found = []
        for text in lines:
            try:
                one = self._toml.requirement(text, header=header, key=key)
            except InputError as error:
                self._files.refuse(error, str(text))
                continue
            if one.requirement.name != self._name:
                found.append(FileContents(declared=(one,)))
                continue
            for extra in one.requirement.extras:
                if extra not in self._optional and extra not in self._optional_files:
                    message = f"the project has no extra {extra!r}, which {text!r} requires"
                    raise self._toml.refused(message, one.location.line)
                found.append(self._extra(extra, seen))
        return join(found)

    def _group(self, group: str, included: set[str], way: tuple[str, ...]) -> FileContents:
        """One dependency group (PEP 735) with the groups that it includes, each once."""
        key = self._groups.get(group)
        if group in way:
            line = self._toml.line(f"[{_GROUPS}]", str(key))
            raise self._toml.refused(f"the group includes itself ({' → '.join([*way, group])})", line)
        if key is None or group in included:
            return FileContents()
        included.add(group)
        found = []
        for entry in self._toml.array(self._toml.table(_GROUPS), _GROUPS, key):
            if isinstance(entry, dict):
                found.append(self._group(self._included(entry, key), included, (*way, group)))
            else:
                one = self._toml.requirement(entry, header=f"[{_GROUPS}]", key=key)
                found.append(FileContents(declared=(one,)))
        return join(found)

    def _included(self, entry: dict[str, Any], key: str) -> str:
        name = entry.get("include-group")
        line = self._toml.line(f"[{_GROUPS}]", key, name if isinstance(name, str) else None)
        if len(entry) != 1 or not isinstance(name, str):
            raise self._toml.refused(f"the group {key} contains {str(entry)[:80]}, which is not an include-group", line)
        group = normalise_name(name)
        if group not in self._groups:
            raise self._toml.refused(f"the group {key} includes {name!r}, which is not a group of this file", line)
        return group

    def _from_files(self, entry: Any, key: str) -> FileContents:
        """What ``{file = …}`` of ``[tool.setuptools.dynamic]`` names."""
        if not entry:
            return FileContents()
        line = self._toml.line("[tool.setuptools.dynamic", key)
        names = entry.get("file") if isinstance(entry, dict) else None
        names = [names] if isinstance(names, str) else names
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise self._toml.refused(f"{key} of [tool.setuptools.dynamic] names no files", line)
        where = str(self._toml.location(line))
        paths = [self._files.path(name, base=self._files.directory, where=where) for name in names]
        return join(self._include(path, where) for path in paths)


def _by_normal_name(table: dict[str, Any]) -> dict[str, str]:
    """The keys of ``table`` as they are written, by their normal name."""
    return {normalise_name(key): key for key in table}
