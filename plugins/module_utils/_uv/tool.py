# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Find uv on this host, or bring it into the store's own tool directory.

In this order: the store's ``.tools``, those of another store where the task names one, PATH, ``find_links``, the
``index_url``, and, where the user named no index, pip, which knows the default one. One that does not work here is
passed over, and removed from the store's ``.tools`` once there is another. Where all fail the error says which were
tried.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import ssl
import sys
import sysconfig
import zipfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from .._collections.collection import DAMAGED, SourceFile
from .._errors import (
    CommandError,
    NetworkError,
    SourceError,
    StoreError,
    ToolMissingError,
)
from .._packaging.address import public
from .._packaging.version import Version
from .._paths import check_path
from .._store.layout import TOOLS
from .._store.staging import staging
from .._store.store import Store
from .._store.tree import remove_tree
from .._store.trust import check_trusted
from .commands import (
    HTTP_RETRIES,
    Uv,
    network_environment,
)
from .index import (
    MAX_WHEEL_BYTES,
    fetch_hashed,
    page_links,
)
from .network import unreadable
from .package_index import check_is_here, directory_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._runner import Runner
    from .package_index import PackageIndex

#: Older ones lack flags that we use, or write venvs in another way.
MINIMUM_VERSION = (0, 13)
REQUIREMENT = "uv>=0.13,<1"
FETCH_TIMEOUT = 180.0
START_TIMEOUT = 30.0
#: The program has 60 MB.
MAX_PROGRAM_BYTES = 1 << 29

_WHEEL = re.compile(r"uv-(\d+(?:\.\d+)+)-py3-none-([\w.]+)\.whl")
_KEPT = re.compile(r"uv-(\d+(?:\.\d+)+)")
_OF_UV = re.compile(r"uv-\d.*\.(whl|tar\.gz|zip)")
#: How pip says why it asks an index again.
_NOT_REACHED = re.compile(r"Retrying \(.*after connection broken by '(.*)'")
_NONE_FITS = "The index {} has no uv 0.13 or newer for this machine"
_PROGRAM = re.compile(r"uv-[^/]+\.data/scripts/uv")
_VERSION = re.compile(r"uv (\d+(?:\.\d+)+)\b[^\n]*\n?")


def lookup_store(store: Store, *, scratch: str | None) -> Store:
    """The store for what is fetched only to find something out: ``store``, or one in the directory ``scratch`` where it
    is not there or cannot be written. Without ``scratch`` it is ``store``, which is made if need be.
    """
    found = store if scratch is None or (store.is_there() and store.can_change()) else Store(f"{scratch}/store")
    found.prepare()
    return found


def uv_of(store: Store, *, runner: Runner, index: PackageIndex, other_store: str | None = None) -> Uv:
    """uv with the tools and the cache of ``store``, or with the tools of ``other_store``; see :func:`find_uv`."""
    cache = os.path.join(store.cache(), "uv")
    tools = store.directory(TOOLS)
    return find_uv(runner=runner, tools=tools, cache=cache, index=index, other_store=other_store)


def find_uv(*, runner: Runner, tools: str, cache: str, index: PackageIndex, other_store: str | None = None) -> Uv:
    """uv, ready to use; fetched into ``tools`` when this host has none. Raises :class:`ToolMissingError`.

    What ``other_store`` has is used from there, and never changed.
    """
    kept, on_path = _kept(tools), shutil.which("uv")
    others = _kept(os.path.join(check_path(other_store, option="tools_store"), TOOLS)) if other_store else []
    rejected: dict[str, str] = {}
    for executable in [*kept, *others, *([on_path] if on_path else [])]:
        try:
            if executable != on_path:
                check_trusted(executable)
            _check(executable, runner)
            break
        except (ToolMissingError, StoreError) as error:
            rejected[executable] = error.message
    else:
        try:
            executable = _bring(runner, tools=tools, index=index)
        except (ToolMissingError, NetworkError) as error:
            raise type(error)("; ".join([error.message, *rejected.values()]), **error.context) from error
    for broken in {*kept} & {*rejected} - {executable}:
        remove_tree(os.path.dirname(broken))
    return Uv(executable, runner=runner, index=index, cache=cache)


