# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A BitTorrent tracker over HTTP (BEP 3 and 23) that forgets everything when its standard input ends.

Run as a program, with the address that it listens on; it prints its URL.
"""

from __future__ import annotations

import ipaddress
import sys
import threading
from collections import defaultdict
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_SECONDS = 2
#: The peers of each torrent, as they are sent: four bytes of address, two of port.
_peers: dict[str, set[bytes]] = defaultdict(set)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query, encoding="latin-1")
        own = ipaddress.IPv4Address(self.client_address[0]).packed + int(asked["port"][0]).to_bytes(2, "big")
        known = _peers[asked["info_hash"][0]]
        known.discard(own)
        others = b"".join(sorted(known))
        if asked.get("event") != ["stopped"]:
            known.add(own)
        body = b"d8:intervali%de5:peers%d:%be" % (_SECONDS, len(others), others)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(BrokenPipeError):  # who says that it stops does not wait for an answer
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def main() -> None:
    server = ThreadingHTTPServer((sys.argv[1], 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://{sys.argv[1]}:{server.server_port}/announce", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
