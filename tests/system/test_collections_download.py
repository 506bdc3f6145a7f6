# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Downloads from servers that are busy, stall, stop halfway or send people elsewhere."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.download import Patience, fetch
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import NetworkError, SourceError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex

DATA = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(DATA).hexdigest()
INDEX = PackageIndex()
QUICK = Patience(stall=0.4, total=3.0, pause=0.05, attempts=2)


@dataclass
class Server:
    """A server on loopback, and the passwords that its requests carried."""

    url: str
    authorizations: list[str | None] = field(default_factory=list)


def whole(handler: BaseHTTPRequestHandler, *, data: bytes = DATA, length: int = len(DATA)) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(length))
    handler.end_headers()
    handler.wfile.write(data)


def busy(handler: BaseHTTPRequestHandler) -> None:
    handler.send_error(503)


def gone(handler: BaseHTTPRequestHandler) -> None:
    handler.send_error(404)


def truncated(handler: BaseHTTPRequestHandler) -> None:
    whole(handler, data=DATA[: len(DATA) // 2])


def changed(handler: BaseHTTPRequestHandler) -> None:
    whole(handler, data=DATA[:-1] + b"x")


def silent(_handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1.5)


def stalling(handler: BaseHTTPRequestHandler) -> None:
    truncated(handler)
    handler.wfile.flush()
    time.sleep(1.5)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(DATA)))
    handler.end_headers()
    try:
        for number in range(100):
            handler.wfile.write(DATA[number * 8 : number * 8 + 8])
            time.sleep(0.1)
    except OSError:  # the client has gone, as it should
        pass


def elsewhere(url: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def redirect(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", url)
        handler.end_headers()

    return redirect


@pytest.fixture(name="serve")
def fixture_serve() -> Iterator[Callable[..., Server]]:
    """Starts servers on loopback; ``script[n]`` answers the n-th request, the last one all others."""
    running: list[ThreadingHTTPServer] = []

    def start(*script: Callable[[BaseHTTPRequestHandler], None]) -> Server:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                number = min(len(server.authorizations), len(script) - 1)
                server.authorizations.append(self.headers.get("Authorization"))
                script[number](self)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server = Server(f"http://127.0.0.1:{http.server_port}/a.whl")
        running.append(http)
        threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return server

    yield start
    for http in running:
        http.shutdown()
        http.server_close()


def test_a_whole_file_is_fetched(serve: Callable[..., Server], tmp_path: Path) -> None:
    assert fetch(serve(whole).url, to=str(tmp_path / "a"), sha256=SHA256, index=INDEX, patience=QUICK) == len(DATA)
    assert (tmp_path / "a").read_bytes() == DATA


@pytest.mark.parametrize("hiccup", [busy, truncated, silent, stalling])
def test_a_hiccup_is_forgiven(
    serve: Callable[..., Server], tmp_path: Path, hiccup: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    server = serve(hiccup, whole)
    fetch(server.url, to=str(tmp_path / "a"), sha256=SHA256, index=INDEX, patience=QUICK)
    assert (tmp_path / "a").read_bytes() == DATA
    assert len(server.authorizations) == 2


@pytest.mark.parametrize(
    ("trouble", "kind", "message", "requests"),
    [
        (busy, NetworkError, r"^a.whl cannot be fetched: http://\S+/a.whl cannot be read: 503 Service Unavail", 2),
        (gone, NetworkError, "cannot be read: 404 Not Found; ", 1),
        (truncated, NetworkError, "the connection ended after 524288 of 1048576 bytes; ", 2),
        (silent, NetworkError, "127.0.0.1 did not answer in time; ", 2),
        (stalling, NetworkError, "127.0.0.1 did not answer in time; ", 2),
        (dripping, NetworkError, "the download was stopped after .* it took too long; ", 1),
        (changed, SourceError, f"does not have the sha256 of the package index: expected {SHA256}", 1),
    ],
)
def test_trouble_ends_in_time_with_one_clear_error(
    serve: Callable[..., Server],
    tmp_path: Path,
    trouble: Callable[[BaseHTTPRequestHandler], None],
    kind: type[VenvError],
    message: str,
    requests: int,
) -> None:
    server = serve(trouble)
    start = time.monotonic()
    with pytest.raises(kind, match=message):
        fetch(server.url, to=str(tmp_path / "a"), sha256=SHA256, index=INDEX, patience=QUICK)
    # Whoever drips would do it for ten seconds.
    assert time.monotonic() - start < 10
    assert len(server.authorizations) == requests


def test_a_closed_port_is_named(serve: Callable[..., Server], tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="http://127.0.0.1:9/a.whl cannot be read: .*refused"):
        url = "http://user:secret@127.0.0.1:9/a.whl?token=x"
        fetch(url, to=str(tmp_path / "a"), sha256=SHA256, index=INDEX, patience=QUICK)


def test_the_option_that_led_there_is_named(serve: Callable[..., Server], tmp_path: Path) -> None:
    url = serve(gone).url
    index = PackageIndex(index_url=url.replace("//", "//user:p%40ss@").replace("a.whl", "simple"))
    with pytest.raises(NetworkError, match="index_url: http") as caught:
        fetch(url, to=str(tmp_path / "a"), sha256=SHA256, index=index, patience=QUICK)
    assert caught.value.code == "network"
    assert "p%40ss" not in caught.value.message


def test_a_password_reaches_its_host_and_no_other(serve: Callable[..., Server], tmp_path: Path) -> None:
    other = serve(whole)
    first = serve(elsewhere(other.url))
    fetch(first.url.replace("//", "//user:p%40ss@"), to=str(tmp_path / "a"), sha256=SHA256, index=INDEX, patience=QUICK)
    assert first.authorizations == ["Basic dXNlcjpwQHNz"]
    assert other.authorizations == [None]


def test_a_redirect_to_a_file_is_refused(serve: Callable[..., Server], tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(DATA)
    server = serve(elsewhere((tmp_path / "secret").as_uri()))
    with pytest.raises(NetworkError, match="cannot be fetched"):
        fetch(server.url, to=str(tmp_path / "a"), sha256=SHA256, index=INDEX, patience=QUICK)
