# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A client of an API double that tells what came, status and all."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from digitalocean_double import DigitalOceanDouble

TOKEN = "dop_v1_0123456789abcdef"
DROPLET = {"name": "one", "size": "s-1vcpu-1gb", "image": "debian-12-x64", "region": "fra1"}
#: The path of one droplet.
ONE = r"/v2/droplets/\d+"


class Client:
    """Asks a double over HTTP, and says what came: status, body and headers."""

    def __init__(self, double: DigitalOceanDouble) -> None:
        self.double = double
        self.headers: dict[str, str] = {}

    def __call__(self, method: str, path: str, body: Any = None, *, token: str = TOKEN) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.double.baseurl}{path}", data, method=method)
        request.add_header("authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return self._read(answer)
        except urllib.error.HTTPError as error:
            with error:
                return self._read(error)

    def _read(self, answer: Any) -> tuple[int, Any]:
        self.headers = dict(answer.headers)
        text = answer.read().decode()
        html = answer.headers.get("content-type") == "text/html"
        return answer.status, text if html else json.loads(text) if text else None

    def create(self, **more: Any) -> int:
        """The id of a new droplet."""
        status, body = self("POST", "/droplets", {**DROPLET, **more})
        assert status == 202, body
        assert isinstance(body["droplet"]["id"], int)
        return int(body["droplet"]["id"])
