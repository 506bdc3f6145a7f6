# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What fuzzers of archives and stores share: never as root, each case in a watched process of its own."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import random
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from places import COLLECTION, ROOT, collection_tree

#: A case ends within so much CPU time, or it is a fault; and it never hangs.
CPU_SECONDS = 5.0
_WALL_SECONDS = 60
MAX_MESSAGE = 2000
_MEMORY = 1 << 30
#: Events of the audit hook that change something: which of their arguments are a path and its directory's descriptor.
_CHANGES = {
    "os.mkdir": [(0, 2)], "os.rename": [(0, 2), (1, 3)], "os.remove": [(0, 1)], "os.rmdir": [(0, 1)],
    "os.symlink": [(1, 2)], "os.link": [(0, 2), (1, 3)], "os.utime": [(0, 3)], "os.chown": [(0, 3)],
    "os.chmod": [(0, 2)], "os.truncate": [(0, -1)], "os.setxattr": [(0, -1)], "os.listdir": [(0, -1)],
    "os.scandir": [(0, -1)],
}  # fmt: skip
_LISTS = ("os.listdir", "os.scandir")
_FOLLOWING = ("os.chmod", "os.truncate", "os.setxattr", *_LISTS)
_STARTS = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "socket.connect")
#: Names, targets and values that somebody who means harm would try.
TEXTS = [
    "", ".", "..", "/", "./", "a", "a/b", "a/b/c", "ansible.log", "events.jsonl", "artifacts", "artifacts/a",
    ".mobile_ansible_venv_results", "artifacts/b/c", "../outside/file", "a/../../outside/file", "x" * 300, "d/" * 200,
    "artifacts/../../outside/new", "ansible.log/x", "\x1b[2J", "a\nb", "\u202ex", "\udcff", "\x00", "a\x00b", "é",
    "\ufb01", "-rf", "~", "C:\\x",
    "a\\b", "MANIFEST.json", "FILES.json", "./MANIFEST.json", "plugins/modules/hello.py", "meta/runtime.yml", "meta",
    "acme", "__pycache__/x.pyc", "ansible_collections/acme/tools/x", "ansible_collections/../../x/y", "1", "-1", "nan",
    "1e400", "9" * 30, "0.0", "1.0", "0" * 5000, "é" * 200, "tree", "collection.json", "venv.json",
]  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One case: ``work`` is the directory that it may change, ``outside`` lies beside it and may not even be read.

    ``run`` does it, in a process of its own, and tells in one word how it ended; ``check`` looks at ``work`` after
    that, given this word, and tells what is wrong there.
    """

    kind: str
    work: Path
    run: Callable[[], str]
    check: Callable[[str], Iterator[str]] = lambda _ended: iter(())


def become_nobody(program: str) -> None:
    """As root: run a copy of ``program`` as a user who owns nothing on this machine, and end as that ends."""
    if os.geteuid() != 0:
        sys.path.insert(0, str(ROOT.parents[2] if ROOT.parts[-3:] == COLLECTION.parts else collection_tree()))
        return
    from another_user import AS_THEM, PYTHON, UID, missing

    reason = missing()
    if reason is not None:
        sys.exit(f"never as root, and {reason}")
    public = Path(tempfile.mkdtemp(prefix="fuzz-public-"))
    try:
        public.chmod(0o755)
        tree, ignored = public / "search" / COLLECTION, shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "plugins", tree / "plugins", ignore=ignored)
        shutil.copytree(ROOT / "tests" / "tools", tree / "tests" / "tools", ignore=ignored)
        shutil.copytree(_samples_directory(ROOT), _samples_directory(tree), ignore=ignored)
        (public / "search" / COLLECTION.parts[0] / "__init__.py").touch()
        (public / "tmp").mkdir(mode=0o700)
        os.chown(public / "tmp", UID, UID)
        subprocess.run(["chmod", "-R", "go+rX", str(public / "search")], check=True)
        copy = tree / Path(program).resolve().relative_to(ROOT)
        environment = {"PATH": os.defpath, "HOME": str(public / "tmp"), "TMPDIR": str(public / "tmp")}
        argv = [*AS_THEM, "--no-new-privs", PYTHON, "-B", str(copy), *sys.argv[1:]]
        sys.exit(subprocess.run(argv, env=environment, cwd="/", check=False).returncode)
    finally:
        subprocess.run(["rm", "-rf", str(public)], check=True)


def samples(package: str) -> Any:
    """The module ``samples`` of a package's unit tests."""
    path = _samples_directory(ROOT) / package / "samples.py"
    spec = importlib.util.spec_from_file_location(f"samples{package}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _samples_directory(root: Path) -> Path:
    return root / "tests" / "unit" / "plugins" / "module_utils"


def is_below(directory: Path, path: Path) -> bool:
    """Whether a change of ``path`` stays in ``directory``: an earlier one may have put a link on the way."""
    return os.path.realpath(path.parent).startswith(f"{os.path.realpath(directory)}/")


def snapshot(root: Path) -> dict[str, tuple[Any, ...]]:
    """All below ``root``: kind and mode, time of change, content; links and pipes are not followed or read."""
    found: dict[str, tuple[Any, ...]] = {}
    for directory, directories, files in os.walk(root):
        for name in [*directories, *files, ""]:
            path = os.path.join(directory, name)
            status = os.lstat(path)
            is_file = stat.S_ISREG(status.st_mode) and os.access(path, os.R_OK)
            content = hashlib.sha256(Path(path).read_bytes()).hexdigest() if is_file else ""
            target = os.readlink(path) if stat.S_ISLNK(status.st_mode) else ""
            found[os.path.relpath(path, root)] = (status.st_mode, status.st_mtime_ns, content, target)
    return found


def make_removable(directory: Path) -> None:
    """Open all directories below ``directory`` to their owner, for whoever removes them; no link is followed."""
    for above, directories, _files in os.walk(directory):
        for path in (os.path.join(above, name) for name in directories):
            if not os.path.islink(path):
                os.chmod(path, 0o700)


def make_outside(directory: Path) -> Path:
    """A directory beside the one of a case, with some of everything that a link may lead to."""
    outside = directory / "outside"
    for name in ("file", "venv.json", "ansible.log", "deep/er/file", "file.new"):
        (outside / name).parent.mkdir(parents=True, exist_ok=True)
        (outside / name).write_text("text of another\n")
    (outside / "deep" / "link").symlink_to("er")
    os.mkfifo(outside / "pipe")
    return outside


def _true_place(path: Any, directory: Any, *, follows: bool) -> str:
    """Where ``path`` really lies, whatever links are on the way to it."""
    if isinstance(path, int):
        return os.readlink(f"/proc/self/fd/{path}")
    base = os.readlink(f"/proc/self/fd/{directory}") if isinstance(directory, int) and directory >= 0 else os.getcwd()
    whole = os.path.join(base, os.fsdecode(path) or ".").rstrip("/") or "/"
    if follows:
        return os.path.realpath(whole)
    return os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))


