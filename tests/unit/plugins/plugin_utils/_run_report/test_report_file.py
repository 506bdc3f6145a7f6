# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where a report is written, and what is read for it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report import report_file
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.document import report_document
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.report_file import ReportFile, read_events

BEGUN = report_document(playbook="site.yml", results=None)


def test_a_relative_path_starts_at_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert ReportFile.at("report.html").paths == (str(tmp_path / "report.html"),)
    assert ReportFile.at(".").paths == (str(tmp_path / "report.html"), str(tmp_path / "report.json"))


def test_it_is_written_for_its_owner_alone_and_only_where_it_differs(tmp_path: Path) -> None:
    file = ReportFile.at(str(tmp_path))
    assert file.differs(BEGUN)
    assert (file.write(BEGUN), file.write(BEGUN), file.differs(BEGUN)) == (True, False, False)
    assert [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()] == [0o600, 0o600]
    assert json.loads((tmp_path / "report.json").read_text()) == BEGUN
    assert (tmp_path / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert file.write({**BEGUN, "id": "other"})


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("mine")
    (tmp_path / "report.json").symlink_to("other")
    assert ReportFile.at(str(tmp_path / "report.json")).write(BEGUN)
    assert (tmp_path / "other").read_text() == "mine"
    assert not (tmp_path / "report.json").is_symlink()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("report.txt", "must end in .html or .json"),
        ("report", "must end in .html or .json"),
        ("gone/report.html", "gone does not exist; create it"),
        ("file/report.html", "file does not exist; create it"),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path: Path, path: str, message: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=message):
        ReportFile.at(str(tmp_path / path))


def test_a_directory_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root can write everywhere
    with pytest.raises(InputError, match="this user cannot write to"):
        ReportFile.at(str(tmp_path))


def test_a_disk_that_is_full_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: str, content: bytes, *, mode: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report_file, "write_bytes", full)
    with pytest.raises(InputError, match="report.json cannot be written: No space left on device"):
        ReportFile.at(str(tmp_path / "report.json")).write(BEGUN)


def test_each_host_has_its_own(tmp_path: Path) -> None:
    file = ReportFile.at(str(tmp_path / "report.html"))
    assert file.of_host("web-1.example.org").paths == (str(tmp_path / "report-web-1.example.org.html"),)
    assert file.of_host("../<x>/\x1b").paths == (str(tmp_path / "report-..__x___.html"),)


def test_events_are_read_as_far_as_they_are_some(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"event": "play"}\nnonsense\n[1]\n"text"\n\xff\xfe\n' + b"[" * 100_000 + b'\n{"event": "end"')
    assert list(read_events(str(path))) == [{"event": "play"}]


def test_what_is_no_regular_file_has_no_events(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text('{"event": "play"}\n')
    (tmp_path / "link").symlink_to("file")
    assert [list(read_events(str(tmp_path / name))) for name in ("pipe", "link", "gone", ".")] == [[], [], [], []]
