# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Say in one sentence why a package index could not be read: the option, the address without its password, the reason.

Pure but for the variables of the environment that name a proxy.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .._disk_errors import says_full
from .._errors import NetworkError
from .._packaging.address import public

if TYPE_CHECKING:
    from .package_index import PackageIndex

_URL = r"`?(?P<url>(?:https?|file)://[^\s`)]+)"
#: How uv says that it could not read an address, the address itself in it.
_UNREADABLE = (
    re.compile(rf"Failed to read `--find-links` URL: {_URL}"),
    re.compile(rf"Failed to fetch: {_URL}"),
    re.compile(rf"An index URL \({_URL}\) could not be queried due to [^\n]*\((?P<status>401 [A-Za-z ]+)\)"),
    re.compile(rf"An index \({_URL}\) returned a (?P<status>\d{{3}} [A-Za-z ]+) error"),
    re.compile(rf"(?P<content>Unsupported `Content-Type`[^\n]*?) for {_URL}"),
    re.compile(rf"(?P<content>Received some unexpected (?:JSON|HTML)) from {_URL}"),
)
_STATUS = re.compile(r"HTTP status (?:client|server) error \((\d{3}[^)]*)\)|HTTP Error (\d{3}: [^\n]+)")
#: How Python names what kept it from a URL.
_FIRST_GROUP = r"\1"
_URL_ERROR = re.compile(r"<\w+ error (.*)>")
_CERTIFICATE = ("certificate", "CERTIFICATE")
_TIMED_OUT = ("timed out", "timeout")
_UNKNOWN_HOST = ("dns error", "Name or service not known", "Temporary failure in name resolution", "nodename nor")


def network_error(said: str, index: PackageIndex) -> NetworkError | None:
    """The error that the output of uv stands for, None where something else than the network is to blame."""
    match = next(filter(None, (pattern.search(said) for pattern in _UNREADABLE)), None)
    if match is None or says_full(said):
        return None
    found = match.groupdict()
    if found.get("content"):
        return unreadable(found["url"], "the response is not that of a package index", index)
    return unreadable(found["url"], found.get("status") or said, index)


def unreadable(url: str, said: str, index: PackageIndex) -> NetworkError:
    """The error for ``url``, empty for the installer's own index; ``said`` is what a program said, or a status."""
    reason = _reason(url, said)
    option = index.option_of(url)
    address = public(url) or "the package index"
    if option is None:
        subject = address
        remedy = "correct the network of this host, or set index_url to an index that it can reach"
    else:
        subject = f"{option}: {address}"
        remedy = f"correct {option}, or the network of this host"
    if reason.startswith(("401", "403", "407")):
        remedy = f"check the user and the password in {option or 'index_url'}"
    elif "certificate" in reason:
        remedy = f"set SSL_CERT_FILE to the certificate of its authority, or correct {option or 'index_url'}"
    return NetworkError(f"{subject} cannot be read: {reason}; {remedy}", url=address, option=option, explanation=reason)


def _reason(url: str, said: str) -> str:
    """Why it could not be read, in a few words."""
    lines = [line.strip().replace("cause: ", "", 1) for line in said.strip().splitlines() if line.strip()]
    # A hint of uv stands below an empty line and is no cause.
    last = next((line for line in reversed(lines) if not line.startswith("hint:")), "no answer")
    status = _STATUS.search(said)
    if status is not None:
        return (status[1] or status[2]).replace(": ", " ", 1)
    host = urlsplit(url).hostname or "the package index"
    if any(words in said for words in _CERTIFICATE):
        return f"the certificate of {host} is not trusted ({_without_addresses(last)})"
    proxy = _proxy(url)
    way = f" through the proxy {proxy}" if proxy else ""
    if any(words in said for words in _UNKNOWN_HOST):
        return f"the host name cannot be resolved ({proxy or host})"
    if any(words in said for words in _TIMED_OUT):
        return f"{host} did not answer in time{way}"
    return f"{_URL_ERROR.sub(_FIRST_GROUP, _without_addresses(last))}{way}"


def _without_addresses(text: str) -> str:
    return re.sub(r"\s*(?:for url )?\((?:https?|file)://[^)]*\)", "", text)[:200]


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for ``url``, without its password."""
    # Imported where it is needed: most runs meet no failure.
    from urllib.request import getproxies_environment, proxy_bypass

    parts = urlsplit(url)
    proxies = getproxies_environment()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(parts.hostname or ""):
        return None
    return public(proxy if "://" in proxy else f"//{proxy}").lstrip("/")
