# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What uv says of an index that it cannot read, as one sentence with the option, the address and the reason."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.network import network_error, unreadable
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex

INDEX = PackageIndex("https://me:s3cret@index.example/simple")
PAGE = "https://index.example/simple/six/"
NO_SOLUTION = "error: No solution found when resolving dependencies\n  cause: Because six was not found\n\nhint: "
SENDING = f"error: Request failed after 2 retries in 4.3s\n  cause: Failed to fetch: {PAGE}\n  cause: error sending "
CONNECT = f"{SENDING}request for url ({PAGE})\n  cause: client error (Connect)\n"

SAID: dict[str, tuple[str, str]] = {
    "refused": (
        f"{CONNECT}  cause: tcp connect error\n  cause: Connection refused (os error 111)\n",
        "Connection refused (os error 111)",
    ),
    "unknown host": (
        f"{CONNECT}  cause: dns error\n  cause: failed to lookup address: Name or service not known\n",
        "the host name cannot be resolved (index.example)",
    ),
    "certificate": (
        f"{CONNECT}  cause: invalid peer certificate: UnknownIssuer\n",
        "the certificate of index.example is not trusted (invalid peer certificate: UnknownIssuer)",
    ),
    "no TLS": (f"{CONNECT}  cause: received corrupt message of type InvalidContentType\n", "received corrupt message"),
    "silent": (f"{SENDING}request for url ({PAGE})\n  cause: operation timed out\n", "did not answer in time"),
    "busy": (
        f"error: Request failed after 2 retries in 2s\n  cause: Failed to fetch: {PAGE}\n"
        f"  cause: HTTP status server error (503 Service Unavailable) for url ({PAGE})\n",
        "cannot be read: 503 Service Unavailable; correct index_url",
    ),
    "gone": (
        f"error: Failed to fetch: {PAGE}\n  cause: HTTP status client error (410 Gone) for url ({PAGE})\n",
        "cannot be read: 410 Gone; correct index_url",
    ),
    "no password": (
        f"{NO_SOLUTION}An index URL (https://index.example/simple) could not be queried due to a lack of valid "
        "authentication credentials (401 Unauthorized)\n",
        "401 Unauthorized; check the user and the password in index_url",
    ),
    "forbidden": (
        f"{NO_SOLUTION}An index (https://index.example/simple) returned a 403 Forbidden error. Check that the index "
        "URL is correct and the credentials are valid.\n",
        "403 Forbidden; check the user and the password in index_url",
    ),
    "a text": (
        f'error: Unsupported `Content-Type` "text/plain" for `{PAGE}`. Expected JSON or HTML.\n',
        "the response is not that of a package index",
    ),
    "half of JSON": (
        f"error: Received some unexpected JSON from `{PAGE}`\n  cause: EOF while parsing\n",
        "the response is not that of a package index",
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_an_index_that_cannot_be_read(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    said, expected = SAID[case]
    error = network_error(said, INDEX)
    assert error is not None
    assert error.code == "network"
    assert error.message.startswith("index_url: https://index.example/simple")
    assert expected in error.message
    for noise in ("s3cret", "retries", "Failed to fetch", "cause", "********"):
        assert noise not in str(error.details())


@pytest.mark.parametrize(
    "said",
    [
        "error: No solution found when resolving dependencies\n  cause: Because six was not found in the registry\n",
        f"error: Failed to fetch: {PAGE}\n  cause: No space left on device (os error 28)\n",
        "error: Failed to download `x`\n  cause: Hash mismatch\n",
        "error: No solution found\n\nhint: Packages were unavailable because the network was disabled.",
        "",
    ],
)
def test_what_the_network_is_not_to_blame_for(said: str) -> None:
    assert network_error(said, INDEX) is None


def test_a_page_of_find_links_is_named_as_one() -> None:
    index = PackageIndex("https://index.example/simple", ("/srv", "https://wheels.example/all/"))
    said = (
        "error: Failed to read `--find-links` URL: https://wheels.example/all/\n"
        "  cause: Failed to fetch: https://wheels.example/all/\n"
        "  cause: HTTP status client error (404 Not Found) for url (https://wheels.example/all/)\n"
    )
    error = network_error(said, index)
    assert error is not None
    assert error.message.startswith("find_links: https://wheels.example/all/ cannot be read: 404 Not Found")


def test_the_default_index_says_which_option_there_is() -> None:
    error = unreadable("https://index.invalid/simple/six/", "operation timed out", PackageIndex())
    assert error.message.startswith("https://index.invalid/simple/six/ cannot be read: ")
    assert "set index_url to an index that it can reach" in error.message


def test_a_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://me:pr0xy@proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inside.example")
    assert "refused through the proxy http://proxy.example:3128" in unreadable(PAGE, "refused", INDEX).message
    assert "proxy" not in unreadable("https://inside.example/", "refused", INDEX).message
    assert "pr0xy" not in unreadable(PAGE, "dns error", INDEX).message


def test_an_address_that_is_not_known_leaves_no_gap() -> None:
    """uv's own index has no address here."""
    error = unreadable("", "dns error: Name or service not known", PackageIndex())
    assert "the host name cannot be resolved (the package index)" in error.message
