# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The HTTP server: who may ask, what is recorded, what goes wrong, and the answer."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from digitalocean_double import catalogue, droplets, firewalls, keys_and_tags
from digitalocean_double.account import Account, ApiError, not_found, unprocessable
from digitalocean_double.description import NotConforming, Operation, find
from digitalocean_double.faults import Fault, Faults
from digitalocean_double.operation import OPERATIONS, Answer, Call

#: The operations are in these: importing them fills OPERATIONS.
OPERATION_MODULES = (catalogue, droplets, firewalls, keys_and_tags)
HOURLY_LIMIT = 5000
#: What the droplet module of community.digitalocean sends although the API knows no such thing.
MODULE_KEYS = frozenset({"baseurl", "firewall", "project_name", "resize_disk", "timeout", "validate_certs"})
_SECRET = "***"
_NAMES = {
    401: ("Unauthorized", "Unable to authenticate you"),
    403: ("Forbidden", "You are missing the required permission droplet:create"),
    404: ("not_found", "The resource you requested could not be found."),
    422: ("unprocessable_entity", "Droplet already has a pending event."),
    429: ("too_many_requests", "API Rate limit exceeded."),
    500: ("server_error", "Unexpected server-side error"),
    503: ("service_unavailable", "Service Unavailable"),
}


@dataclass(frozen=True)
class Request:
    """A request as it came, without the token, and the status of its answer; None until one is sent."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    status: int | None = None


@dataclass(frozen=True)
class _Received:
    """A request on its way in; ``broken`` says why its body is no JSON."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    broken: str | None
    authorization: str

    @classmethod
    def read(cls, method: str, url: str, authorization: str, text: str) -> _Received:
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        try:
            body, broken = (json.loads(text) if text else None), None
        except ValueError as error:
            body, broken = None, str(error)
        return cls(method, parts.path, query, body, broken, authorization)


