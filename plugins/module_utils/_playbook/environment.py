# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The whole environment of the inner ``ansible-playbook``: built from nothing, so that no setting of the host leaks."""

from __future__ import annotations

import os
import pwd
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .config import PlaybookSettings

#: What a playbook needs to find its user, the user's agents and the way to the network. Nothing here steers Ansible,
#: Python, pip or uv. Proxy variables count in both spellings, for programs read one or the other.
PASSED = frozenset({
    "HOME", "USER", "LOGNAME", "SHELL", "TERM", "TMPDIR", "TZ",
    "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_COLLATE", "LC_MESSAGES", "LC_MONETARY", "LC_NUMERIC", "LC_TIME",
    "SSH_AUTH_SOCK", "SSH_AGENT_PID", "GNUPGHOME", "GPG_TTY", "KRB5CCNAME", "KRB5_CONFIG",
    "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
    "DBUS_SESSION_BUS_ADDRESS",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    "http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy",
    "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY",
})  # fmt: skip
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LOCALE_ORDER = ("LC_ALL", "LC_CTYPE", "LANG")


def build_environment(
    host: Mapping[str, str],
    *,
    venv_bin: str,
    names: Iterable[str],
    settings: PlaybookSettings,
    given: Mapping[str, str],
) -> dict[str, str]:
    """The environment of the run.

    ``host`` is the environment of the task, ``given`` holds variables brought from the controller; ``names`` are
    those that the user lets pass. Ours go last: a user's ANSIBLE_CONFIG would undo the search for the project's own.
    """
    chosen = {name: value for name, value in host.items() if name in PASSED or name in set(names)}
    chosen.update(given)
    for name, value in _account().items():
        chosen.setdefault(name, value)
    chosen["PATH"] = os.pathsep.join([venv_bin, host.get("PATH") or _DEFAULT_PATH])
    if not _is_utf8(chosen):
        chosen["LC_ALL"] = utf8_locale()
    return {**chosen, **settings.variables()}


def utf8_locale() -> str:
    """A UTF-8 locale that every host of this kind has: Ansible refuses to start without one."""
    return "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"


def _is_utf8(variables: Mapping[str, str]) -> bool:
    effective = next((variables[name] for name in _LOCALE_ORDER if variables.get(name)), "")
    return effective.lower().replace("-", "").endswith("utf8")


def _account() -> dict[str, str]:
    """What a login would have set; ``sudo`` and cron leave some of it out."""
    try:
        entry = pwd.getpwuid(os.geteuid())
    except KeyError:
        return {}
    return {"HOME": entry.pw_dir, "USER": entry.pw_name, "LOGNAME": entry.pw_name, "SHELL": entry.pw_shell or "/bin/sh"}