class Watch:
    """Ends this process when it opens, lists or changes what it should not, or starts another one."""

    def __init__(self, *, readable: list[str], writable: list[str]) -> None:
        self._readable = [*readable, *writable]
        self._writable = writable
        self._below: list[int] = []
        self._open = os.open

    def start(self) -> None:
        """From now on, for ever."""
        os.open = self._told_open
        sys.addaudithook(self._hook)

    def _told_open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        """The event does not tell of which directory a name is."""
        self._below.append(-1 if dir_fd is None else dir_fd)
        try:
            return self._open(path, flags, mode, dir_fd=dir_fd)
        finally:
            self._below.pop()

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        is_open = event == "open" and not isinstance(arguments[0], int)
        good = self._may_open(arguments[0], arguments[2]) if is_open else self._may_do(event, arguments)
        if not good:
            stack = "".join(traceback.format_stack(limit=6)[:-1])
            with contextlib.suppress(OSError):
                os.write(2, f"{event} {arguments!a}\n{stack}".encode("utf-8", "backslashreplace"))
            os._exit(77)

    def _may_open(self, path: Any, flags: int) -> bool:
        place = _true_place(path, self._below[-1] if self._below else -1, follows=not flags & os.O_NOFOLLOW)
        if flags & os.O_PATH:
            return True  # a step on the way: nothing can be read or listed through it
        if flags & os.O_DIRECTORY and any(_is_in(base, [place.rstrip("/")]) for base in self._writable):
            return True  # on the way there
        changes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        return _is_in(place, self._writable if changes else self._readable)

    def _may_do(self, event: str, arguments: tuple[Any, ...]) -> bool:
        allowed = self._readable if event in _LISTS else self._writable
        places = (
            _true_place(arguments[path], arguments[below] if below >= 0 else -1, follows=event in _FOLLOWING)
            for path, below in _CHANGES.get(event, ())
        )
        return event not in _STARTS and all(_is_in(place, allowed) for place in places)


