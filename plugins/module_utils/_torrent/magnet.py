# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a magnet link says (BEP 9, 52 and 53); anything that is not understood is refused, nothing is evaluated."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_to_bytes

from .._printable import printable
from .address import check_peer, check_tracker, is_for_browsers
from .refusal import RefusedError, quoted, refusals_of

MAX_LINK = 16 * 1024
MAX_NAME = 1000
MAX_TRACKERS = 100
MAX_PEERS = 100
#: What can stand around a link that was pasted, or in its file.
AROUND = " \t\r\n"
#: As many files, and files of padding, as a torrent may have.
MAX_INDEXES = 40_000
SCHEME = "magnet:?"
_ADVICE = "copy the link again, or use another one"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BAD_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_V1 = re.compile("urn:btih:([0-9a-f]{40}|[a-z2-7]{32})", re.IGNORECASE | re.ASCII)
_V2 = re.compile("urn:btmh:1220([0-9a-f]{64})", re.IGNORECASE | re.ASCII)
_SELECTED = re.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?", re.ASCII)
#: Other sources of the same content, which would make a client fetch any address: left out, because people's links
#: have them and nothing is lost. Size, keywords and manifests are claims that nobody checks.
_LEFT_OUT = {"ws", "as", "xs", "xl", "kt", "mt"}
_ONCE = {"dn", "so"}
_EXPERIMENTAL = re.compile("x[.][A-Za-z0-9._-]{1,30}", re.ASCII)


@dataclass(frozen=True)
class Magnet:
    """A magnet link. Hashes are lower-case hex; ``name`` is only for show, and never a path.

    ``selection`` are the first and last indexes of files, sorted, None for all. ``left_out`` are the keys whose values
    were not used.
    """

    info_hash_v1: str | None
    info_hash_v2: str | None
    name: str | None = None
    trackers: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    selection: tuple[tuple[int, int], ...] | None = None
    left_out: tuple[str, ...] = field(default=(), compare=False)

    def link(self) -> str:
        """The canonical link: of these values alone, each one escaped."""
        parts = [f"xt=urn:btih:{self.info_hash_v1}"] if self.info_hash_v1 else []
        parts += [f"xt=urn:btmh:1220{self.info_hash_v2}"] if self.info_hash_v2 else []
        parts += [f"dn={_escaped(self.name)}"] if self.name else []
        parts += [f"tr={_escaped(tracker)}" for tracker in self.trackers]
        parts += [f"x.pe={_escaped(peer)}" for peer in self.peers]
        if self.selection is not None:
            ranges = [str(first) if first == last else f"{first}-{last}" for first, last in self.selection]
            parts.append(f"so={','.join(ranges)}")
        return SCHEME + "&".join(parts)

    def selects(self, index: int) -> bool:
        """Whether the file with this index in the torrent is wanted."""
        return self.selection is None or any(first <= index <= last for first, last in self.selection)


def parse_magnet(text: str, *, source: str = "magnet") -> Magnet:
    """The magnet link ``text``, with or without space around it; ``source`` is what errors call it.

    Raises :class:`MagnetError`.
    """
    with refusals_of(source, advice=_ADVICE):
        return _magnet(_values(text.strip(AROUND)))


def _magnet(values: dict[str, list[str]]) -> Magnet:
    v1, v2 = _hashes(values.get("xt", []))
    usable = [tracker for tracker in values.get("tr", []) if not is_for_browsers(tracker)]
    left_out = sorted(values.keys() - {"xt", "dn", "tr", "x.pe", "so"})
    left_out += ["tr"] if len(usable) < len(values.get("tr", [])) else []
    return Magnet(
        info_hash_v1=v1,
        info_hash_v2=v2,
        name=next(map(_name, values.get("dn", [])), None),
        trackers=bounded(map(check_tracker, usable), MAX_TRACKERS, what="trackers"),
        peers=bounded(map(check_peer, values.get("x.pe", [])), MAX_PEERS, what="peers"),
        selection=next(map(_selection, values.get("so", [])), None),
        left_out=tuple(left_out),
    )


