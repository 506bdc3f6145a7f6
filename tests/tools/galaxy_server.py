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
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: How it can be wrong: a sha256 that the tarball does not have, an answer that never comes, half of a tarball and then
#: nothing or the end of the connection, and 500 to all requests.
LIES, SILENT, STALLS, CUTS, BROKEN = "lies", "silent", "stalls", "cuts", "broken"
#: A query for a role by its owner and name, and for its versions by its id, which is its name here.
_ROLE = re.compile(r"/api/v1/roles/\?owner__username=([\w.-]+)&name=([\w-]+)")
_VERSIONS_OF_ROLE = re.compile(r"/api/v1/roles/([\w.-]+)/versions/\?page_size=\d+")
_VERSION = re.compile(r"/api/v3/collections/(\w+)/(\w+)/versions/(?:([\w.+-]+)/)?(?:\?.*)?")


@dataclass
class GalaxyServer:
    """What a server has, and how it is: all of it may be changed while it runs. ``asked`` are the paths of requests.

    Only those who have ``token`` get an answer, if it is given. ``signatures`` are those of MANIFEST.json, by names.
    ``roles`` are tarballs by ``owner.name`` and version; ``files`` are others, by their names.
    """

    tarballs: list[bytes]
    token: str | None = None
    signatures: Mapping[str, str] = field(default_factory=dict)
    fault: str | None = None
    roles: dict[str, dict[str, bytes]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    url: str = ""
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def galaxy_server(
    tarballs: Iterable[bytes],
    *,
    token: str | None = None,
    signatures: Mapping[str, str] | None = None,
    fault: str | None = None,
) -> Iterator[GalaxyServer]:
    """Serve tarballs as ``ansible-galaxy collection build`` makes them."""
    server = GalaxyServer([*tarballs], token, signatures or {}, fault)
    with _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"galaxy": server})) as http:
        server.url = f"http://127.0.0.1:{http.server_address[1]}"
        threading.Thread(target=http.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.over.set()
            http.shutdown()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who hung up got what the test wanted."""


class _Handler(BaseHTTPRequestHandler):
    galaxy: GalaxyServer

    def do_GET(self) -> None:
        galaxy = self.galaxy
        # ansible-galaxy sends no token for the tarball of a role, which is from a forge.
        is_open = self.path.rstrip("/") == "/api" or self.path.startswith("/role/")
        galaxy.asked.append(self.path)
        if galaxy.fault == SILENT:
            galaxy.over.wait()
        elif galaxy.fault == BROKEN:
            self.send_error(500)
        elif galaxy.token is not None and self.headers["Authorization"] != f"Token {galaxy.token}" and not is_open:
            self.send_error(401)
        elif self.path.startswith("/download/"):
            self._send_tarball(self.path.rpartition("/")[2])
        elif self.path.rstrip("/") == "/api":
            self._send_json({"available_versions": {"v1": "v1/", "v3": "v3/"}})
        elif self.path.startswith("/file/"):
            self._send_file(galaxy.files.get(self.path.removeprefix("/file/")))
        elif self.path.startswith("/role/"):
            name, version = self.path.removeprefix("/role/").removesuffix(".tar.gz").rsplit("/", 1)
            self._send_file(galaxy.roles[name][version])
        else:
            self._send_json(self._answer())

    def _answer(self) -> Any:
        """What the API says of a collection, or of one version of it."""
        if self.path.startswith("/api/v1/"):
            return self._role_answer()
        match = _VERSION.fullmatch(self.path)
        if match is None:
            return None
        offered = [(_information(content), content) for content in self.galaxy.tarballs]
        found = [one for one in offered if (one[0]["namespace"], one[0]["name"]) == match.group(1, 2)]
        if match[3] is None:
            versions = [{"version": information["version"]} for information, _content in found]
            return {"meta": {}, "links": {"next": None}, "data": versions} if found else None
        return next((self._version(*one) for one in found if one[0]["version"] == match[3]), None)

    def _version(self, information: Mapping[str, Any], content: bytes) -> dict[str, Any]:
        galaxy = self.galaxy
        signature = galaxy.signatures.get(f"{information['namespace']}.{information['name']}")
        sha256 = "0" * 64 if galaxy.fault == LIES else hashlib.sha256(content).hexdigest()
        return {
            "namespace": {"name": information["namespace"]},
            "collection": {"name": information["name"]},
            "version": information["version"],
            "href": self.path,
            "download_url": f"{galaxy.url}/download/{_file_name(content)}",
            "artifact": {"sha256": sha256},
            "metadata": {"dependencies": information["dependencies"]},
            "signatures": [{"signature": signature}] if signature else [],
        }

    def _role_answer(self) -> Any:
        """What the API says of a role, or of its versions."""
        asked, versions = _ROLE.fullmatch(self.path), _VERSIONS_OF_ROLE.fullmatch(self.path)
        if asked is not None:
            name = ".".join(asked.groups())
            return {"results": [{"id": name, "name": asked[2]}] if name in self.galaxy.roles else []}
        if versions is None or versions[1] not in self.galaxy.roles:
            return None
        url = f"{self.galaxy.url}/role/{versions[1]}"
        offered = self.galaxy.roles[versions[1]]
        return {"results": [{"name": one, "download_url": f"{url}/{one}.tar.gz"} for one in offered]}

    def _send_tarball(self, name: str) -> None:
        self._send_file(next(one for one in self.galaxy.tarballs if _file_name(one) == name))

    def _send_file(self, content: bytes | None) -> None:
        if content is None:
            self.send_error(404)
            return
        is_half = self.galaxy.fault in (STALLS, CUTS)
        self._send(content, "application/gzip", length=len(content) // 2 if is_half else len(content))
        if self.galaxy.fault == STALLS:
            self.galaxy.over.wait()
        self.close_connection = True

    def _send_json(self, answer: Any) -> None:
        content = json.dumps(answer).encode()
        self.send_error(404) if answer is None else self._send(content, "application/json", length=len(content))

    def _send(self, content: bytes, kind: str, *, length: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:length])
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def manifest_of(tarball: bytes) -> bytes:
    """MANIFEST.json in a tarball, which is what is signed."""
    with tarfile.open(fileobj=io.BytesIO(tarball)) as archive:
        stream = archive.extractfile("MANIFEST.json")
        assert stream is not None
        return stream.read()


def _information(tarball: bytes) -> dict[str, Any]:
    information: dict[str, Any] = json.loads(manifest_of(tarball))["collection_info"]
    return information


def _file_name(tarball: bytes) -> str:
    information = _information(tarball)
    return f"{information['namespace']}-{information['name']}-{information['version']}.tar.gz"
