# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Magnet links that people have are read; each kind that is not understood is one error that says what and why."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.magnet import (
    MAX_INDEXES,
    MAX_LINK,
    MAX_TRACKERS,
    parse_magnet,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.refusal import MagnetError

V1 = "0123456789abcdef0123456789abcdef01234567"
V2 = "fe" * 32
XT = f"xt=urn:btih:{V1}"
LINK = f"magnet:?{XT}"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (LINK, {}),
        (f" \t{LINK}\r\n", {}),
        (f"MAGNET:?xt=URN:BTIH:{V1.upper()}", {}),
        ("magnet:?xt=urn:btih:AERUKZ4JVPG66AJDIVTYTK6N54ASGRLH", {}),
        ("magnet:?xt=urn:btih:aerukz4jvpg66ajdivtytk6n54asgrlh", {}),
        (f"magnet:?xt=urn%3Abtih%3A{V1}", {}),
        (f"magnet:?xt=urn:btmh:1220{V2.upper()}", {"info_hash_v1": None, "info_hash_v2": V2}),
        (f"{LINK}&xt=urn:btmh:1220{V2}", {"info_hash_v2": V2}),
        (f"magnet:?dn=a&{XT}", {"name": "a"}),
        (f"magnet:?&{XT}&&dn=&tr=&", {}),
        (f"{LINK}&dn=Big+Buck%20Bunny%2B", {"name": "Big Buck Bunny+"}),
        (f"{LINK}&dn=Grüße 日本 [a] #1?", {"name": "Grüße 日本 [a] #1?"}),
        (f"{LINK}&dn=%e2%80%aex%E2%80%8D", {"name": "\\u202ex\\u200d"}),
        (f"{LINK}&dn=../../etc/passwd", {"name": "../../etc/passwd"}),
        (f"{LINK}&dn={{{{ lookup('pipe','touch x') }}}}", {"name": "{{ lookup('pipe','touch x') }}"}),
        (f"{LINK}&dn=%7B%25%20set%20x%20%25%7D", {"name": "{% set x %}"}),
        (f"{LINK}&dn=a=b", {"name": "a=b"}),
        (
            f"{LINK}&tr=udp%3A%2F%2FTracker.Example%3A80&tr=https://t.example/a?passkey=1&tr=udp://tracker.example:80",
            {"trackers": ("udp://tracker.example:80", "https://t.example/a?passkey=1")},
        ),
        (f"{LINK}&tr=http://127.0.0.1:6969/announce", {"trackers": ("http://127.0.0.1:6969/announce",)}),
        (f"{LINK}&tr=udp://[2001:DB8:0::1]:80/a", {"trackers": ("udp://[2001:db8::1]:80/a",)}),
        (f"{LINK}&x.pe=192.0.2.1:6881&x.pe=[2001:db8::1]:1&x.pe=Host.example:65535",
         {"peers": ("192.0.2.1:6881", "[2001:db8::1]:1", "host.example:65535")}),
        (f"{LINK}&so=7,0,2,5-6,1-1", {"selection": ((0, 2), (5, 7))}),
        (f"{LINK}&tr=wss://tracker.example&x.foo=%0a", {"left_out": ("x.foo", "tr")}),
        (
            f"{LINK}&ws=http://a/&as=http://b/&xs=http://c/&xl=10&kt=a+b&mt=http://d/",
            {"left_out": ("as", "kt", "mt", "ws", "xl", "xs")},
        ),
    ],
)  # fmt: skip
def test_what_people_have_is_read(link: str, expected: dict[str, Any]) -> None:
    magnet = parse_magnet(link)
    found = {"info_hash_v1": V1, "info_hash_v2": None, "name": None, "trackers": (), "peers": (), "selection": None,
             "left_out": (), **expected}  # fmt: skip
    assert {key: getattr(magnet, key) for key in found} == found
    assert parse_magnet(magnet.link()) == magnet
    assert re.fullmatch(r"magnet:\?[A-Za-z0-9._~%=&:,-]+", magnet.link())
    assert magnet.link() == parse_magnet(magnet.link()).link()


def test_the_canonical_link_has_nothing_but_what_was_understood() -> None:
    link = parse_magnet(f"{LINK}&ws=http://a/&x.y=1&tr=http://t.example/a&dn=a%26tr%3Db&so=1&x.pe=h.example:1").link()
    assert link == f"{LINK}&dn=a%26tr%3Db&tr=http%3A%2F%2Ft.example%2Fa&x.pe=h.example%3A1&so=1"


