# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""DigitalOcean's API v2, as far as it must never be misread: what exists, and what is gone.

What can be asked again without harm is asked again, until a deadline: requests that time out or are cut off, answers
that tell of a failure of the server, and refusals that name a time to wait for. Nothing is ever created here.
"""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit

from ansible.module_utils.urls import open_url

from .._errors import InputError, VenvError
from .._printable import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

API_URL = "https://api.digitalocean.com/v2"
_PER_PAGE = 200
_MAX_PAGES = 1000
_MAX_BYTES = 32 << 20
_REQUEST_SECONDS = 30.0
#: Between two tries; the last one again and again.
_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0)
#: The first parts of paths, and how the scopes of tokens call what is there.
_RESOURCES = {
    "account": "account",
    "account/keys": "ssh_key",
    "droplets": "droplet",
    "firewalls": "firewall",
    "images": "image",
    "regions": "regions",
    "sizes": "sizes",
    "tags": "tag",
}
_VERBS = {"GET": "read", "DELETE": "delete"}
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _PENDING, _TOO_MANY = 401, 403, 404, 422, 429


class ApiError(VenvError):
    """The API did not do what it was asked for, in the time that was allowed; ``context`` has ``status``."""

    code = "api"


class TokenError(VenvError):
    """The API refuses the token, or what the token may do is not enough."""

    code = "token"


@dataclass(frozen=True)
class _Answer:
    """``status`` 0: there was none, and ``problem`` says why."""

    status: int
    body: Any = None
    retry_after: int = 0
    reset: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Refusal:
    """What was not accepted now, and after how many seconds it may be."""

    reason: str
    seconds: float


class Api:
    """Asks the API at ``url``; everything ends by ``deadline``, on ``clock``."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        deadline: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise InputError(f"api_url: {shortened(url)!r} is not the address of an API; give one such as {API_URL}")
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise InputError("api_token: the token is empty or has characters that no token has; give the whole token")
        self._url = url.rstrip("/")
        self._token = token
        self._deadline = deadline
        self.clock = clock
        self.sleep = sleep
        self._now = now

    def list(self, path: str, key: str, **query: str) -> list[dict[str, Any]]:
        """All of the list ``key`` at ``path``, which is known to be all; raises :class:`ApiError`."""
        found: list[dict[str, Any]] = []
        for page in range(1, _MAX_PAGES + 1):
            asked = urlencode({**query, "page": page, "per_page": _PER_PAGE})
            body = self._asked("GET", f"{path}?{asked}", accepted=(200,)).body
            items = body.get(key) if isinstance(body, dict) else None
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise ApiError(f"GET {path}: the answer has no list {key!r}; run this again later")
            found += items
            if not _has_next(body):
                return found
        raise ApiError(f"GET {path}: the list does not end after {_MAX_PAGES} pages; run this again later")

    def get(self, path: str, key: str) -> dict[str, Any] | None:
        """The object ``key`` at ``path``, None where there is no such thing; raises :class:`ApiError`."""
        answer = self._asked("GET", path, accepted=(200, _NOT_FOUND))
        if answer.status == _NOT_FOUND:
            return None
        found = answer.body.get(key) if isinstance(answer.body, dict) else None
        if not isinstance(found, dict):
            raise ApiError(f"GET {path}: the answer has no object {key!r}; run this again later")
        return found

    def delete(self, path: str) -> Refusal | None:
        """Ask once to have ``path`` deleted; returns why it was not accepted, if it may be later.

        That it was accepted, or is not found, is no proof that it is gone.
        """
        answer = self._once("DELETE", path)
        if answer.status in (204, 202, _NOT_FOUND):
            return None
        self._check_final("DELETE", path, answer)
        return Refusal(_said(answer), self._pause(answer, 0))

    def is_over(self) -> bool:
        """Whether the time that is allowed is over."""
        return self.clock() >= self._deadline

    def _asked(self, method: str, path: str, *, accepted: tuple[int, ...]) -> _Answer:
        tries = 0
        while True:
            answer = self._once(method, path)
            if answer.status in accepted:
                return answer
            self._check_final(method, path, answer)
            pause = self._pause(answer, tries)
            if self.clock() + pause >= self._deadline:
                raise ApiError(
                    f"{method} {path}: {_said(answer)}, also after {tries + 1} tries; run this again later",
                    status=answer.status,
                )
            self.sleep(pause)
            tries += 1

    def _pause(self, answer: _Answer, tries: int) -> float:
        """How long to wait before it is asked again: as long as the API says, if it does."""
        if answer.retry_after:
            return answer.retry_after
        if answer.status == _TOO_MANY and answer.reset:
            return max(_PAUSES[0], answer.reset - self._now())
        return _PAUSES[min(tries, len(_PAUSES) - 1)]

    def _check_final(self, method: str, path: str, answer: _Answer) -> None:
        """Raise for what would be the same when it is asked again."""
        if answer.status == _UNAUTHORIZED:
            raise TokenError(
                "api_token: DigitalOcean refuses the token (401): it is wrong, expired or revoked; give another"
            )
        if answer.status == _FORBIDDEN:
            raise TokenError(
                f"api_token: the token may not {method} {path.partition('?')[0]} (403); give one with this scope"
                f"{_scope(method, path)}"
            )
        can_change = answer.status in (0, _PENDING, _TOO_MANY, 408, 409) or answer.status >= 500
        if not can_change:
            raise ApiError(f"{method} {path}: {_said(answer)}; correct this first", status=answer.status)

    def _once(self, method: str, path: str) -> _Answer:
        left = max(1.0, min(_REQUEST_SECONDS, self._deadline - self.clock()))
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        try:
            with open_url(
                self._url + path, method=method, headers=headers, timeout=left, use_netrc=False, follow_redirects="none"
            ) as response:
                return _read(response.status, response.headers, response.read(_MAX_BYTES))
        except HTTPError as error:
            with error:
                return _read(error.code, error.headers, error.read(_MAX_BYTES))
        except (URLError, OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            return _Answer(0, problem=f"no answer ({shortened(str(reason))})")


def _read(status: int, headers: Any, content: bytes) -> _Answer:
    retry_after, reset = (_seconds(headers.get(name)) for name in ("retry-after", "ratelimit-reset"))
    try:
        body = json.loads(content) if content else None
    except (ValueError, RecursionError):
        # Something on the way answered: what it says counts as a failure only.
        problem = f"status {status} without an answer in JSON"
        return _Answer(status if status >= 400 else 0, None, retry_after, reset, problem)
    return _Answer(status, body, retry_after, reset)


def _seconds(text: str | None) -> int:
    """A number of seconds in a header, 0 where there is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 12 else 0


def _has_next(body: Mapping[str, Any]) -> bool:
    links = body.get("links")
    pages = links.get("pages") if isinstance(links, dict) else None
    return isinstance(pages, dict) and bool(pages.get("next"))


def _scope(method: str, path: str) -> str:
    """What the scope is called that a token lacks, where that is known."""
    parts = path.partition("?")[0].strip("/").split("/")
    resource = _RESOURCES.get("/".join(parts[:2])) or _RESOURCES.get(parts[0])
    return f", {resource}:{_VERBS[method]}" if resource else ""


def _said(answer: _Answer) -> str:
    if answer.problem:
        return answer.problem
    message = answer.body.get("message") if isinstance(answer.body, dict) else None
    return f"status {answer.status}" + (f" ({shortened(message)})" if isinstance(message, str) else "")
