# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the project's own ansible.cfg files say: which plugins are used, and where things lie.

Paths are read as ``config/manager.py`` of ansible-core reads them. Those that leave the project are followed only where
the caller says so. What is not followed is listed as dynamic with the line of its setting.
"""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._paths import expand_home

from ..model import FileLocation
from ..resolution.core import DIRECTORIES, local_directory
from .connections import can_be_local
from .files import Files
from .ini import setting_lines, settings_of, unquoted
from .names import FALSE_TEXTS, TRUE_TEXTS
from .plugin_options import AUTOMATIC
from .scan import Findings
from .stamp import stamp_at
from .tree import OUTSIDE, OutsideError
from .user_settings import UserSetting

_NAME = "ansible.cfg"
#: Where ``config/base.yml`` of ansible-core looks by default, beside its own home.
_USUAL_ROLES = ("/usr/share/ansible/roles", "/etc/ansible/roles")
_USUAL_PLUGINS = Path("/usr/share/ansible/plugins")
#: The kinds of plugins for which it looks there.
_USUAL_KINDS = tuple(kind for kind in DIRECTORIES if kind != "shell")
#: The setting of that home, below that of the user when it is not set.
_HOME = "home"
_USUAL_HOME = ".ansible"
_DIRECTORY_SETTINGS = ("roles_path", _HOME, *map(local_directory, _USUAL_KINDS))
#: What is never followed out of the project: the run looks for collections in the project and in its venv.
_OF_THE_RUN = ("collections_path", "collections_paths")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{([^}]*)\})")


class PluginSetting(NamedTuple):
    """A setting whose value names plugins of ``kind``; those that are not ``required`` may be missing.

    ``static``: Ansible loads them before the first task, and stops where there is none.
    """

    section: str
    key: str
    kind: str
    is_list: bool = False
    required: bool = True
    static: bool = False


#: From ``config/base.yml`` and the fragment ``inventory_cache`` of ansible-core. ``enable_plugins`` lists what may be
#: used: ``inventory/manager.py`` skips a missing one with a warning. The last two are a name of former releases and a
#: frequent slip, which no core reads that can run here. All others are loaded and used.
PLUGIN_SETTINGS = (
    PluginSetting("defaults", "fact_caching", "cache"),
    PluginSetting("defaults", "facts_modules", "module", is_list=True),
    PluginSetting("defaults", "stdout_callback", "callback", static=True),
    PluginSetting("defaults", "strategy", "strategy", static=True),
    PluginSetting("defaults", "transport", "connection"),
    PluginSetting("defaults", "callbacks_enabled", "callback", is_list=True),
    PluginSetting("defaults", "vars_plugins_enabled", "vars", is_list=True),
    PluginSetting("inventory", "cache_plugin", "cache"),
    PluginSetting("inventory", "enable_plugins", "inventory", is_list=True, required=False),
    PluginSetting("privilege_escalation", "become_method", "become"),
    PluginSetting("defaults", "callback_enabled", "callback", is_list=True, required=False),
    PluginSetting("defaults", "callback_whitelist", "callback", is_list=True, required=False),
)


@dataclass(frozen=True)
class ConfigFile:
    """One ansible.cfg: its ``[defaults]``, and the directories of the project that it names.

    These are directories of roles, of collections, of local plugins by kind, and files or directories of inventory.
    ``homes`` is where Ansible looks for roles and plugins that no other setting places; ``sets`` are the settings of
    directories that it has. ``left_out`` are those of which a directory would be followed if the user let it.
    """

    directory: Path
    defaults: Mapping[str, str] = field(default_factory=dict)
    roles: tuple[Path, ...] = ()
    collections: tuple[Path, ...] = ()
    plugins: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    inventories: tuple[Path, ...] = ()
    homes: tuple[Path, ...] = ()
    sets: frozenset[str] = frozenset()
    left_out: Mapping[str, FileLocation] = field(default_factory=dict)


@dataclass(frozen=True)
class ProjectConfig:
    """The ansible.cfg files of a project, that of the root last: Ansible reads the one of the current directory."""

    root: Path
    files: tuple[ConfigFile, ...] = ()

    @property
    def collections(self) -> tuple[Path, ...]:
        """The directories of collections."""
        return tuple(path for file in self.files for path in file.collections)

    @property
    def inventories(self) -> tuple[Path, ...]:
        """The files and directories of inventory."""
        return tuple(path for file in self.files for path in file.inventories)

    @property
    def plugins(self) -> dict[str, tuple[Path, ...]]:
        """The directories of local plugins by kind."""
        return {kind: tuple(path for file in self.files for path in file.plugins.get(kind, ())) for kind in DIRECTORIES}

    @property
    def wrong_keys_stop(self) -> bool:
        """Whether Ansible stops for a key that an include has not (``INVALID_TASK_ATTRIBUTE_FAILED``)."""
        values = (unquoted(file.defaults.get("invalid_task_attribute_failed", "")) for file in self.files)
        return not any(value.lower() in FALSE_TEXTS for value in values)

    def left_out(self, kind: str) -> tuple[str, FileLocation] | None:
        """The setting, with its place, that names a directory of ``kind`` (role, module, …) that is not followed."""
        settings = ("roles_path" if kind == "role" else local_directory(kind) if kind in DIRECTORIES else "", _HOME)
        found = (
            (setting, file.left_out[setting]) for file in self.files for setting in settings if setting in file.left_out
        )
        return next(found, None) if settings[0] else None

    def roles(self, base: Path) -> list[Path]:
        """The directories of roles for a playbook in ``base``: those that a file above it names."""
        above = (file for file in self.files if file.directory == self.root or base.is_relative_to(file.directory))
        return [path for file in above for path in file.roles]


def read_config(
    files: Files,
    findings: Findings,
    entries: Iterable[Path] = (),
    *,
    user: Sequence[UserSetting] = (),
    home: str | None = None,
    usual: bool = True,
) -> ProjectConfig:
    """Read ``ansible.cfg`` in the root and in the directories from there to ``entries`` (playbooks, roles).

    The settings of the ``user`` hold in place of what these files say. With the ``home`` of the user, paths out of the
    project are followed, and with ``usual`` also where Ansible looks by default.
    """
    directories: dict[Path, None] = {}
    for entry in entries:
        directories.update((above, None) for above in entry.parents if above.is_relative_to(files.root))
    nearest_first = sorted((one for one in directories if one != files.root), key=lambda one: (-len(one.parts), one))
    replaced = frozenset((one.section, one.key) for one in user if not one.adds)
    reader = partial(_ConfigReader, files, findings, home=home)
    found = [reader(directory, replaced).read() for directory in (*nearest_first, files.root)]
    if user:
        found.append(reader(files.root).of_user(user))
    read = [one for one in found if one is not None]
    return ProjectConfig(files.root, (*read, _by_default(files, read, home if usual else None)))


def _by_default(files: Files, read: Sequence[ConfigFile], home: str | None) -> ConfigFile:
    """Where Ansible looks if none of the files ``read`` names another directory; out of the project with a ``home``."""
    sets = {key for one in read for key in one.sets}
    homes = [path for one in read for path in one.homes]
    if _HOME not in sets and home is not None:
        homes = [Path(home, _USUAL_HOME)]

    def existing(*paths: Path) -> tuple[Path, ...]:
        inside = (files.directory(path) if path.is_relative_to(files.root) else None for path in paths)
        outside = (files.follow(path) for path in paths if home is not None and not path.is_relative_to(files.root))
        return tuple(path for path in (*inside, *outside) if path is not None)

    def plugins(kind: str) -> tuple[Path, ...]:
        return existing(*(base / DIRECTORIES[kind] for base in (*(one / "plugins" for one in homes), _USUAL_PLUGINS)))

    roles = existing(*(one / "roles" for one in homes), *map(Path, _USUAL_ROLES)) if "roles_path" not in sets else ()
    kinds = (kind for kind in _USUAL_KINDS if local_directory(kind) not in sets)
    return ConfigFile(files.root, roles=roles, plugins={kind: plugins(kind) for kind in kinds})


class _ConfigReader:
    """Reads the ansible.cfg of one directory, to which relative paths in it are relative, also if it is a link."""

    def __init__(
        self,
        files: Files,
        findings: Findings,
        directory: Path,
        replaced: Container[tuple[str, str]] = (),
        *,
        home: str | None = None,
    ) -> None:
        self._files = files
        self._findings = findings
        self._directory = directory
        self._shown = files.shown(directory / _NAME)
        self._replaced = replaced
        self._home = home
        self._settings: Mapping[tuple[str, str], str] = {}
        self._locations: Mapping[tuple[str, str], FileLocation] = {}
        self._left_out: dict[str, FileLocation] = {}

    def read(self) -> ConfigFile | None:
        path = self._files.file(self._directory / _NAME)
        if path is None:
            return None
        try:
            text = self._files.text(path)
            settings = settings_of(text, path=self._shown)
        except InputError as error:
            if self._directory == self._files.root:
                raise
            self._findings.missing("file", self._shown, FileLocation(self._shown, 1), error.message)
            return None
        self._settings = {name: value for name, value in settings.items() if name not in self._replaced}
        self._locations = {name: FileLocation(self._shown, line) for name, line in setting_lines(text).items()}
        return self._read()

    def of_user(self, settings: Iterable[UserSetting]) -> ConfigFile:
        """The same of settings that no file of the project has."""
        for one in settings:
            before = self._settings.get((one.section, one.key)) if one.adds else None
            value = one.value if before is None else f"{before}{os.pathsep}{one.value}"
            self._settings = {**self._settings, (one.section, one.key): value}
            self._locations = {**self._locations, (one.section, one.key): FileLocation(one.file, one.line)}
        return self._read()

    def _read(self) -> ConfigFile:
        for setting in PLUGIN_SETTINGS:
            self._plugins(setting)
        return ConfigFile(
            self._directory,
            {key: value for (section, key), value in self._settings.items() if section == "defaults"},
            roles=self._paths("roles_path"),
            collections=self._paths("collections_path") or self._paths("collections_paths"),
            plugins={kind: self._paths(local_directory(kind)) for kind in DIRECTORIES},
            inventories=self._paths("inventory", separator=","),
            homes=self._paths(_HOME),
            sets=frozenset(key for key in _DIRECTORY_SETTINGS if self._value("defaults", key)),
            left_out=self._left_out,
        )

    def _plugins(self, setting: PluginSetting) -> None:
        value = self._value(setting.section, setting.key)
        names = value.split(",") if setting.is_list else [value]
        if setting.key == "cache_plugin" and self._value("inventory", "cache").lower() not in TRUE_TEXTS:
            return
        for name in map(unquoted, names):
            if not (setting.kind == "module" and name in AUTOMATIC):
                location = self._location(setting.section, setting.key)
                self._findings.name(setting.kind, name, location, required=setting.required, static=setting.static)
            if setting.kind == "connection":
                self._findings.local_connection = self._findings.local_connection or can_be_local(name)

    def _value(self, section: str, key: str) -> str:
        return unquoted(self._settings.get((section, key), ""))

    def _location(self, section: str, key: str) -> FileLocation:
        return self._locations.get((section, key), FileLocation(self._shown, 1))

    def _paths(self, key: str, *, separator: str = ":") -> tuple[Path, ...]:
        """The entries of a search path that lie in the project; what cannot be followed is told."""
        entries = (entry.strip() for entry in self._value("defaults", key).split(separator))
        return tuple(path for entry in entries if entry for path in self._path(key, entry))

    def _path(self, key: str, entry: str) -> Iterator[Path]:
        """An entry as ``resolve_path`` makes it: ``{{CWD}}`` is where Ansible reads the ansible.cfg."""
        here = str(self._directory)
        place = entry.replace("{{CWD}}", here)
        known = {"PWD": here, **({"HOME": self._home} if self._home is not None else {})}
        place = _VARIABLE.sub(lambda found: known.get(found[1] or found[2], found[0]), place)
        if self._home is not None:
            place = expand_home(place, home=self._home)
        elif key not in _OF_THE_RUN and not {one[1] or one[2] for one in _VARIABLE.finditer(place)} - {"HOME"}:
            self._may_follow(key, place)
        if place.startswith("~") or _VARIABLE.search(place):
            reason = "only the run knows this directory, which is not followed"
        else:
            path = Path(os.path.normpath(self._directory / place))
            try:
                found = self._files.either(path, strict=True)
            except OutsideError as error:
                if error.link is not None:
                    self._files.either(path)  # which reports the link
                    if key not in _OF_THE_RUN:
                        self._left_out.setdefault(key, self._location("defaults", key))
                    return
                if self._home is not None and key not in _OF_THE_RUN:
                    followed = self._files.follow(path)
                    yield from () if followed is None else (followed,)
                    if followed is not None or stamp_at(path) is None:
                        return
                reason = OUTSIDE
            else:
                yield from () if found is None else (found,)
                return
        self._findings.unknown(f"{key} = {entry} ({reason})", self._location("defaults", key))

    def _may_follow(self, key: str, place: str) -> None:
        """Note a setting with a directory that is followed only if the user lets it."""
        path = Path(os.path.normpath(self._directory / place))
        if place.startswith(("~", "$")) or not path.is_relative_to(self._files.root):
            self._left_out.setdefault(key, self._location("defaults", key))
