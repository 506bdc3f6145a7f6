# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the user's environment and ansible.cfg say about Galaxy servers, as far as we have to know it.

ansible-galaxy itself reads both. We only tell one configuration from another, so that what one set of servers answered
is no answer of another set, and hide the secrets that ansible-galaxy could repeat.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._ansible_config import config_file
from .._errors import InputError
from .._ini import ansible_sections
from .._packaging.address import hide_passwords
from .._store.json import read_regular
from .._store.tree import json_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SECTION = "galaxy"
_SERVER_SECTION = "galaxy_server."
_VARIABLE = "ANSIBLE_GALAXY_"
#: The settings of a server that are secrets (``GALAXY_SERVER_DEF`` in ansible/config/manager.py).
_SECRETS = ("token", "password", "client_secret")
_TOKEN = re.compile(r"""^token:\s*["']?(?P<token>[^\s"']+)""", re.MULTILINE)
_MAX_FILE = 1 << 20
#: What is shorter stands in ordinary words.
_SHORTEST = 4


@dataclass(frozen=True)
class GalaxySettings:
    """``digest`` is the same for the same settings but secrets; ``environment`` is the whole one of the user.

    ``servers`` are those that are asked, in their order, as the user calls them; none for Ansible's own default.
    """

    digest: str
    environment: Mapping[str, str]
    secrets: tuple[str, ...]
    servers: tuple[str, ...] = ()

    @classmethod
    def of_user(cls) -> GalaxySettings:
        """Those of the user who runs this, in the current directory."""
        environment = dict(os.environ)
        home = os.path.expanduser("~")
        settings = _file_settings(config_file(environment, home=home, current=_current()))
        settings += [(name, value) for name, value in environment.items() if name.startswith(_VARIABLE)]
        public = sorted((name, value) for name, value in settings if not _is_secret(name))
        values = dict(settings)
        path = values.get(f"{_VARIABLE}TOKEN_PATH") or values.get(f"{_SECTION}.token_path")
        ansible_home = environment.get("ANSIBLE_HOME") or os.path.join(home, ".ansible")
        secrets = {value for name, value in settings if _is_secret(name)}
        secrets |= _token_in(os.path.expanduser(path or os.path.join(ansible_home, "galaxy_token")))
        return cls(json_sha256(public), environment, _by_length(secrets), tuple(_servers(values)))

    def masked(self, text: str) -> str:
        """``text`` without the secrets."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return hide_passwords(text)


def _servers(values: Mapping[str, str]) -> Iterator[str]:
    """The names in ``server_list`` with their addresses, or the one ``server`` (``GalaxyCLI.run``)."""
    listed = values.get(f"{_VARIABLE}SERVER_LIST") or values.get(f"{_SECTION}.server_list") or ""
    names = [name for name in (one.strip() for one in listed.split(",")) if name]
    for name in names:
        url = values.get(f"{_VARIABLE}SERVER_{name.upper()}_URL") or values.get(f"{_SERVER_SECTION}{name}.url") or ""
        yield f"{name} ({hide_passwords(url)})" if url else name
    one = values.get(f"{_VARIABLE}SERVER") or values.get(f"{_SECTION}.server")
    if one and not names:
        yield hide_passwords(one)


def _is_secret(name: str) -> bool:
    return name.lower().endswith(_SECRETS)


def _by_length(secrets: Iterable[str]) -> tuple[str, ...]:
    """The longest first: one can be a part of another."""
    return tuple(sorted((one for one in secrets if len(one) >= _SHORTEST), key=lambda one: (-len(one), one)))


def _file_settings(path: str | None) -> list[tuple[str, str]]:
    """Each setting of a server in the configuration file; ansible-galaxy itself tells what is wrong with the file."""
    if path is None:
        return []
    try:
        with open(path, encoding="utf-8") as stream:
            sections = ansible_sections(stream.read(), path=path)
    except (InputError, OSError, UnicodeDecodeError):
        return []
    return [
        (f"{section}.{key}", value)
        for section, settings in sections.items()
        if section == _SECTION or section.startswith(_SERVER_SECTION)
        for key, value in settings.items()
    ]


def _token_in(path: str) -> set[str]:
    """The token that ``ansible-galaxy login`` and people put into a file of their own."""
    try:
        match = _TOKEN.search(read_regular(os.path.realpath(path), _MAX_FILE).decode("utf-8", "replace"))
    except (OSError, ValueError):
        return set()
    return {match["token"]} if match else set()


def _current() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was removed, and then it has no ansible.cfg
        return os.sep
