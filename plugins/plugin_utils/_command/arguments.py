# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The options of the command, which begin with ``--venv-``, and what is left for ansible-playbook."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import DEFAULT_STORE

from .._profiles.names import DEFAULT_SOURCE, is_path

PREFIX = "--venv-"
#: For parsers that print no help: for the width of the terminal argparse would import shutil, which takes long.
WITHOUT_TERMINAL = partial(argparse.HelpFormatter, width=80)

#: The options of the modules of this collection, by which messages name them.
OPTION_NAMES = {
    "allow_unresolved": "--venv-allow-unresolved",
    "ansible_core": "--venv-core",
    "collections": "--venv-collection",
    "collections_source": "--venv-source",
    "exclude": "--venv-exclude",
    "find_links": "--venv-find-links",
    "index_url": "--venv-index-url",
    "lock": "--venv-lock",
    "locked": "--venv-locked",
    "offline": "--venv-offline",
    "packages": "--venv-package",
    "profile": "--venv-profile",
    "python": "--venv-python",
    "report": "--venv-report",
    "store": "--venv-store",
    "target_packages": "--venv-target-packages",
    "unresolved": "--venv-unresolved",
}


@dataclass(frozen=True)
class VenvOptions:
    """The options of the command, without their prefix."""

    package: list[str]
    collection: list[str]
    target_packages: str
    exclude: list[str]
    core: str | None
    python: str | None
    profile: str | None
    profiles: str | None
    lock: str | None
    locked: bool
    source: str | None
    store: str
    index_url: str | None
    find_links: list[str]
    offline: bool
    allow_unresolved: list[str]
    unresolved: str
    report: str | None
    upgrade: bool
    explain: bool
    json: bool
    build_only: bool


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see ansible-playbook-venv --help")


def separate(argv: Sequence[str]) -> tuple[VenvOptions, list[str]]:
    """The options of the command, and all other arguments as they were given; raises :class:`InputError`."""
    parser = _Parser(add_help=False, allow_abbrev=False, formatter_class=WITHOUT_TERMINAL)
    add_options(parser)
    # Each option, and whether it has a value.
    known = {name: action.nargs != 0 for action in parser._actions for name in action.option_strings}
    own: list[str] = []
    others: list[str] = []
    arguments = iter(argv)
    for argument in arguments:
        if argument == "--":
            others += ["--", *arguments]
        elif not argument.startswith(PREFIX):
            others.append(argument)
        else:
            _check_name(argument.partition("=")[0], known)
            own.append(argument)
            if known.get(argument, False):
                own += [value for value in [next(arguments, None)] if value is not None]
    found = vars(parser.parse_args(own))
    if found["venv_locked"] and found["venv_lock"] is None and found["venv_profile"] is None:
        raise InputError("--venv-locked: --venv-lock is missing, the directory of the lock")
    _check_report(found)
    return VenvOptions(**{name.removeprefix("venv_"): value for name, value in found.items()}), others


def _check_report(found: Mapping[str, Any]) -> None:
    for name in ("explain", "json", "build_only"):
        if found["venv_report"] is not None and found[f"venv_{name}"]:
            option = PREFIX + name.replace("_", "-")
            raise InputError(f"report: with {option} no playbook is run; leave out one of them")


def _check_name(name: str, known: Iterable[str]) -> None:
    if name not in known:
        import difflib  # for this error only

        (near,) = difflib.get_close_matches(name, known, n=1, cutoff=0)
        raise InputError(f"{name} is not an option of ansible-playbook-venv; the nearest is {near}")


def _path(text: str) -> str:
    """A relative path starts at the current directory."""
    if not text:
        raise argparse.ArgumentTypeError("the path is empty")
    return os.path.abspath(os.path.expanduser(text))


def _word_or_path(text: str) -> str:
    return _path(text) if "/" in text else text


def _name_or_path(text: str) -> str:
    """The name of a saved profile, or a path."""
    return _path(text) if is_path(text) or not text else text


def _url_or_path(text: str) -> str:
    return text if "://" in text else _path(text)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command to ``parser``."""
    group = parser.add_argument_group("options for the venv")

    def several(name: str, metavar: str, text: str, read: Callable[[str], str] = str) -> None:
        group.add_argument(
            f"{PREFIX}{name}", metavar=metavar, action="append", default=[], type=read, help=f"{text}; repeatable"
        )

    def value(
        name: str,
        metavar: str,
        text: str,
        default: str | None = None,
        read: Callable[[str], str] = str,
        choices: Sequence[str] | None = None,
    ) -> None:
        group.add_argument(f"{PREFIX}{name}", metavar=metavar, default=default, type=read, choices=choices, help=text)

    def switch(name: str, text: str) -> None:
        group.add_argument(f"{PREFIX}{name}", action="store_true", help=text)

    several("package", "REQUIREMENT", "a Python package that the analysis does not find, such as 'boto3>=1.34'")
    several("collection", "NAME", "a collection that the analysis does not find, such as community.general:>=11")
    several(
        "exclude",
        "NAME",
        "a Python package that is left out although plugins in use require it; ~ begins a regular expression",
    )
    value(
        "target-packages",
        "CHOICE",
        "packages that only modules require, on their hosts: auto (install those that can be used on this machine and "
        "have a wheel), all or none (default: %(default)s)",
        "auto",
        choices=("auto", "all", "none"),
    )
    value("core", "VERSION", "the version of ansible-core, such as 2.19.14, '~=2.19.5' or '2.19.*'")
    value("python", "PYTHON", "the Python of the venv: a version such as 3.12, or the path of one", read=_word_or_path)
    value(
        "profile",
        "PROFILE",
        "install what this profile lists, a saved one by its name or a file by its path; nothing is analysed",
        read=_name_or_path,
    )
    value(
        "profiles",
        "DIRECTORY",
        "the directory of saved profiles (default: ~/.config/ansible-venvs/profiles)",
        read=_path,
    )
    value(
        "lock",
        "DIRECTORY",
        "write what was resolved to this directory, which is created in the one above it",
        read=_path,
    )
    switch("locked", "install exactly what the directory of --venv-lock, or the lock of the profile, lists")
    source = f"where collections come from (default: as noted in the profile, otherwise {DEFAULT_SOURCE})"
    value("source", "SOURCE", source, read=_word_or_path)
    value("store", "DIRECTORY", "the directory of the venvs (default: %(default)s)", DEFAULT_STORE, read=_path)
    value("index-url", "URL", "the package index, such as a mirror")
    several("find-links", "LOCATION", "a directory or page of wheels that comes before the index", read=_url_or_path)
    switch("offline", "use no network")
    several("allow-unresolved", "NAME", "a name in the playbooks that may stay unresolved")
    value(
        "unresolved",
        "CHOICE",
        "other names that cannot be resolved: as_ansible (stop for those for which ansible-playbook stops before the "
        "first task), fail (stop for all) or warn (default: %(default)s)",
        "as_ansible",
        choices=("as_ansible", "fail", "warn"),
    )
    value(
        "report",
        "FILE",
        "write a report of the run, as HTML or JSON by the end of the name; into a directory that exists, both",
        read=_path,
    )
    switch("upgrade", "resolve versions again, although the requirements did not change")
    switch("explain", "print what the playbooks require and why, and stop")
    switch("json", "the same as JSON in one line")
    switch("build-only", "build the venv, print its path, and stop")
