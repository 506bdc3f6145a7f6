# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Addresses of trackers and peers: they make a client connect, so that only well-formed ones of known kinds pass."""

from __future__ import annotations

import ipaddress
import re

from .refusal import RefusedError, quoted

MAX_ADDRESS = 512
#: Trackers for clients in browsers: people have them in their links, and no other client can use them.
_FOR_BROWSERS = re.compile("wss?://", re.IGNORECASE)
_TRACKER = re.compile(
    r"(https?|udp)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?([/?][a-z0-9/?:@!$&'()*+,;=._~%-]*)?",
    re.IGNORECASE | re.ASCII,
)
_PEER = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+):([0-9]{1,5})", re.IGNORECASE | re.ASCII)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_MAX_HOST = 253


def is_for_browsers(tracker: str) -> bool:
    """Whether this is the address of a tracker that only clients in browsers can use."""
    return _FOR_BROWSERS.match(tracker) is not None


def check_tracker(text: str) -> str:
    """The address of a tracker, its host in lower case."""
    match = _TRACKER.fullmatch(text) if len(text) <= MAX_ADDRESS else None
    if match is None:
        raise RefusedError(f"the tracker {quoted(text)} is not the address of an http, https or udp tracker")
    scheme, host, port, rest = match.groups(default="")
    scheme = scheme.lower()
    if scheme == "udp" and not port:
        raise RefusedError(f"the tracker {quoted(text)} has no port, which an udp tracker needs")
    what = f"the tracker {quoted(text)}"
    shown_port = f":{_port(port, what)}" if port else ""
    return f"{scheme}://{_host(host.lower(), what)}{shown_port}{rest}"


def check_peer(text: str) -> str:
    """The address of a peer, ``host:port`` or ``[IPv6]:port``."""
    match = _PEER.fullmatch(text) if len(text) <= MAX_ADDRESS else None
    if match is None:
        raise RefusedError(f"the peer {quoted(text)} is not a host and a port, such as 192.0.2.1:6881")
    what = f"the peer {quoted(text)}"
    return f"{_host(match.group(1).lower(), what)}:{_port(match.group(2), what)}"


def _port(text: str, what: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise RefusedError(f"{what} has no valid port")
    return port


def _host(host: str, what: str) -> str:
    labels = host.rstrip(".").split(".")
    try:
        if host.startswith("["):
            return f"[{_address(ipaddress.IPv6Address(host[1:-1]), what)}]"
        if labels[-1].isdigit() or labels[-1].startswith("0x"):  # what systems take for an IPv4 address, however short
            return _address(ipaddress.IPv4Address(host), what)
    except ValueError:
        raise RefusedError(f"{what} has no valid IP address") from None
    if len(host) > _MAX_HOST or not all(map(_LABEL.fullmatch, labels)):
        raise RefusedError(f"{what} has no valid name of a host")
    return host


def _address(address: ipaddress.IPv4Address | ipaddress.IPv6Address, what: str) -> str:
    """The address, unless it can only be that of a service of the machine or of a group of machines."""
    inner = address.ipv4_mapped or address if isinstance(address, ipaddress.IPv6Address) else address
    if inner.is_link_local or inner.is_multicast or inner.is_unspecified:
        raise RefusedError(f"{what} has an address to which no client should connect")
    return str(address)