@dataclass(frozen=True)
class _Sent:
    """An answer on its way; text is HTML."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Api:
    """What answers requests, one at a time where they touch the account."""

    def __init__(self, account: Account, faults: Faults, *, token: str, limits: Mapping[str, int]) -> None:
        self.account, self.faults = account, faults
        self.base = ""
        self.requests: list[Request] = []
        self.violations: list[str] = []
        self.dropped: Counter[str] = Counter()
        self.problems: list[BaseException] = []
        self._token, self._limits = token, limits
        self._times: defaultdict[str, list[float]] = defaultdict(list)
        self._started = time.time()
        self._lock = threading.Lock()

    def handle(self, method: str, url: str, authorization: str, content: bytes) -> _Sent | None:
        """Answer a request; None is a reset of the connection."""
        text = content.decode(errors="replace")
        received = _Received.read(method, url, authorization, text)
        if self._token in url or self._token in text:
            self._violate(f"{method} {received.path}: the token is not only in the header")
        number = self._record(received)
        fault = self.faults.meet(method, url)
        operation = find(method, received.path)
        sent: _Sent | None = None
        try:
            if fault is None or fault.carries_out:
                sent = self._sent(operation, self._answer(operation, received))
            elif operation:
                with suppress(ApiError):  # What is refused has to conform too.
                    self._conforming(operation, received)
            if fault:
                time.sleep(fault.delay)
                sent = self._instead(fault, operation, sent)
        except Exception as error:
            self.problem(error)
            sent = _Sent(500, {"id": "double", "message": f"{type(error).__name__}: {error}"}, {})
        if sent:
            with self._lock:
                self.requests[number] = replace(self.requests[number], status=sent.status)
        return sent

    def problem(self, error: BaseException) -> None:
        """Tell the test of an error that no answer can tell it."""
        with self._lock:
            self.problems.append(error)

    def _answer(self, operation: Operation | None, received: _Received) -> Answer:
        try:
            if received.authorization != f"Bearer {self._token}":
                raise ApiError(401, *_NAMES[401])
            if operation is None:
                self._violate(f"{received.method} {received.path}: the description has no such operation")
                raise not_found()
            self._limit(operation)
            parameters, body = self._conforming(operation, received)
            call = Call(received.path, parameters, body, self.base, self.faults.next_fate, self.problem)
            with self.account.lock:
                return OPERATIONS[operation.name](self.account, call)
        except ApiError as error:
            return Answer(error.status, _error(error.name, error.message), error.headers)

    def _conforming(self, operation: Operation, received: _Received) -> tuple[dict[str, Any], Any]:
        """Parameters and body, without what the modules send though it means nothing."""
        try:
            parameters = operation.parameters(received.path, received.query)
            if received.broken:
                raise NotConforming(f"{operation}: the body is no JSON: {received.broken}")
            body = self._without(operation, received.body)
            operation.check_request(body)
        except NotConforming as error:
            self._violate(str(error))
            raise unprocessable(str(error)) from error
        return parameters, body

    def _without(self, operation: Operation, value: Any, *, top: bool = True) -> Any:
        if isinstance(value, list):
            return [self._without(operation, item, top=False) for item in value]
        if not isinstance(value, dict):
            return value
        kept = {}
        for name, inner in value.items():
            extra = top and name in MODULE_KEYS and operation.name == "droplets_create"
            if inner is None or extra:
                self._drop(operation, f"{name} null" if inner is None else name)
            else:
                kept[name] = self._without(operation, inner, top=False)
        return kept

    def _drop(self, operation: Operation, what: str) -> None:
        with self._lock:
            self.dropped[f"{operation}: {what}"] += 1

    def _limit(self, operation: Operation) -> None:
        """Refuse what is more than a limit allows in a minute; ``*`` counts every operation."""
        now = time.time()
        with self._lock:
            for name in ("*", operation.name):
                recent = self._times[name] = [moment for moment in self._times[name] if moment > now - 60]
                if name in self._limits and len(recent) >= self._limits[name]:
                    wait = {"retry-after": str(int(recent[0] + 60 - now) + 1)}
                    raise ApiError(429, *_NAMES[429], wait)
                recent.append(now)

    def _sent(self, operation: Operation | None, answer: Answer) -> _Sent:
        """An answer with the headers of the API; one that does not conform is an error of the double."""
        remaining = max(0, HOURLY_LIMIT - len(self.requests))
        every = {
            "ratelimit-limit": str(HOURLY_LIMIT),
            "ratelimit-remaining": str(remaining),
            "ratelimit-reset": str(int(self._started) + 3600),
            "x-request-id": str(uuid.uuid4()),
            "content-type": "application/json; charset=utf-8",
        }
        every |= answer.headers
        if operation:
            operation.check_response(answer.status, every, answer.body)
        return _Sent(answer.status, answer.body, every)

    def _instead(self, fault: Fault, operation: Operation | None, sent: _Sent | None) -> _Sent | None:
        if fault.reset:
            return None
        if fault.status is None:
            return sent
        if isinstance(fault.body, str):
            return _Sent(fault.status, fault.body, {"content-type": "text/html", **fault.headers})
        body = fault.body or _error(*_NAMES.get(fault.status, ("error", "An error")))
        return self._sent(operation, Answer(fault.status, body, fault.headers))

    def _violate(self, message: str) -> None:
        with self._lock:
            self.violations.append(message.replace(self._token, _SECRET))

    def _record(self, received: _Received) -> int:
        """Keep a request from when it comes: whoever waits for its answer may give up."""
        said = json.dumps([received.path, received.query, received.body])
        path, query, body = json.loads(said.replace(self._token, _SECRET))
        with self._lock:
            self.requests.append(Request(received.method, path, query, body))
            return len(self.requests) - 1


def _error(name: str, message: str) -> dict[str, str]:
    return {"id": name, "message": message, "request_id": str(uuid.uuid4())}


class Server(ThreadingHTTPServer):
    """The API on a socket."""

    daemon_threads = True

    def __init__(self, api: Api, address: str) -> None:
        self.api = api
        super().__init__((address, 0), _Handler)
        api.base = f"http://{address}:{self.server_port}"

    def server_bind(self) -> None:
        """Bind without the question to a name server what this machine is called."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who hung up did not wait for the answer."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def _answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        sent = self.server.api.handle(self.command, self.path, self.headers.get("authorization", ""), content)
        if sent is None:
            self._reset()
            return
        body = sent.body if isinstance(sent.body, str) else json.dumps(sent.body)
        data = b"" if sent.body is None else body.encode()
        self.send_response(sent.status)
        for name, value in sent.headers.items():
            self.send_header(name, value)
        if sent.status != 204:
            self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _answer

    def _reset(self) -> None:
        """End the connection so that the other side sees a reset, not an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