def _is_in(place: str, bases: list[str]) -> bool:
    return any(place == base or place.startswith(f"{base}/") for base in bases)


def outcome(case: Case) -> tuple[str, float]:
    """How a case ended, and the CPU seconds that it took; what begins with ``!`` is a fault."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        said = "!it ended"
        try:
            os.close(reading)
            signal.alarm(_WALL_SECONDS)
            for kind, limit in ((resource.RLIMIT_CPU, 20), (resource.RLIMIT_AS, _MEMORY)):
                resource.setrlimit(kind, (limit, limit))
            code = [*filter(None, sys.path), sys.prefix, str(ROOT / "plugins"), "/proc/self"]
            Watch(readable=[os.path.realpath(path) for path in code], writable=[os.path.realpath(case.work)]).start()
            said = _ended(case)
        finally:
            os.write(writing, json.dumps(said).encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _pid, status, usage = os.wait4(pid, 0)
    cpu = usage.ru_utime + usage.ru_stime
    if status or not answer:
        return f"!ended with {os.waitstatus_to_exitcode(status)}", cpu
    return str(json.loads(answer)), cpu


def _ended(case: Case) -> str:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError

    try:
        return case.run()
    except VenvError as error:
        length = len(error.message)
        return error.code if length <= MAX_MESSAGE else f"!{length} characters: {error.message[:200]!a}"
    except BaseException as error:  # The parent has to hear of every end.
        where = " < ".join(
            f"{os.path.basename(at.filename)}:{at.lineno}" for at in traceback.extract_tb(error.__traceback__)[::-1]
        )
        return f"!{type(error).__name__}: {str(error)[:200]!a} at {where[:300]}"


Maker = Callable[[random.Random, Path, Path], Case]


def faults(seed: int, makers: list[Maker], counts: Counter[str]) -> Iterator[str]:
    """Make and run the case of a seed; yields what is wrong, and counts how cases of its kind end."""
    if os.geteuid() == 0:
        sys.exit("never as root: what is made here leads everywhere")
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="fuzz-", ignore_cleanup_errors=True) as name:
        directory = Path(os.path.realpath(name))
        outside, work = make_outside(directory), directory / "work"
        work.mkdir()
        case = rng.choice(makers)(rng, work, outside)
        before = snapshot(outside)
        ended, cpu = outcome(case)
        counts[f"{case.kind}: {'fault' if ended.startswith('!') else ended}"] += 1
        if ended.startswith("!"):
            yield f"seed {seed} {case.kind}: {ended[1:]}"
        else:
            yield from (f"seed {seed} {case.kind} ({ended}): {fault}" for fault in case.check(ended))
        if snapshot(outside) != before:
            yield f"seed {seed} {case.kind}: something outside was changed"
        if cpu > CPU_SECONDS:
            yield f"seed {seed} {case.kind}: it takes {cpu:.1f} s"
        make_removable(work)


def main(makers: list[Maker], *, what: str) -> None:
    """``PROGRAM SECONDS [FIRST_SEED [MOST]]``: run for some seconds, at most so many cases, and say what was found."""
    first = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    most = int(sys.argv[3]) if len(sys.argv) > 3 else sys.maxsize
    until, done, found = time.monotonic() + float(sys.argv[1]), 0, 0
    counts: Counter[str] = Counter()
    while done < most and time.monotonic() < until:
        for fault in faults(first + done, makers, counts):
            found += 1
            sys.stdout.write(fault + "\n")
            sys.stdout.flush()
        done += 1
    sys.stdout.writelines(f"{count:7} {name}\n" for name, count in sorted(counts.items()))
    sys.stdout.write(f"{done} {what} from seed {first}, {found} faults\n")
    sys.exit(bool(found))
