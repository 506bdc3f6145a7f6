# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A headless Chromium of Debian, driven by its own protocol over two pipes, and axe-core from a wheel of PyPI.

It shows a file, and tells what the page asked for, what the console said, how wide it is and what axe-core found.
"""

from __future__ import annotations

import base64
import fcntl
import functools
import json
import os
import select
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import debian
from environments import SetUpError, environment
from places import CACHE, REQUIREMENTS, clean_environment

_SECONDS = 60
_AXE = "axe_playwright_python/axe.min.js"
_RUN_AXE = "axe.run(document, {resultTypes: ['violations']}).then(found => JSON.stringify(found.violations))"
_FONTS = Path("/usr/share/fonts/truetype/dejavu")
#: What is loaded without a request.
_INLINE = "data:"


class BrowserError(Exception):
    """The browser does not do what it is told."""


@dataclass(frozen=True)
class Page:
    """A page as it was shown; ``width`` is that of its content."""

    requests: tuple[str, ...]
    console: tuple[str, ...]
    width: int
    violations: tuple[str, ...]
    screenshot: bytes


def chromium() -> str | None:
    """The program; None where it is missing and cannot be installed."""
    found = debian.program("chromium")
    if found is not None and not _FONTS.is_dir() and os.geteuid() == 0:
        debian.install(["fonts-dejavu-core"])  # without any font, pictures have no letters
    return found


@functools.cache
def axe_core() -> str:
    """The source of axe-core, whose wheel is fetched once."""
    directory = CACHE / "axe-core"
    directory.mkdir(parents=True, exist_ok=True)
    with (CACHE / "axe-core.lock").open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        if not list(directory.glob("*.whl")):
            _fetch_axe_core(directory)
    (wheel,) = directory.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(_AXE).decode()


def _fetch_axe_core(directory: Path) -> None:
    # Without its dependencies: they would drive another browser.
    argv = [environment("installer").program("pip"), "download", "--quiet", "--no-deps", "--require-hashes"]
    argv += ["--dest", str(directory), "--requirement", str(REQUIREMENTS / "axe-core.txt")]
    env = clean_environment(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_CACHE_DIR=str(CACHE / "pip"))
    try:
        subprocess.run(argv, env=env, check=True)
    except subprocess.CalledProcessError as error:
        raise SetUpError("The wheel with axe-core cannot be fetched.") from error


class Browser:
    """One process, which shows one page after the other."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._buffer = b""
        self._number = 0
        self._events: list[dict[str, Any]] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self._call(f"{domain}.enable")

    def show(self, path: Path, *, width: int, dark: bool = False, script: bool = True, opened: bool = False) -> Page:
        """Show a file as on a screen that is so wide, in this colour scheme, perhaps without JavaScript.

        ``opened``: with all that can be opened. axe-core needs JavaScript.
        """
        self._events.clear()
        screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        self._call("Emulation.setDeviceMetricsOverride", **screen)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])
        self._call("Emulation.setScriptExecutionDisabled", value=not script)
        self._call("Page.navigate", url=path.as_uri())
        self._wait_for("Page.loadEventFired")
        if opened:
            self._evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; }); true")
        violations = json.loads(self._evaluate(f"{axe_core()};{_RUN_AXE}")) if script else []
        content = self._call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": width, "height": min(content["height"], 12_000), "scale": 1}
        shot = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        return Page(
            requests=tuple(self._requests()),
            console=tuple(self._console()),
            width=content["width"],
            violations=tuple(
                f"{one['id']}: {one['help']}: {node['html'][:200]}" for one in violations for node in one["nodes"]
            ),
            screenshot=base64.b64decode(shot["data"]),
        )

    def _evaluate(self, script: str) -> Any:
        done = self._call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in done:
            raise BrowserError(str(done["exceptionDetails"]))
        return done["result"]["value"]

    def _requests(self) -> Iterator[str]:
        """The addresses that were asked for, but for the page itself."""
        for event in self._events:
            if event["method"] == "Network.requestWillBeSent" and event["params"]["type"] != "Document":
                url = event["params"]["request"]["url"]
                if not url.startswith(_INLINE):
                    yield url

    def _console(self) -> Iterator[str]:
        for event in self._events:
            if event["method"] == "Log.entryAdded":
                yield event["params"]["entry"]["text"]
            elif event["method"] in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
                yield json.dumps(event["params"])

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        number = self._number
        session = getattr(self, "_session", None)
        message = {"id": number, "method": method, "params": params, **({"sessionId": session} if session else {})}
        left = json.dumps(message).encode() + b"\0"
        while left:
            left = left[os.write(self._commands, left) :]
        while True:
            answer = self._next()
            if answer.get("id") == number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']}")
                return dict(answer["result"])

    def _wait_for(self, method: str) -> None:
        while not any(event["method"] == method for event in self._events):
            self._next()

    def _next(self) -> dict[str, Any]:
        """The next message; events are kept."""
        until = time.monotonic() + _SECONDS
        while b"\0" not in self._buffer:
            ready, _writing, _errors = select.select([self._answers], [], [], max(0.0, until - time.monotonic()))
            got = os.read(self._answers, 1 << 20) if ready else b""
            if not got:
                raise BrowserError("Chromium does not answer" if not ready else "Chromium has ended")
            self._buffer += got
        line, _nul, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        if "method" in message:
            self._events.append(message)
        return message


@contextmanager
def started(program: str) -> Iterator[Browser]:
    """A browser with a profile of its own, which is removed."""
    theirs_in, commands = os.pipe()
    answers, theirs_out = os.pipe()
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as profile:
        # It reads from 3 and writes to 4. The sandbox of Chromium does not work for root.
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        options += ["--hide-scrollbars", "--disable-background-networking", "--remote-debugging-pipe"]
        shell = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
        argv = ["bash", "-c", shell, program, *options, f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(
            argv, pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=clean_environment(HOME=profile), start_new_session=True,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            yield Browser(commands, answers)
        finally:
            os.close(commands)  # at which it ends
            os.close(answers)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
