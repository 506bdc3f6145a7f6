# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is a credential: by its name, because this user keeps one there, or because the system lets nobody read it."""

from __future__ import annotations

import glob
import os
import pwd
import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .project_files import is_inside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Where programs keep keys, passwords and sessions of a person, by the end of its path, wherever it lies.
CREDENTIALS = (
    ".ssh", ".gnupg", ".pki", ".putty",
    ".aws", ".azure", ".boto", ".oci", ".s3cfg", ".config/doctl", ".config/gcloud", ".config/hcloud", ".config/rclone",
    ".kube", ".docker", ".config/containers", ".minikube", ".terraform.d", ".terraformrc", ".vault-token",
    ".netrc", "_netrc", ".git-credentials", ".config/git/credentials", ".config/gh", ".config/glab-cli", ".config/hub",
    ".pgpass", ".my.cnf", ".mylogin.cnf", ".npmrc", ".pypirc", ".gem/credentials", ".cargo/credentials*",
    "galaxy_token", "galaxy_cache", ".ansible_galaxy", ".ansible_async", ".ansible/cp", ".ansible/pc", ".ansible/tmp",
    ".password-store", ".config/op", ".config/sops", ".config/Bitwarden*", ".local/share/keyrings", ".keychain",
    ".gnome2/keyrings", ".local/share/kwalletd", "Library/Keychains", "*.kdbx", "*.keyring", "*.keychain-db",
    ".mozilla", ".thunderbird", ".config/BraveSoftware", ".config/chromium", ".config/google-chrome*",
    ".config/microsoft-edge", ".config/vivaldi", "Library/Application Support",
    ".bash_history", ".zsh_history", ".python_history", ".psql_history", ".mysql_history",
)  # fmt: skip
_CREDENTIAL = re.compile(
    "(?:^|/)(?:" + "|".join(re.escape(name).replace(r"\*", "[^/]*") for name in CREDENTIALS) + r")(?:/|\Z)"
)
#: Variables that name another directory for what has its place below the home.
_MOVED = {"XDG_CONFIG_HOME": ".config/", "XDG_DATA_HOME": ".local/share/"}
#: Where a service manager or a container engine puts secrets.
_RUNTIME = ("/run/credentials", "/run/secrets", "/run/user")
#: Directories of the system, where what others cannot read is a secret, such as ``/etc/shadow`` and keys of the host.
SYSTEM = ("/boot", "/etc", "/run", "/usr", "/var")
#: In them, but of Ansible and of people.
_ORDINARY = ("/etc/ansible", "/usr/home", "/var/folders", "/var/home", "/var/tmp")  # noqa: S108 (nothing is made there)


def is_credential(path: str) -> bool:
    """Whether a path has the name of one of :data:`CREDENTIALS` or is in one, whatever is there."""
    return _CREDENTIAL.search(path) is not None


def homes() -> Iterator[str]:
    """The home of this user, which the environment may tell otherwise than the system."""
    yield os.path.expanduser("~")
    with suppress(KeyError):
        yield pwd.getpwuid(os.geteuid()).pw_dir


@dataclass(frozen=True)
class Credentials:
    """Tells credentials by their real paths; ``places`` are the real paths of what this user has of them."""

    places: frozenset[str]

    @classmethod
    def of_user(cls) -> Credentials:
        """Those of the user of this process: a name can be a link to a place with another name."""
        patterns = [
            *(os.path.join(glob.escape(home), name) for home in homes() for name in CREDENTIALS),
            *(
                os.path.join(glob.escape(os.environ[variable]), name[len(usual) :])
                for variable, usual in _MOVED.items()
                for name in CREDENTIALS
                if os.environ.get(variable) and name.startswith(usual)
            ),
        ]
        found = {os.path.realpath(path) for pattern in patterns for path in glob.glob(pattern)}
        above = {os.path.realpath(home) for home in homes()}
        return cls(frozenset(path for path in found if not any(is_inside(home, path) for home in above)))

    def has(self, real: str) -> bool:
        """Whether a real path is a credential or in one."""
        return is_credential(real) or any(is_inside(real, place) for place in (*_RUNTIME, *self.places))

    def is_kept(self, real: str) -> bool:
        """Whether a real path, to which a link leads, is one, or is hidden in a directory of the system."""
        return self.has(real) or is_hidden(real)

    def below(self, root: str, *, is_linked: bool) -> Callable[[str], bool]:
        """What tells whether a path, found below ``root`` and through no link, is one.

        Its place below ``root`` counts and its real path, so that no root hides a part of the name. ``root`` itself may
        be one, because somebody named it. What the system hides counts if ``root`` is only where a link leads.
        """
        real = os.path.realpath(root)
        is_named = self.has(real)
        system = (top for top in map(os.path.realpath, SYSTEM) if is_inside(real, top) or is_inside(top, real))
        hides = is_linked and any(system) and not is_hidden(real)

        def is_kept(path: str) -> bool:
            rest = os.path.relpath(path, root)
            place = os.path.join(real, rest)
            return is_credential(rest) or (not is_named and self.has(place)) or (hides and is_hidden(place))

        return is_kept


def is_hidden(real: str) -> bool:
    """Whether a real path is in a directory of the system, and others cannot read it."""
    top = next((one for one in map(os.path.realpath, SYSTEM) if is_inside(real, one)), None)
    if top is None or real == top or any(is_inside(real, one) for one in _ordinary()):
        return False
    here = top
    for part in os.path.relpath(real, top).split(os.sep):
        here = os.path.join(here, part)
        try:
            mode = os.lstat(here).st_mode
        except PermissionError:
            return True
        except OSError:
            return False
        needed = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(mode) else 0)
        if not stat.S_ISLNK(mode) and mode & needed != needed:
            return True
    return False


def _ordinary() -> Iterator[str]:
    """What is of Ansible or of people, such as the home of a service: no home has the system in it."""
    yield from map(os.path.realpath, _ORDINARY)
    for home in map(os.path.realpath, homes()):
        if not any(is_inside(one, home) for one in map(os.path.realpath, SYSTEM)):
            yield home
