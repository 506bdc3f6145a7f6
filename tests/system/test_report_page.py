# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The page of a report in a real browser: on a phone and on a screen, light and dark. Pictures are in build/report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import browser
import pytest
from places import BUILD

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.document import report_document
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.render import render
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.plugin_utils._run_report import samples

WIDTHS = (320, 390, 1280)
_WRONG = """<!DOCTYPE html><html><head><title>Wrong</title></head><body>
<img src="gone.png"><p style="color:#999;background:#aaa;width:2000px">Hard to read</p><script>gone()</script></body>"""


def pages() -> dict[str, str]:
    """Reports of runs that ended differently."""
    failed = [
        samples.failed_task(),
        samples.failed_task(host="db.example.org", msg="Traceback:\n  line 1\n" + "x" * 3000),
        samples.failed_task(task="Try the old way", ignored=True),
    ]
    venv = {"needs": samples.needs(), "built": samples.built()}
    hosts = {f"web{number}.example.org": {"ok": 200, "changed": 40, "skipped": 3} for number in range(5)}
    hostile = [samples.failed_task(task=name, host=name, msg=name * 3, path=name) for name in samples.HOSTILE]
    events = [
        {"event": "result", "time": number, "task": name, "host": name, "play": name, "path": name, "status": "failed"}
        for number, name in enumerate(samples.HOSTILE)
    ]
    several = {
        "failed": report_document(
            playbook="site.yml",
            results={**venv, "run": samples.ran(failed_tasks=failed), "torrent": samples.receipt()},
            events=samples.events(failing=2),
        ),
        "large": report_document(
            playbook="site.yml",
            results={**venv, "run": {"stats": hosts, "unmatched_plays": ["Nobody"]}},
            events=samples.events(tasks=200, hosts=5),
        ),
        "hostile": report_document(
            playbook=samples.HOSTILE[0],
            results={"run": samples.ran(failed_tasks=hostile, artifacts=list(samples.HOSTILE))},
            events=events,
        ),
        "not-built": report_document(
            playbook="site.yml", results={"built": {"error_code": "x", "msg": "No wheel of lxml for this Python"}}
        ),
        "begun": report_document(playbook="site.yml", results=None),
    }
    return {name: render(document) for name, document in several.items()}


@pytest.fixture(scope="module", name="shown")
def fixture_shown() -> Iterator[browser.Browser]:
    program = browser.chromium()
    if program is None:
        pytest.skip("there is no Chromium, and only root can install it")
    with browser.started(program) as one:
        yield one


@pytest.fixture(scope="module", name="directory")
def fixture_directory() -> Path:
    directory = BUILD / "report"
    directory.mkdir(parents=True, exist_ok=True)
    for name, page in pages().items():
        (directory / f"{name}.html").write_text(page)
    return directory


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["failed", "large", "hostile", "not-built", "begun"])
def test_a_page_is_as_it_should_be(shown: browser.Browser, directory: Path, name: str, width: int, dark: bool) -> None:
    page = shown.show(directory / f"{name}.html", width=width, dark=dark)
    (directory / f"{name}-{width}-{'dark' if dark else 'light'}.png").write_bytes(page.screenshot)
    assert (page.requests, page.console, page.violations, page.width) == ((), (), (), width)


@pytest.mark.parametrize("name", ["failed", "large", "hostile"])
def test_what_is_opened_is_as_it_should_be(shown: browser.Browser, directory: Path, name: str) -> None:
    page = shown.show(directory / f"{name}.html", width=320, opened=True)
    assert (page.requests, page.console, page.violations, page.width) == ((), (), (), 320)


def test_the_colour_schemes_differ(shown: browser.Browser, directory: Path) -> None:
    light, dark = (shown.show(directory / "failed.html", width=390, dark=dark).screenshot for dark in (False, True))
    assert light != dark


def test_it_is_the_same_without_javascript(shown: browser.Browser, directory: Path) -> None:
    path = directory / "failed.html"
    assert shown.show(path, width=390, script=False).screenshot == shown.show(path, width=390).screenshot


def test_what_is_wrong_is_seen(shown: browser.Browser, tmp_path: Path) -> None:
    """Otherwise the other tests could not fail."""
    path = tmp_path / "wrong.html"
    path.write_text(_WRONG)
    page = shown.show(path, width=320)
    assert page.width > 2000
    assert [one.rpartition("/")[2] for one in page.requests] == ["gone.png"]
    assert any("gone is not defined" in line for line in page.console)
    found = {one.partition(":")[0] for one in page.violations}
    assert {"image-alt", "color-contrast", "html-has-lang"} <= found
