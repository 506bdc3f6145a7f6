# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A build and a switch that break at each of their steps: the old venv serves, and the next run is right."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import debian
import pytest
from injection import Steps, uv_behind
from shared_venv_process import SharedVenvProcess, built, installed, leftovers

OLD, NEW = ["six==1.17.0"], ["jmespath==1.1.0"]
#: Every so many steps in the quick test; a prime, so that it does not keep in step with what is done to each file.
SAMPLE = 37
#: Where each effect begins, so that together they break three times as many different steps.
FIRST = {"KILL": 1, "EIO": 13, "ENOSPC": 25}


@dataclass(frozen=True)
class Changing:
    """The venv ``site`` in a store, about to change from ``OLD`` to ``NEW``."""

    store: Path
    options: dict[str, Any]

    def reset(self) -> None:
        """Bring ``OLD`` back, without a build, and remove ``NEW`` and all bytecode that was kept."""
        built(name="site", state="absent", store=str(self.store))
        assert built(name="site", packages=OLD, **self.options)["changed"]
        shutil.rmtree(self.store / ".cache" / "bytecode", ignore_errors=True)  # the first run has none

    def start(self, environment: dict[str, str]) -> SharedVenvProcess:
        return SharedVenvProcess.start(name="site", packages=NEW, environment=environment, **self.options)

    def check(self) -> None:
        """Whatever happened: one of the two serves, the next run is right, and nothing else is left."""
        assert installed(self.store / "site") in (OLD, NEW)
        answer = built(name="site", packages=NEW, **self.options)
        assert installed(answer["path"]) == NEW
        assert leftovers(self.store) == []
        expected = {answer["generation"], os.path.realpath(self.store / "keeper")}
        assert {str(path) for path in (self.store / ".generations").iterdir()} == expected


@pytest.fixture(name="changing")
def fixture_changing(tmp_path: Path, wheelhouse: Path, uv: str, monkeypatch: pytest.MonkeyPatch) -> Changing:
    monkeypatch.setenv("PATH", f"{os.path.dirname(uv)}:{os.environ['PATH']}")
    store = tmp_path / "store"
    changing = Changing(store, {"store": str(store), "find_links": [str(wheelhouse)], "offline": True})
    for name in ("keeper", "site"):
        built(name=name, packages=OLD, **changing.options)
    return changing


def break_steps(changing: Changing, steps: Steps, effect: str, *, first: int = 1, every: int = 1) -> None:
    """Break one step after the other, each in a run of its own."""
    changing.start(steps.counting()).result()
    last = steps.count()
    broken = 0
    for step in range(first, last + 1, every):
        changing.reset()
        victim = changing.start(steps.environment(effect, at=step))
        output, errors = victim.process.communicate(timeout=600)
        assert (victim.process.returncode == -9) == (effect == "KILL"), (step, output, errors)
        if effect != "KILL":
            assert output.strip().startswith("{"), (step, output, errors)
            assert "Traceback" not in output + errors, (step, output, errors)
        broken += victim.process.returncode != 0
        changing.check()
    assert last > 50
    assert broken > last / every / 2, "most steps could be broken without a consequence"


@pytest.mark.catalogue(2, 3)
@pytest.mark.parametrize("effect", ["KILL", "EIO", "ENOSPC"])
def test_some_steps_of_a_build_break(changing: Changing, tmp_path: Path, effect: str) -> None:
    break_steps(changing, Steps(tmp_path / "steps", changing.store), effect, first=FIRST[effect], every=SAMPLE)


@pytest.mark.catalogue(2, 3)
@pytest.mark.destructive
@pytest.mark.parametrize("effect", ["KILL", "EIO", "ENOSPC"])
def test_each_step_of_a_build_breaks(changing: Changing, tmp_path: Path, effect: str) -> None:
    break_steps(changing, Steps(tmp_path / "steps", changing.store), effect)


#: By what uv changes the disk, and what then happens to it.
_SYSTEM_CALLS = (
    "write,openat,mkdir,rename,renameat2,copy_file_range,sendfile,symlink,link,unlink,ftruncate,fchmod,chmod"
)
_INJECTIONS = {"KILL": "signal=KILL:when={}", "ENOSPC": "error=ENOSPC:when={}+", "EIO": "error=EIO:when={}"}


def break_installer(changing: Changing, directory: Path, uv: str, effect: str, *, calls: range) -> None:
    """Break uv in its nth system call, of each of its threads, for each n in ``calls``; its cache is empty then."""
    strace = debian.program("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    changing.start({}).result()
    fired = 0
    for call in calls:
        changing.reset()
        shutil.rmtree(changing.store / ".cache")
        trace = directory / "trace"
        inject = _INJECTIONS[effect].format(call)
        traced = f"exec {strace} -f -qq -o {trace} -e trace={_SYSTEM_CALLS} -e inject={_SYSTEM_CALLS}:{inject}"
        answer = changing.start(uv_behind(directory / "bin", uv, sync=f'{traced} "$UV" "$@"')).result()
        text = trace.read_text()
        fired += "INJECTED" in text or "killed by SIGKILL" in text
        assert not answer.get("failed") or answer["error_code"] in ("command_failed", "no_room", "audit"), answer
        changing.check()
    assert fired > len(calls) / 4, "most injections came too late to test anything"


@pytest.mark.catalogue(2, 3)
@pytest.mark.parametrize("effect", _INJECTIONS)
def test_some_system_calls_of_the_installer_break(changing: Changing, tmp_path: Path, uv: str, effect: str) -> None:
    break_installer(changing, tmp_path, uv, effect, calls=range(3 + FIRST[effect] // 2, 40, 18))


@pytest.mark.catalogue(2, 3)
@pytest.mark.destructive
@pytest.mark.parametrize("effect", _INJECTIONS)
def test_each_system_call_of_the_installer_breaks(changing: Changing, tmp_path: Path, uv: str, effect: str) -> None:
    break_installer(changing, tmp_path, uv, effect, calls=range(1, 120))
