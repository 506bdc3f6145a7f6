# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A Galaxy server on loopback with API v3, which can be wrong or slow in chosen ways and notes what it was asked."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: How it can be wrong: a sha256 that the tarball does not have, an answer that never comes, half of a tarball and then
#: nothing or the end of the connection, and 500 to all requests.
LIES, SILENT, STALLS, CUTS, BROKEN = "lies", "silent", "stalls", "cuts", "broken"
_VERSION = re.compile(r"/api/v3/collections/(\w+)/(\w+)/versions/(?:([\w.+-]+)/)?(?:\?.*)?")


@dataclass
class GalaxyServer:
    """``url`` is that of the server, ``asked`` the paths of all requests until now; ``fault`` may be changed."""

    url: str = ""
    fault: str | None = None
    asked: list[str] = field(default_factory=list)


@contextmanager
def galaxy_server(
    tarballs: Sequence[bytes],
    *,
    token: str | None = None,
    signatures: Mapping[str, str] | None = None,
    fault: str | None = None,
) -> Iterator[GalaxyServer]:
    """Serve tarballs as ``ansible-galaxy collection build`` makes them, to those who have ``token`` if that is given.

    ``signatures`` are those of MANIFEST.json, by the names of collections.
    """
    server, over = GalaxyServer(fault=fault), threading.Event()
    offered = [(_information(content), content) for content in tarballs]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(self.path)
            is_root = self.path in ("/api", "/api/")
            if server.fault == SILENT:
                over.wait()
            elif server.fault == BROKEN:
                self.send_error(500)
            elif token is not None and self.headers["Authorization"] != f"Token {token}" and not is_root:
                self.send_error(401)
            elif self.path.startswith("/download/"):
                self._send_tarball(self.path.rpartition("/")[2])
            else:
                answer = self._answer()
                self.send_error(404) if answer is None else self._send(json.dumps(answer).encode())

        def _answer(self) -> Any:
            if self.path in ("/api", "/api/"):
                return {"available_versions": {"v3": "v3/"}}
            match = _VERSION.fullmatch(self.path)
            if match is None:
                return None
            found = [one for one in offered if (one[0]["namespace"], one[0]["name"]) == match.group(1, 2)]
            if match[3] is None:
                versions = [{"version": information["version"]} for information, _content in found]
                return {"meta": {}, "links": {"next": None}, "data": versions} if found else None
            return next((self._version(*one) for one in found if one[0]["version"] == match[3]), None)

        def _version(self, information: Mapping[str, Any], content: bytes) -> dict[str, Any]:
            full_name = f"{information['namespace']}.{information['name']}"
            sha256 = "0" * 64 if server.fault == LIES else hashlib.sha256(content).hexdigest()
            signature = (signatures or {}).get(full_name)
            return {
                "namespace": {"name": information["namespace"]},
                "collection": {"name": information["name"]},
                "version": information["version"],
                "href": self.path,
                "download_url": f"{server.url}/download/{_file_name(information)}",
                "artifact": {"sha256": sha256},
                "metadata": {"dependencies": information["dependencies"]},
                "signatures": [{"signature": signature}] if signature else [],
            }

        def _send_tarball(self, name: str) -> None:
            content = next((one[1] for one in offered if _file_name(one[0]) == name), None)
            if content is None:
                self.send_error(404)
            elif server.fault in (STALLS, CUTS):
                self._send(content, whole=False)
                if server.fault == STALLS:
                    over.wait()
                self.close_connection = True
            else:
                self._send(content)

        def _send(self, content: bytes, *, whole: bool = True) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json" if self.path[:5] == "/api/" else "application/gzip")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content if whole else content[: len(content) // 2])
            self.wfile.flush()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Who hung up got what the test wanted."""

    with Server(("127.0.0.1", 0), Handler) as http:
        server.url = f"http://127.0.0.1:{http.server_address[1]}"
        threading.Thread(target=http.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            over.set()
            http.shutdown()


def manifest_of(tarball: bytes) -> bytes:
    """MANIFEST.json in a tarball, which is what is signed."""
    with tarfile.open(fileobj=io.BytesIO(tarball)) as archive:
        stream = archive.extractfile("MANIFEST.json")
        assert stream is not None
        return stream.read()


def _information(tarball: bytes) -> dict[str, Any]:
    information: dict[str, Any] = json.loads(manifest_of(tarball))["collection_info"]
    return information


def _file_name(information: Mapping[str, Any]) -> str:
    return f"{information['namespace']}-{information['name']}-{information['version']}.tar.gz"
