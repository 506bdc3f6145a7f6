# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Addresses and paths where packages come from: what each is called, and how it is shown without its password."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_PASSWORD = re.compile(r"//[^/\s]*@")
_DIRECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\]]*\])?\s*@\s*(?P<target>\S.*)", re.DOTALL)
_SCHEME = re.compile(r"(?:(?P<vcs>git|hg|svn|bzr)\+)?(?P<scheme>[A-Za-z][A-Za-z0-9.-]*):/{1,3}")
#: ``git@host:owner/name``, as ssh and git write an address.
_SCP = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:(?!/)\S+")
_REPOSITORIES = {"git": "a Git", "hg": "a Mercurial", "svn": "a Subversion", "bzr": "a Bazaar"}
_WHEEL = ".whl"
_ARCHIVES = (".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz", ".tar")
_DIRECTORY = re.compile(r"(?:\.{1,2}(?:[/\\]|$)|[/~\\]|[A-Za-z]:\\).*|[\w.~-]+(?:/[\w.~-]+)+/?")
#: Longer than any that people write; keeps what is matched below in bounds.
_MAX_LENGTH = 4096


def public(url: str) -> str:
    """``url`` without a user, a password, a query and a fragment, any of which can be a secret."""
    try:
        parts = urlsplit(url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
    except ValueError:
        return hide_passwords(url)


def hide_passwords(text: str) -> str:
    """``text`` without what stands before the ``@`` of the addresses in it."""
    return _PASSWORD.sub("//…@", text)


def kind_of_source(text: str) -> str | None:
    """What ``text``, which stands where a requirement should, is: ``a Git repository``, ``a wheel``, ``a directory``.

    None where it is neither an address nor a path.
    """
    bare = re.sub(r"\s+", " ", text[:_MAX_LENGTH]).strip()
    if _SCP.fullmatch(bare):
        return "a Git repository"
    direct = _DIRECT.fullmatch(bare)
    target = direct["target"] if direct else bare
    match = _SCHEME.match(target)
    vcs = match and (match["vcs"] or (match["scheme"] if match["scheme"] in _REPOSITORIES else None))
    if vcs or (match and match["scheme"] == "ssh"):
        return f"{_REPOSITORIES[vcs or 'git']} repository"
    path = target.partition("#")[0].partition(" ;")[0].strip().partition("?")[0]
    path = re.sub(r"\[[^\]]*\]$", "", path).rstrip("/").lower()
    if path.endswith(_WHEEL):
        return "a wheel"
    if path.endswith(_ARCHIVES):
        return "an archive"
    if match is not None and match["scheme"] != "file":
        return "a URL"
    if match is not None or _DIRECTORY.fullmatch(target):
        return "a directory"
    return "a URL" if direct else None
