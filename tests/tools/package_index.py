# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A package index on loopback that can be bad or slow in chosen ways, and wheels that are."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from pathlib import Path
from typing import Any

#: How a file can be answered.
GOOD, BUSY, SILENT, STALLING = "good", "busy", "silent", "stalling"


@contextmanager
def package_index(
    files: Mapping[str, bytes],
    *,
    answers: Mapping[str, str] | None = None,
    stated: Mapping[str, str] | None = None,
    seconds: float = 0,
    address: str = "127.0.0.1",
) -> Iterator[str]:
    """Serve ``files`` by name and yield the index's address; its neighbour ``/flat/`` is a page with all of them.

    ``answers``: for a file name, or ``page`` for all pages, how it is answered: 503, never, or up to the middle.
    ``stated``: the sha256 that a page states for a file in place of the right one; empty for none.
    ``seconds``: how long the network is busy with each wheel, one after the other; their metadata come at once.
    """
    over = threading.Event()
    line = _Line(seconds, over)
    metadata = {f"{name}.metadata": _metadata(content) for name, content in files.items() if seconds}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            directory, _slash, name = self.path.rpartition("/")
            how = (answers or {}).get(name or "page", GOOD)
            pages = {**files, **metadata}
            content = pages.get(name) if name else _page(directory.rpartition("/")[2], files, stated or {}, metadata)
            if how == SILENT:
                over.wait()
            elif how == BUSY or content is None:
                self.send_error(503 if how == BUSY else 404)
            else:
                self._answer(content, stalling=how == STALLING)

        do_HEAD = do_GET

        def _answer(self, content: bytes, *, stalling: bool) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream" if self.path[-1] != "/" else "text/html")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "HEAD":
                return
            sent = line.wait(content, self.wfile) if self.path.endswith(".whl") else 0
            self.wfile.write(content[sent : len(content) // 2] if stalling else content[sent:])
            if stalling:
                self.wfile.flush()
                over.wait()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Who hung up got what the test wanted."""

    with Server((address, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{address}:{server.server_port}/simple"
        finally:
            over.set()
            server.shutdown()


class _Line:
    """A network that is busy for so many ``seconds`` with each file, one after the other."""

    def __init__(self, seconds: float, over: threading.Event) -> None:
        self._seconds = seconds
        self._over = over
        self._lock = threading.Lock()
        self._free_at = 0.0

    def wait(self, content: bytes, sink: BufferedIOBase) -> int:
        """Wait until a file has come, and send a byte now and then: who hears nothing gives up. How many were sent."""
        with self._lock:
            due = self._free_at = max(self._free_at, time.monotonic()) + self._seconds
        sent = 0
        while self._seconds and (left := due - time.monotonic()) > 0 and not self._over.wait(min(left, 2)):
            sink.write(content[sent : sent + 1])
            sink.flush()
            sent += 1
        return sent


def _metadata(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA")))


def _page(
    project: str, files: Mapping[str, bytes], stated: Mapping[str, str], metadata: Mapping[str, bytes]
) -> bytes | None:
    links = []
    for name, content in files.items():
        if project == "flat" or re.sub("[-_.]+", "-", name.partition("-")[0]).lower() == project:
            digest = stated.get(name, hashlib.sha256(content).hexdigest())
            fragment = f"#sha256={digest}" if digest else ""
            apart = ' data-dist-info-metadata="true"' if f"{name}.metadata" in metadata else ""
            links.append(f'<a href="../../files/{name}{fragment}"{apart}>{name}</a>')
    return f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>".encode() if links else None


def wheel(
    directory: Path,
    name: str,
    files: Mapping[str, str],
    *,
    version: str = "1.0",
    lies: Mapping[str, str] | None = None,
    rows: Mapping[str, str] | None = None,
    requires: Sequence[str] = (),
) -> tuple[str, bytes]:
    """The name and content of a wheel with ``files``.

    RECORD tells of ``lies`` instead of what a file holds; ``rows`` are, by path, other lines for a file, "" for none.
    ``requires`` are the packages that it needs.
    """
    needs = "".join(f"Requires-Dist: {line}\n" for line in requires)
    info = f"{name}-{version}.dist-info"
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    right = {path: _row(path, (lies or {}).get(path, text)) for path, text in content.items()}
    listed = "".join(
        f"{row}\n" for row in {**right, f"{info}/RECORD": f"{info}/RECORD,,", **(rows or {})}.values() if row
    )
    path = directory / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in {**content, f"{info}/RECORD": listed}.items():
            archive.writestr(member, text)
    return path.name, path.read_bytes()


def _row(path: str, text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(text.encode())}"