def _kept(tools: str) -> list[str]:
    """What was brought here before, the newest first."""
    named = [(_KEPT.fullmatch(path.parent.name), str(path)) for path in Path(tools).glob("uv-*/uv")]
    found = [(Version(match[1]).release, path) for match, path in named if match]
    return [path for version, path in sorted(found, reverse=True) if version >= MINIMUM_VERSION]


def _check(executable: str, runner: Runner) -> tuple[int, ...]:
    """The version of a uv that starts here; raises :class:`ToolMissingError` for what does not, or is too old."""
    environment = {**network_environment(), "UV_NO_CONFIG": "1"}
    try:
        done = runner.run([executable, "--version"], env=environment, cwd="/", timeout=START_TIMEOUT)
        said = done.check(f"{executable} --version").stdout
    except CommandError as error:
        raise ToolMissingError(f"{executable} is not a uv that works on this host: {error.message}") from error
    match = _VERSION.fullmatch(said)
    if match is None:
        raise ToolMissingError(f"{executable} is not a uv that works on this host: its version is {said[:80]!r}")
    version = Version(match.group(1)).release
    if version < MINIMUM_VERSION:
        raise ToolMissingError(f"{executable} is uv {match.group(1)}, but 0.13 or newer is required")
    return version


def _bring(runner: Runner, *, tools: str, index: PackageIndex) -> str:
    """Fetch uv's wheel and put its program, once it was seen to work, into ``tools/uv-<version>`` by one rename."""
    with staging(tools) as scratch:
        wheel = _fetch_wheel(runner, scratch=scratch, index=index)
        match = _WHEEL.fullmatch(wheel.name)
        if match is None:
            raise ToolMissingError(f"{wheel.name} is not a wheel of uv")
        staged = os.path.join(scratch, "uv")
        _unpack(wheel, staged)
        try:
            version = _check(staged, runner)
        except ToolMissingError as error:
            raise ToolMissingError(f"The uv in {wheel} cannot be used: {error.message}") from error
        if version != Version(match.group(1)).release:
            said = ".".join(map(str, version))
            raise ToolMissingError(
                f"The uv in {wheel} cannot be used: its version is {said}, which differs from its file name"
            )
        target = os.path.join(tools, f"uv-{match.group(1)}")
        if not os.path.isdir(target):
            os.makedirs(target, exist_ok=True)
            os.chmod(target, 0o755)
        os.replace(staged, os.path.join(target, "uv"))
    return os.path.join(target, "uv")


def _unpack(wheel: Path, target: str) -> None:
    """Write the program in ``wheel`` to ``target``; raises :class:`ToolMissingError` where there is not just one."""
    try:
        if wheel.stat().st_size > MAX_WHEEL_BYTES:
            raise ToolMissingError(f"{wheel} is larger than {MAX_WHEEL_BYTES >> 20} MiB: it is not a wheel of uv")
        with zipfile.ZipFile(wheel) as archive:
            programs = [member for member in archive.infolist() if _PROGRAM.fullmatch(member.filename)]
            if len(programs) != 1:
                raise ToolMissingError(f"{wheel} contains {len(programs)} programs named uv: it is not a wheel of uv")
            source = SourceFile(programs[0].filename, True, partial(archive.open, programs[0]))
            with open(target, "wb") as copy:
                for chunk in source.chunks():
                    copy.write(chunk)
                    if copy.tell() > MAX_PROGRAM_BYTES:
                        raise ToolMissingError(f"The uv in {wheel} is larger than {MAX_PROGRAM_BYTES >> 20} MiB")
                copy.flush()
                os.fsync(copy.fileno())
    except (*DAMAGED, SourceError) as error:
        raise ToolMissingError(f"{wheel} is not a complete wheel ({error}); replace it") from error
    os.chmod(target, 0o755)


def _fetch_wheel(runner: Runner, *, scratch: str, index: PackageIndex) -> Path:
    for place in index.find_links:
        directory = directory_of(place)
        if directory is not None:
            local = _in_directory(directory)
            if local is not None:
                return local
        elif not index.offline:
            links = page_links(place, index)
            if any(_OF_UV.fullmatch(name) for name in links):
                return _download(links, scratch, place, index)
    if index.offline:
        raise ToolMissingError(
            "This host has no uv 0.13 or newer, and the option 'offline' is set: install uv, or put its wheel into a "
            "find_links directory of this host or, on the controller, into the directory of the option 'wheels'",
            find_links=list(index.find_links),
        )
    if index.index_url:
        links = page_links(urljoin(index.index_url.rstrip("/") + "/", "uv/"), index)
        return _download(links, scratch, index.index_url, index)
    return _fetch_with_pip(runner, scratch, index)