def bounded(found: map[str], limit: int, *, what: str) -> tuple[str, ...]:
    """The addresses, each once and in their order; no more than ``limit``."""
    unique = tuple(dict.fromkeys(found))
    if len(unique) > limit:
        raise RefusedError(f"it has {len(unique)} {what}, and {limit} is the maximum")
    return unique


def _values(text: str) -> dict[str, list[str]]:
    """The values by key, percent signs decoded. A key without a value says nothing."""
    if len(text) > MAX_LINK:
        raise RefusedError(f"it is longer than {MAX_LINK} characters, the maximum for a magnet link")
    if text[: len(SCHEME)].lower() != SCHEME:
        raise RefusedError(f"{quoted(text)} is not a magnet link, which begins with '{SCHEME}'")
    if _CONTROL.search(text):
        raise RefusedError("it contains a line break or another control character; a link is one line of text")
    values: dict[str, list[str]] = {}
    for part in filter(None, text[len(SCHEME) :].split("&")):
        key, equals, value = part.partition("=")
        _check_key(key, has_value=bool(equals))
        if value:
            values.setdefault(key, []).append(_decoded(key, value))
    for key in _ONCE & values.keys():
        if len(values[key]) > 1:
            raise RefusedError(f"it has the key '{key}' more than once")
    return values


def _check_key(key: str, *, has_value: bool) -> None:
    if key.startswith("amp;"):
        raise RefusedError("it contains '&amp;', so it was copied from the source of a page", advice="write '&' for it")
    known = key in {"xt", "tr"} | _ONCE | _LEFT_OUT or _EXPERIMENTAL.fullmatch(key)
    if not has_value or not known:
        raise RefusedError(f"{quoted(key)} is not a key of a magnet link that is understood")


def _decoded(key: str, value: str) -> str:
    if _BAD_PERCENT.search(value):
        raise RefusedError(f"the value of {quoted(key)} has a '%' that is not followed by two hexadecimal digits")
    if key == "dn":
        value = value.replace("+", " ")
    try:
        return unquote_to_bytes(value).decode("utf-8")
    except UnicodeError:
        raise RefusedError(f"the value of {quoted(key)} is not valid UTF-8") from None


def _hashes(topics: list[str]) -> tuple[str | None, str | None]:
    """The hashes of version 1 and 2: one of them at least, and no two of a version."""
    v1, v2 = [], []
    for topic in topics:
        first, second = _V1.fullmatch(topic), _V2.fullmatch(topic)
        if first is not None:
            v1.append(_hex(first.group(1)))
        elif second is not None:
            v2.append(second.group(1).lower())
        else:
            raise RefusedError(
                f"xt={quoted(topic)} is not an info hash: urn:btih: with 40 hexadecimal or 32 base32 digits, or "
                "urn:btmh:1220 with 64 hexadecimal digits"
            )
    if not v1 and not v2:
        raise RefusedError("it has no info hash (xt=urn:btih:… or xt=urn:btmh:…)")
    if len(v1) > 1 or len(v2) > 1:
        raise RefusedError("it has more than one info hash of the same version")
    return next(iter(v1), None), next(iter(v2), None)


def _hex(text: str) -> str:
    return text.lower() if len(text) == 40 else binascii.hexlify(base64.b32decode(text.upper())).decode("ascii")


def _name(text: str) -> str:
    """A name as it is shown: what would act on a terminal is refused, what cannot be seen is written as ``\\u200d``."""
    if _CONTROL.search(text):
        raise RefusedError("its name (dn) contains a line break or another control character")
    shown = printable(text)
    if len(shown) > MAX_NAME:
        raise RefusedError(f"its name (dn) is longer than {MAX_NAME} characters, the maximum")
    return shown


def _selection(text: str) -> tuple[tuple[int, int], ...]:
    """Indexes of files such as ``0,2,5-7``, sorted, with adjacent ones as one range."""
    ranges = []
    for part in text.split(","):
        match = _SELECTED.fullmatch(part)
        first, last = (int(match.group(1)), int(match.group(2) or match.group(1))) if match else (1, 0)
        if not first <= last < MAX_INDEXES:
            raise RefusedError(f"so={quoted(text)} is not a selection of files, such as 0,2,5-7")
        ranges.append((first, last))
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def _escaped(text: str) -> str:
    return quote(text, safe="")
