# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a torrent run came to: the files, how long each step took, and what it cost."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from typing import Any

from ...module_utils._printable import printable
from ...module_utils._store.durable import write_bytes
from ...module_utils._torrent.run_list import RECEIPT
from ...module_utils._torrent.run_record import DIGITALOCEAN, RunRecord

TEXT = "receipt.txt"
_MIB = 1 << 20
#: More files are only in the JSON.
_MAX_FILES = 40


def receipt_of(record: RunRecord, *, fetched: Mapping[str, Any], downloaded: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the JSON; ``fetched`` and ``downloaded`` are results of modules, as far as the run went."""
    ended = max((step.ended or step.started for step in record.steps), default=record.started)
    return {
        "run": record.run,
        "state": record.state,
        "error": record.error,
        "provider": record.provider,
        "host": record.host,
        "info_hash": record.info_hash,
        "name": printable(record.name),
        "directory": record.dest,
        "files": [
            {key: file[key] for key in ("path", "size", "sha256")}
            for file in fetched.get("files") or downloaded.get("files") or []
        ],
        "size": fetched.get("size", downloaded.get("size", 0)),
        "downloaded": downloaded.get("received", 0),
        "transferred": fetched.get("received", 0),
        "started": _utc(record.started),
        "seconds": round(ended - record.started, 1),
        "steps": [
            {"name": step.name, "seconds": round((step.ended or ended) - step.started, 1)} for step in record.steps
        ],
        "hourly": record.hourly,
        "cost": record.cost_until(ended),
        "currency": "USD",
    }


def write_receipt(directory: str, receipt: Mapping[str, Any]) -> dict[str, str]:
    """Write both forms into the directory of a run; their paths."""
    paths = {"json": os.path.join(directory, RECEIPT), "text": os.path.join(directory, TEXT)}
    write_bytes(paths["json"], (json.dumps(receipt, indent=1) + "\n").encode(), mode=0o600)
    write_bytes(paths["text"], "".join(f"{line}\n" for line in receipt_lines(receipt)).encode(), mode=0o600)
    return paths


def receipt_lines(receipt: Mapping[str, Any]) -> list[str]:
    """The receipt for people."""
    return [printable(line) for line in (*_summary(receipt), *_times(receipt), *_files(receipt))]


def _summary(receipt: Mapping[str, Any]) -> Iterable[str]:
    yield f"run {receipt['run']} of {receipt['started']}: {receipt['state']} after {receipt['seconds']} s"
    yield f"torrent {receipt['info_hash']} ({receipt['name'] or 'without a name'})"
    size, downloaded, transferred = (receipt[key] / _MIB for key in ("size", "downloaded", "transferred"))
    yield (
        f"{len(receipt['files'])} files, {size:.1f} MiB; downloaded {downloaded:.1f} MiB, "
        f"brought home {transferred:.1f} MiB"
    )
    if receipt["provider"] == DIGITALOCEAN:
        yield f"cost: ${receipt['cost']:.4f}, for a droplet of ${receipt['hourly'] or 0:.5f} an hour"
    else:
        yield f"cost: none, on the host {receipt['host']}"


def _times(receipt: Mapping[str, Any]) -> Iterable[str]:
    steps = receipt["steps"]
    width = max((len(step["name"]) for step in steps), default=0)
    return (f"  {step['name'].ljust(width)}  {step['seconds']:8.1f} s" for step in steps)


def _files(receipt: Mapping[str, Any]) -> Iterable[str]:
    files = receipt["files"]
    if files and receipt["state"] == "succeeded":
        yield f"files in {receipt['directory']}:"
        yield from (f"  {file['sha256']}  {file['path']}" for file in files[:_MAX_FILES])
        if len(files) > _MAX_FILES:
            yield f"  … and {len(files) - _MAX_FILES} more"


def _utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