def _in_directory(directory: str) -> Path | None:
    """The best wheel of uv there, None where there is no uv at all."""
    check_is_here(directory)
    try:
        found = [path for path in Path(directory).iterdir() if _OF_UV.fullmatch(path.name) and path.is_file()]
    except OSError as error:
        raise ToolMissingError(f"find_links: {directory} cannot be read: {error.strerror}") from error
    best = _best(found)
    if found and best is None:
        raise ToolMissingError(_NONE_FITS.format(directory))
    return best


def _download(links: dict[str, str], scratch: str, place: str, index: PackageIndex) -> Path:
    """Fetch the newest fitting wheel of uv among ``links`` of ``place``, and check it against the hash stated there."""
    best = _best(Path(name) for name in links)
    if best is None:
        raise ToolMissingError(_NONE_FITS.format(public(place)))
    wheel = Path(scratch, best.name)
    wheel.write_bytes(fetch_hashed(links[best.name], index))
    return wheel


def _best(wheels: Iterable[Path]) -> Path | None:
    """The newest wheel for this machine, if one is among ``wheels``."""
    usable = []
    for path in wheels:
        match = _WHEEL.fullmatch(path.name)
        if match and Version(match.group(1)).release >= MINIMUM_VERSION and _fits(match.group(2)):
            usable.append((Version(match.group(1)).release, path))
    return max(usable)[1] if usable else None


def wheel_for_this_machine(names: Iterable[str]) -> str | None:
    """The newest wheel of uv among ``names`` that works on this machine."""
    best = _best(Path(name) for name in names)
    return best.name if best is not None else None


def _fits(platform_tag: str) -> bool:
    """Whether a wheel's platform tag is for this machine."""
    machine = {"amd64": "x86_64", "aarch64": "aarch64", "arm64": "arm64"}.get(platform.machine(), platform.machine())
    if not any(tag.endswith(f"_{machine}") for tag in platform_tag.split(".")):
        return False
    if sys.platform == "darwin":
        return platform_tag.startswith("macosx")
    family = "manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux"
    return any(tag.startswith(family) for tag in platform_tag.split("."))


def _fetch_with_pip(runner: Runner, scratch: str, index: PackageIndex) -> Path:
    argv = [*_pip(), "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", scratch, REQUIREMENT]
    environment = {
        **network_environment(),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_NO_INPUT": "1",
        "PIP_RETRIES": str(HTTP_RETRIES),
    }
    certificates = ssl.get_default_verify_paths().cafile
    if certificates:
        environment["PIP_CERT"] = certificates
    done = runner.run(argv, env=environment, cwd="/", timeout=FETCH_TIMEOUT)
    broken = _NOT_REACHED.search(done.stderr)
    if done.returncode != 0 and broken is not None:
        reason = broken[1].rpartition(": ")[2].rstrip("')")
        failure = unreadable(index.index_url or "", reason, index)
        raise NetworkError(f"uv cannot be fetched: {failure.message}", **failure.context)
    done.check("Fetching uv with pip")
    found = sorted(Path(scratch).glob("*.whl"))
    if len(found) != 1:
        raise ToolMissingError(
            f"pip fetched {len(found)} wheels instead of one wheel of uv: install uv, or set index_url"
        )
    return found[0]


def _pip() -> list[str]:
    """How to start a pip: the interpreter's own, the one on PATH, or the one that new venvs are seeded with."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    on_path = shutil.which("pip3") or shutil.which("pip")
    if on_path is not None:
        return [on_path]
    spec = importlib.util.find_spec("ensurepip")
    places = [Path(spec.origin).parent / "_bundled"] if spec is not None and spec.origin else []
    places.append(Path(sysconfig.get_config_var("WHEEL_PKG_DIR") or "/usr/share/python-wheels"))
    for wheel in (wheel for place in places for wheel in sorted(place.glob("pip-*.whl"), reverse=True)):
        return [sys.executable, str(wheel / "pip")]
    raise ToolMissingError(
        f"This host has neither uv nor a pip for {sys.executable} to fetch uv with: install uv, set index_url, or "
        "put the wheel of uv into a find_links directory"
    )
