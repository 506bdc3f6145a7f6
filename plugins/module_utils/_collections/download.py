# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Fetch one file whose sha256 is known: bounded in time, checked before anybody sees it."""

from __future__ import annotations

import base64
import hashlib
import http.client
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable
from urllib.parse import unquote, urlsplit

from .._errors import NetworkError, SourceError
from .._packaging.address import public
from .._uv.network import unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._uv.package_index import PackageIndex

_CHUNK = 1 << 18
#: The largest that is fetched, the wheel of the ``ansible`` package, has 60 MB.
MAX_BYTES = 1 << 30
#: Is told how many MiB are there, and how many there will be, or 0.
Told = Callable[[int, int], object]
_BUSY = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds: for the next bytes, for the whole file with all attempts, between two attempts."""

    stall: float = 30.0
    total: float = 900.0
    pause: float = 2.0
    attempts: int = 3


DEFAULT_PATIENCE = Patience()


class _Interrupted(Exception):
    """The transfer failed; ``may_pass`` where the next attempt may succeed."""

    def __init__(self, problem: str, *, may_pass: bool = True) -> None:
        super().__init__(problem)
        self.may_pass = may_pass


def fetch(
    url: str,
    *,
    to: str,
    sha256: str,
    index: PackageIndex,
    patience: Patience = DEFAULT_PATIENCE,
    told: Told | None = None,
) -> int:
    """Write what is at ``url`` (http, https or file) to ``to`` and return its size in bytes.

    The URL of ``index`` lends its user and password to a ``url`` on the same host. Raises :class:`NetworkError` when
    the file cannot be had in time, :class:`SourceError` when it does not have this ``sha256``; what was written is then
    the caller's to remove.
    """
    if urlsplit(url).scheme not in ("http", "https", "file"):
        raise SourceError(f"{public(url)} cannot be fetched: its scheme is not http, https or file")
    request = _request(url, index.index_url)
    deadline = time.monotonic() + patience.total
    for attempt in range(1, patience.attempts + 1):
        try:
            actual, size = _transfer(request, to, stall=patience.stall, deadline=deadline, told=told)
            break
        except _Interrupted as problem:
            late = attempt == patience.attempts or time.monotonic() + patience.pause > deadline
            if late or not problem.may_pass:
                failure = unreadable(url, str(problem), index)
                name = urlsplit(url).path.rpartition("/")[2]
                raise NetworkError(f"{name} cannot be fetched: {failure.message}", **failure.context) from problem
            time.sleep(patience.pause)
    if actual != sha256:
        raise SourceError(
            f"{public(url)} does not have the sha256 of the package index: expected {sha256}, got "
            f"{actual}. It was changed or damaged during the download; nothing was stored"
        )
    return size


def _request(url: str, index_url: str | None) -> urllib.request.Request:
    """A request that carries the user and password in its header, where a redirect to another host does not take
    them."""
    parts, index = urlsplit(url), urlsplit(index_url or "")
    user, password = parts.username, parts.password
    if user is None and (parts.scheme, parts.hostname, parts.port) == (index.scheme, index.hostname, index.port):
        user, password = index.username, index.password
    request = urllib.request.Request(parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl())
    if user is not None:
        pair = f"{unquote(user)}:{unquote(password or '')}"
        request.add_unredirected_header("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")
    return request


def _transfer(
    request: urllib.request.Request, to: str, *, stall: float, deadline: float, told: Told | None
) -> tuple[str, int]:
    """Write what the server sends; returns its sha256 and size. An error of the disk is none of the network."""
    digest = hashlib.sha256()
    size = 0
    with open(to, "wb") as target:
        for chunk in _received(request, stall=stall, told=told):
            digest.update(chunk)
            target.write(chunk)
            size += len(chunk)
            if size > MAX_BYTES:
                raise SourceError(
                    f"The download was stopped: it is larger than {MAX_BYTES >> 20} MiB; nothing was stored"
                )
            if time.monotonic() > deadline:
                raise _Interrupted(f"the download was stopped after {size} bytes, because it took too long")
    return digest.hexdigest(), size


def _received(request: urllib.request.Request, *, stall: float, told: Told | None) -> Iterator[bytes]:
    size = 0
    try:
        with urllib.request.build_opener().open(request, timeout=stall) as response:
            announced = response.headers.get("Content-Length") or ""
            # What is there, so that a trickle meets the deadline.
            for chunk in iter(lambda: response.read1(_CHUNK), b""):
                size += len(chunk)
                yield chunk
                if told is not None:
                    told(size >> 20, int(announced) >> 20 if announced.isdigit() else 0)
    except urllib.error.HTTPError as error:
        error.close()
        raise _Interrupted(str(error), may_pass=error.code in _BUSY) from error
    except (OSError, http.client.HTTPException) as error:
        raise _Interrupted(str(error) or type(error).__name__) from error
    if announced.isdigit() and size < int(announced):
        raise _Interrupted(f"the connection ended after {size} of {announced} bytes")
