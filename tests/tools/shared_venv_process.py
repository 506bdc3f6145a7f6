# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Run shared_venv, or another module, as a process of its own, so that it can be killed, limited and watched."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Runs the module named with the options on stdin; with another argument it notes program starts and connections there.
_PROGRAM = """
import json, os, runpy, sys
from ansible.module_utils.testing import patch_module_args
watched = {"subprocess.Popen", "os.posix_spawn", "os.exec", "os.fork", "os.system", "socket.connect"}
if len(sys.argv) > 2:
    notes = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    sys.addaudithook(lambda name, args: os.write(notes, name.encode() + b"\\n") if name in watched else None)
with patch_module_args(json.load(sys.stdin)):
    runpy.run_module(f"ansible_collections.mobile_ansible.venv.plugins.modules.{sys.argv[1]}", run_name="__main__")
"""


@dataclass
class SharedVenvProcess:
    """A started module."""

    process: subprocess.Popen[str]

    @classmethod
    def start(
        cls,
        *,
        module: str = "shared_venv",
        prefix: tuple[str, ...] = (),
        runs_in: str = sys.executable,
        search: tuple[str, ...] = (),
        environment: dict[str, str] | None = None,
        notes: Path | None = None,
        **options: Any,
    ) -> SharedVenvProcess:
        """Start the module with ``options``; ``prefix`` is a program that starts it, such as ``unshare``.

        ``runs_in`` is the Python that runs it. It finds Ansible and the collection in ``search``, by default where this
        process does.
        """
        argv = [*prefix, runs_in, "-c", _PROGRAM, module, *([str(notes)] if notes else [])]
        path = os.pathsep.join(search or sys.path)
        env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONPATH": path}
        process = subprocess.Popen(
            argv,
            env={**env, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(options))
        process.stdin.close()
        process.stdin = None
        return cls(process)

    def result(self) -> dict[str, Any]:
        """What the module answered, once it has ended."""
        output, errors = self.process.communicate(timeout=600)
        try:
            answer: dict[str, Any] = json.loads(output)
        except ValueError:
            raise AssertionError(f"no answer from the module: {output}{errors}") from None
        return answer

    def kill(self, *, with_children: bool) -> None:
        """kill -9 the module, or it and all that it started."""
        with contextlib.suppress(ProcessLookupError):  # It has just ended by itself.
            (os.killpg if with_children else os.kill)(self.process.pid, signal.SIGKILL)
        self.process.communicate()


def shared_venv(**options: Any) -> dict[str, Any]:
    """Run the module to its end; returns its answer, also when that is a failure."""
    return SharedVenvProcess.start(**options).result()


def built(**options: Any) -> dict[str, Any]:
    """Run the module to its end and demand that it succeeds."""
    answer = shared_venv(**options)
    assert not answer.get("failed"), answer["msg"]
    return answer


#: Asks every installed distribution for its files and hashes, with the standard library of the venv's own interpreter.
_VERIFY = """
import base64, hashlib, importlib.metadata, json
names, wrong = [], []
for dist in importlib.metadata.distributions():
    names.append(dist.metadata["Name"].lower() + "==" + dist.version)
    for file in dist.files or []:
        if file.hash is not None:
            content = file.locate().read_bytes() if file.locate().exists() else b""
            digest = base64.urlsafe_b64encode(hashlib.new(file.hash.mode, content).digest()).rstrip(b"=").decode()
            if digest != file.hash.value:
                wrong.append(str(file))
print(json.dumps([sorted(set(names)), wrong]))
"""


def installed(venv: str | Path) -> list[str]:
    """The distributions in a venv as ``name==version``, each file compared with its RECORD by the venv's own Python."""
    argv = [str(Path(venv, "bin", "python")), "-I", "-c", _VERIFY]
    done = subprocess.run(argv, env={}, capture_output=True, text=True, check=True)
    names, wrong = json.loads(done.stdout)
    assert wrong == []
    return list(names)


def leftovers(store: Path) -> list[str]:
    """What a finished or crashed run must not leave: staged names, directories without a marker."""
    staged = [
        str(path) for path in store.rglob("*.new") if ".cache" not in path.parts and ".generations" not in path.parts
    ]
    unfinished = [str(path) for path in (store / ".generations").iterdir() if not (path / "venv.json").is_file()]
    return staged + unfinished
