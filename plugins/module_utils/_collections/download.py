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
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from .._errors import SourceError

_CHUNK = 1 << 18
#: The largest that is fetched, the wheel of the ``ansible`` package, has 60 MB.
MAX_BYTES = 1 << 30
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
    """The transfer failed in a way that may be gone at the next attempt."""


def fetch(
    url: str, *, to: str, sha256: str, index_url: str | None = None, patience: Patience = DEFAULT_PATIENCE
) -> int:
    """Write what is at ``url`` (http, https or file) to ``to`` and return its size in bytes.

    ``index_url`` lends its user and password to a ``url`` on the same host. Raises :class:`SourceError` when the file
    cannot be had in time or does not have this ``sha256``; what was written is then the caller's to remove.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "file"):
        raise SourceError(f"{_public(url)} cannot be fetched: its scheme is not http, https or file")
    request = _request(url, index_url)
    deadline = time.monotonic() + patience.total
    for attempt in range(1, patience.attempts + 1):
        try:
            actual, size = _transfer(request, to, patience=patience, deadline=deadline)
            break
        except _Interrupted as problem:
            if attempt == patience.attempts or time.monotonic() + patience.pause > deadline:
                raise SourceError(
                    f"{_public(url)} cannot be fetched: {problem} ({attempt} attempts). Try again later, or choose "
                    "another "
                    "index_url"
                ) from problem
            time.sleep(patience.pause)
    if actual != sha256:
        raise SourceError(
            f"{_public(url)} does not have the sha256 of the package index: expected {sha256}, got "
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


def _transfer(request: urllib.request.Request, to: str, *, patience: Patience, deadline: float) -> tuple[str, int]:
    try:
        with urllib.request.build_opener().open(request, timeout=patience.stall) as response, open(to, "wb") as target:
            announced = response.headers.get("Content-Length")
            actual, size = _save(response, target, deadline=deadline)
    except urllib.error.HTTPError as error:
        problem = f"the server returned {error.code} ({error.reason})"
        if error.code in _BUSY:
            raise _Interrupted(problem) from error
        raise SourceError(f"{_public(request.full_url)} cannot be fetched: {problem}") from error
    except (OSError, http.client.HTTPException) as error:
        raise _Interrupted(_reason(error, patience)) from error
    if announced is not None and announced.isdigit() and size < int(announced):
        raise _Interrupted(f"the connection ended after {size} of {announced} bytes")
    return actual, size


def _save(response: Any, target: IO[bytes], *, deadline: float) -> tuple[str, int]:
    digest = hashlib.sha256()
    size = 0
    for chunk in iter(lambda: response.read1(_CHUNK), b""):  # what is there, so that a trickle meets the deadline
        if time.monotonic() > deadline:
            raise SourceError(
                f"The download was stopped after {size} bytes: it took too long. Try again on a faster connection"
            )
        digest.update(chunk)
        target.write(chunk)
        size += len(chunk)
        if size > MAX_BYTES:
            raise SourceError(f"The download was stopped: it is larger than {MAX_BYTES >> 20} MiB; nothing was stored")
    return digest.hexdigest(), size


def _reason(error: Exception, patience: Patience) -> str:
    cause = getattr(error, "reason", error)
    if isinstance(cause, TimeoutError) or "timed out" in str(cause):
        return f"no answer for {patience.stall:g} s"
    return str(cause) or type(cause).__name__


def _public(url: str) -> str:
    """``url`` without a user's name, password and query."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