def test_a_selection_selects() -> None:
    magnet = parse_magnet(f"{LINK}&so=0,3-4")
    assert [index for index in range(8) if magnet.selects(index)] == [0, 3, 4]
    assert parse_magnet(LINK).selects(8)


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("", "'' is not a magnet link, which begins with 'magnet:?'"),
        ("http://example.com/x.torrent", "is not a magnet link"),
        (f"x {LINK}", "is not a magnet link"),
        (f"\x0b{LINK}", "is not a magnet link"),
        (f"magnet:{XT}", "is not a magnet link"),
        ("magnet:?", "it has no info hash"),
        ("magnet:?dn=x", "it has no info hash"),
        ("magnet:?xt=", "it has no info hash"),
        (f"magnet:?xt=urn:btih:{V1}0", "is not an info hash"),
        (f"magnet:?xt=urn:btih:{V1[1:]}", "is not an info hash"),
        ("magnet:?xt=urn:btih:" + "z" * 40, "is not an info hash"),
        ("magnet:?xt=urn:btih:" + "1" * 32, "is not an info hash"),
        (f"magnet:?xt=urn:btih:{V1}%0a", "is not an info hash"),
        ("magnet:?xt=urn:btih:" + "\uff11" * 40, "is not an info hash"),
        (f"magnet:?xt=urn:btmh:1114{V1}", "is not an info hash"),
        (f"magnet:?xt=urn:btmh:1220{V2}00", "is not an info hash"),
        (f"magnet:?xt=urn:sha1:{V1}", "is not an info hash"),
        (f"magnet:?xt=urn:btpk:{V2}", "is not an info hash"),
        (f"{LINK}&xt=urn:ed2k:{V1[:32]}", "is not an info hash"),
        (f"{LINK}&xt=urn:btih:{'0' * 40}", "more than one info hash"),
        (f"{LINK}&{XT}", "more than one info hash"),
        (f"magnet:?xt=urn:btmh:1220{V2}&xt=urn:btmh:1220{V2}", "more than one info hash"),
        ("magnet:?xt={{ hash }}", "is not an info hash"),
        (f"{LINK}&dn=a&dn=b", "the key 'dn' more than once"),
        (f"{LINK}&dn=a%0Ab", "its name (dn) contains a line break"),
        (f"{LINK}&dn=%1B[2J", "its name (dn) contains a line break or another control character"),
        (f"{LINK}&dn=%00", "its name (dn) contains"),
        (f"{LINK}&dn=%C2%9B", "its name (dn) contains"),
        (f"{LINK}&dn=%E2%80%A8", "its name (dn) contains"),
        (f"{LINK}&dn={'x' * 1001}", "its name (dn) is longer than 1000 characters"),
        (f"{LINK}&dn=%ff", "the value of 'dn' is not valid UTF-8"),
        (f"{LINK}&dn=%c0%ae", "the value of 'dn' is not valid UTF-8"),
        (f"{LINK}&dn=%ed%a0%80", "the value of 'dn' is not valid UTF-8"),
        (f"{LINK}&dn=\udcff", "the value of 'dn' is not valid UTF-8"),
        (f"{LINK}&dn=100%", "has a '%' that is not followed by two hexadecimal digits"),
        (f"{LINK}&dn=%u0041", "has a '%' that is not followed"),
        (f"{LINK}\n{LINK}", "contains a line break or another control character"),
        (f"{LINK}&dn=a\x00b", "contains a line break"),
        (f"{LINK}\x1b[2J", "contains a line break"),
        (f"{LINK}&amp;dn=x", "'&amp;'"),
        (f"{LINK}&dn", "'dn' is not a key of a magnet link that is understood"),
        (f"{LINK}&foo=1", "'foo' is not a key"),
        (f"{LINK}&DN=1", "'DN' is not a key"),
        (f"{LINK}&x.=1", "'x.' is not a key"),
        (f"{LINK}&=1", "'' is not a key"),
        (f"{LINK}&x.{'y' * 40}=1", "is not a key"),
        (f"{LINK}&%64n=1", "'%64n' is not a key"),
        (f"{LINK}&{{{{x}}}}=1", "'{{x}}' is not a key"),
        (f"{LINK}&so=", None),
        (f"{LINK}&so=a", "so='a' is not a selection of files, such as 0,2,5-7"),
        (f"{LINK}&so=3-1", "is not a selection"),
        (f"{LINK}&so=1,", "is not a selection"),
        (f"{LINK}&so=-1", "is not a selection"),
        (f"{LINK}&so=1-", "is not a selection"),
        (f"{LINK}&so=1%20", "is not a selection"),
        (f"{LINK}&so=\u0661", "is not a selection"),
        (f"{LINK}&so={MAX_INDEXES}", "is not a selection"),
        (f"{LINK}&so=0-99999", "is not a selection"),
        (f"{LINK}&so=1&so=2", "the key 'so' more than once"),
        (f"{LINK}&tr=ftp://a/", "is not the address of an http, https or udp tracker"),
        (f"{LINK}&tr=file:///etc/passwd", "is not the address of an http"),
        (f"{LINK}&tr=javascript:alert(1)", "is not the address of an http"),
        (f"{LINK}&tr=//a.example/", "is not the address of an http"),
        (f"{LINK}&tr=http://", "is not the address of an http"),
        (f"{LINK}&tr=http:///x", "is not the address of an http"),
        (f"{LINK}&tr=http://user:pass@a.example/", "is not the address of an http"),
        (f"{LINK}&tr=http://a.example/%2520b c", "is not the address of an http"),
        (f"{LINK}&tr=http://a.example/%250a%0d", "is not the address of an http"),
        (f"{LINK}&tr=http://a.example/{{{{ x }}}}", "is not the address of an http"),
        (f"{LINK}&tr=http://a.example/%23f", "is not the address of an http"),
        (f"{LINK}&tr=http://a.example%5cb/", "is not the address of an http"),
        (f"{LINK}&tr=http://bücher.example/", "is not the address of an http"),
        (f"{LINK}&tr=http://a.example/{'x' * 600}", "is not the address of an http"),
        (f"{LINK}&tr=http://a..example/", "has no valid name of a host"),
        (f"{LINK}&tr=http://-a.example/", "has no valid name of a host"),
        (f"{LINK}&tr=http://{'a' * 64}.example/", "has no valid name of a host"),
        (f"{LINK}&tr=http://./", "has no valid name of a host"),
        (f"{LINK}&tr=http://a.example:0/", "has no valid port"),
        (f"{LINK}&tr=http://a.example:65536/", "has no valid port"),
        (f"{LINK}&tr=udp://a.example/", "has no port"),
        (f"{LINK}&tr=http://999.1.1.1/", "has no valid IP address"),
        (f"{LINK}&tr=http://2852039166/", "has no valid IP address"),
        (f"{LINK}&tr=http://0xa9fea9fe/", "has no valid IP address"),
        (f"{LINK}&tr=http://169.0xfea9fe/", "has no valid IP address"),
        (f"{LINK}&tr=http://[::g]/", "is not the address of an http"),
        (f"{LINK}&tr=http://[1:2]/", "has no valid IP address"),
        (f"{LINK}&tr=http://169.254.169.254/metadata/v1", "to which no client should connect"),
        (f"{LINK}&tr=http://169.254.169.254./metadata/v1", "has no valid IP address"),
        (f"{LINK}&tr=http://[::ffff:169.254.169.254]/", "to which no client should connect"),
        (f"{LINK}&tr=http://[fe80::1]/", "to which no client should connect"),
        (f"{LINK}&tr=udp://0.0.0.0:1", "to which no client should connect"),
        (f"{LINK}&tr=udp://224.0.0.1:1", "to which no client should connect"),
        (LINK + "".join(f"&tr=udp://a:{n}" for n in range(1, MAX_TRACKERS + 2)), "it has 101 trackers, and 100 is the"),
        (LINK + "".join(f"&x.pe=a:{n}" for n in range(1, 102)), "it has 101 peers, and 100 is the maximum"),
        (f"{LINK}&x.pe=192.0.2.1", "is not a host and a port, such as 192.0.2.1:6881"),
        (f"{LINK}&x.pe=192.0.2.1:0", "has no valid port"),
        (f"{LINK}&x.pe=2001:db8::1:80", "is not a host and a port"),
        (f"{LINK}&x.pe=192.0.2:80", "has no valid IP address"),
        (f"{LINK}&x.pe=a b:80", "is not a host and a port"),
        (f"{LINK}&x.pe=:80", "is not a host and a port"),
        (f"{LINK}&x.pe=a:80%0a", "is not a host and a port"),
        (f"{LINK}&x.pe=169.254.0.1:80", "to which no client should connect"),
        (LINK + "&kt=" + "x" * MAX_LINK, f"it is longer than {MAX_LINK} characters"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused(link: str, message: str | None) -> None:
    if message is None:
        assert parse_magnet(link).selection is None
        return
    with pytest.raises(MagnetError) as caught:
        parse_magnet(link, source="src: /x/link")
    said = caught.value.message
    assert said.startswith("src: /x/link: ") and message in said and "; " in said
    assert len(said) < 400 and said.isprintable()
    assert caught.value.details()["error_code"] == "magnet"


def test_random_links_end_in_a_magnet_or_an_error() -> None:
    rng = random.Random(7)
    parts = [XT, f"xt=urn:btmh:1220{V2}", "dn=a%20b", "dn={{ x }}", "tr=http://t.example/a", "tr=udp://[::1]:1", "ws=x",
             "x.pe=[::1]:1", "so=1,3-9", "x.a=b", "xl=1", "%", "%zz", "=", "&", "\0", "\n", "é", "\udcff", "xt", "tr=",
             "amp;", "#", "?", "\u202e", "[", "]", "http://[", "so=" + "9" * 30]  # fmt: skip
    read = 0
    for _round in range(20_000):
        text = "magnet:?" + rng.choice(["&", "&", "&", ""]).join(rng.choices(parts, k=rng.randrange(1, 6)))
        if rng.random() < 0.5:
            at = rng.randrange(len(text))
            text = text[:at] + rng.choice(["", chr(rng.randrange(0x110000)), "%", "[", ":"]) + text[at + 1 :]
        try:
            magnet = parse_magnet(text)
        except MagnetError as error:
            assert len(error.message) < 400
        else:
            read += 1
            assert parse_magnet(magnet.link()) == magnet
    assert read > 200
