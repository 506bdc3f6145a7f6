# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Pages with links to wheels, as a host without uv reads them: limited in time and size, each file with its hash."""

from __future__ import annotations

import hashlib
import http.client
import time
import urllib.error
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from .._errors import NetworkError, ToolMissingError
from .._packaging.address import public
from .._packaging.record import ALGORITHMS
from .network import unreadable

if TYPE_CHECKING:
    from .package_index import PackageIndex

#: In seconds: for the next bytes, and for a whole file.
STALL_TIMEOUT = 60.0
TOTAL_TIMEOUT = 900.0
#: The page of a project with thousands of files has 3 MB, the wheel of uv 25 MB.
MAX_PAGE_BYTES = 1 << 24
MAX_WHEEL_BYTES = 1 << 28
_CHUNK = 1 << 18


def page_links(page_url: str, index: PackageIndex) -> dict[str, str]:
    """The addresses of the files that a page links to, with their fragments, by file name."""
    links = _Links()
    try:
        links.feed(_get(page_url, MAX_PAGE_BYTES, index).decode("utf-8", "replace"))
        urls = [urljoin(page_url, target) for target in links.targets]
        allowed = {"http", "https", urlsplit(page_url).scheme}  # a page of the network names no file of this host
        return {urlsplit(url).path.rpartition("/")[2]: url for url in urls if urlsplit(url).scheme in allowed}
    except (AssertionError, ValueError) as error:
        raise ToolMissingError(f"{public(page_url)} is not a readable page: {error}") from error


def fetch_hashed(url: str, index: PackageIndex) -> bytes:
    """The file at ``url``, whose fragment states its hash; raises :class:`ToolMissingError` where it is another."""
    address, fragment = urldefrag(url)
    content = _get(address, MAX_WHEEL_BYTES, index)
    algorithm, _equals, stated = fragment.partition("=")
    if algorithm not in ALGORITHMS or stated.lower() != hashlib.new(algorithm, content).hexdigest():
        name = urlsplit(address).path.rpartition("/")[2]
        wanted = algorithm if algorithm in ALGORITHMS else " or ".join(ALGORITHMS)
        raise ToolMissingError(
            f"{name} from {public(address)} does not have the {wanted} of the index; nothing was stored"
        )
    return content


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.targets += [value for name, value in attrs if tag == "a" and name == "href" and value]


def _get(url: str, limit: int, index: PackageIndex) -> bytes:
    # Imported where it is needed: in a module it is compiled anew on every run, and most runs fetch nothing.
    from ansible.module_utils import urls

    parts = urlsplit(url)
    user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
    options: dict[str, Any] = {"url_username": user, "url_password": password, "force_basic_auth": user is not None}
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    try:
        with urls.open_url(bare, timeout=STALL_TIMEOUT, use_netrc=False, **options) as response:
            return _read(response, limit, public(url))
    except (OSError, http.client.HTTPException, urls.ConnectionError) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        failure = unreadable(url, str(error), index)
        raise NetworkError(f"uv cannot be fetched: {failure.message}", **failure.context) from error


def _read(response: Any, limit: int, url: str) -> bytes:
    deadline = time.monotonic() + TOTAL_TIMEOUT
    content = bytearray()
    for chunk in iter(lambda: response.read1(_CHUNK), b""):  # what is there, so that a trickle meets the deadline
        content += chunk
        if len(content) > limit:
            raise ToolMissingError(f"uv cannot be fetched from {url}: it is larger than {limit >> 20} MiB")
        if time.monotonic() > deadline:
            raise ToolMissingError(f"uv cannot be fetched from {url}: it took longer than {TOTAL_TIMEOUT:g} s")
    return bytes(content)
