# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Find uv on this host, or bring it into the store's own tool folder.

In this order: the store's ``.tools``, PATH, a wheel in a local ``find_links`` folder, the ``index_url``, and, where the
user named no index, pip, which knows the default one. Where all fail the error says which were tried.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import re
import shutil
import ssl
import sys
import sysconfig
import urllib.error
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ToolMissingError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._staging import staging
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv import (
    Uv,
    network_environment,
    version_tuple,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ansible_collections.mobile_ansible.venv.plugins.module_utils._package_index import PackageIndex
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Runner

#: Older ones lack flags that we use, or write venvs in another way.
MINIMUM_VERSION = (0, 13)
REQUIREMENT = "uv>=0.13,<1"
FETCH_TIMEOUT = 180.0

_WHEEL = re.compile(r"uv-(\d+(?:\.\d+)+)-py3-none-([\w.]+)\.whl")


def find_uv(*, runner: Runner, tools: str, cache: str, index: PackageIndex) -> Uv:
    """uv, ready to use; fetched into ``tools`` when this host has none. Raises :class:`ToolMissingError`."""
    executable = _kept(tools) or _on_path(runner, cache=cache, index=index)
    if executable is None:
        executable = _bring(runner, tools=tools, index=index)
    return Uv(executable, runner=runner, index=index, cache=cache)


def _kept(tools: str) -> str | None:
    found = [(version_tuple(path.parent.name[3:]), str(path)) for path in Path(tools).glob("uv-*/uv")]
    usable = [entry for entry in found if entry[0] >= MINIMUM_VERSION]
    return max(usable)[1] if usable else None


def _on_path(runner: Runner, *, cache: str, index: PackageIndex) -> str | None:
    executable = shutil.which("uv")
    if executable is None:
        return None
    version = Uv(executable, runner=runner, index=index, cache=cache).version()
    return executable if version >= MINIMUM_VERSION else None


def _bring(runner: Runner, *, tools: str, index: PackageIndex) -> str:
    """Fetch uv's wheel and unpack its program into ``tools/uv-<version>``, by one rename."""
    with staging(tools) as scratch:
        wheel = _fetch_wheel(runner, scratch=scratch, index=index)
        match = _WHEEL.fullmatch(wheel.name)
        if match is None:
            raise ToolMissingError(f"{wheel.name} is not a wheel of uv")
        target = os.path.join(tools, f"uv-{match.group(1)}")
        staged = os.path.join(scratch, "unpacked")
        os.mkdir(staged, 0o755)
        with zipfile.ZipFile(wheel) as archive:
            program = next(name for name in archive.namelist() if name.endswith(".data/scripts/uv"))
            with archive.open(program) as source, open(os.path.join(staged, "uv"), "wb") as copy:
                shutil.copyfileobj(source, copy)
                copy.flush()
                os.fsync(copy.fileno())
        os.chmod(os.path.join(staged, "uv"), 0o755)
        if not os.path.isdir(target):
            _rename_unless_there(staged, target)
    return os.path.join(target, "uv")


def _rename_unless_there(staged: str, target: str) -> None:
    try:
        os.rename(staged, target)
    except OSError:
        if not os.path.isfile(os.path.join(target, "uv")):  # else another run was quicker, with the same version
            raise


def _fetch_wheel(runner: Runner, *, scratch: str, index: PackageIndex) -> Path:
    local = _best(path for place in index.find_links if os.path.isdir(place) for path in Path(place).glob("uv-*.whl"))
    if local is not None:
        return local
    if index.offline:
        raise ToolMissingError(
            "This host has no uv 0.13 or newer, and offline is set: install uv, or put its wheel into a find_links "
            "folder",
            find_links=list(index.find_links),
        )
    if index.index_url:
        return _download(index.index_url, scratch)
    return _fetch_with_pip(runner, scratch)


def _best(wheels: Iterable[Path]) -> Path | None:
    """The newest wheel for this machine, if one is among ``wheels``."""
    usable = []
    for path in wheels:
        match = _WHEEL.fullmatch(path.name)
        if match and version_tuple(match.group(1)) >= MINIMUM_VERSION and _fits(match.group(2)):
            usable.append((version_tuple(match.group(1)), path))
    return max(usable)[1] if usable else None


def _fits(platform_tag: str) -> bool:
    """Whether a wheel's platform tag is for this machine."""
    machine = {"amd64": "x86_64", "aarch64": "aarch64", "arm64": "arm64"}.get(platform.machine(), platform.machine())
    if not any(tag.endswith(f"_{machine}") for tag in platform_tag.split(".")):
        return False
    if sys.platform == "darwin":
        return platform_tag.startswith("macosx")
    family = "manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux"
    return any(tag.startswith(family) for tag in platform_tag.split("."))


def _fetch_with_pip(runner: Runner, scratch: str) -> Path:
    argv = [*_pip(), "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", scratch, REQUIREMENT]
    environment = {
        **network_environment(),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_NO_INPUT": "1",
    }
    certificates = ssl.get_default_verify_paths().cafile
    if certificates:
        environment["PIP_CERT"] = certificates
    runner.run(argv, env=environment, cwd="/", timeout=FETCH_TIMEOUT).check("Fetching uv with pip")
    return next(Path(scratch).glob("uv-*.whl"))


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
        f"This host has neither uv nor a pip for {sys.executable} to fetch it with: install uv, set index_url, "
        "or put the wheel of uv into a find_links folder"
    )


def _download(index_url: str, scratch: str) -> Path:
    """Fetch the newest fitting wheel of uv from a simple index (PEP 503) and check it against the index's hash."""
    page_url = urljoin(index_url.rstrip("/") + "/", "uv/")
    links = _Links()
    links.feed(_get(page_url).decode("utf-8", "replace"))
    urls = {urlsplit(link).path.rpartition("/")[2]: urljoin(page_url, link) for link in links.targets}
    best = _best(Path(name) for name in urls)
    if best is None:
        raise ToolMissingError(f"The index {_public(index_url)} offers no uv 0.13 or newer for this machine")
    url, fragment = urldefrag(urls[best.name])
    content = _get(url)
    if fragment != f"sha256={hashlib.sha256(content).hexdigest()}":
        raise ToolMissingError(f"{best.name} from {_public(index_url)} does not have the sha256 that the index states")
    wheel = Path(scratch, best.name)
    wheel.write_bytes(content)
    return wheel


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.targets += [value for name, value in attrs if tag == "a" and name == "href" and value]


def _get(url: str) -> bytes:
    # Imported where it is needed: in a module it is compiled anew on every run, and most runs fetch nothing.
    from ansible.module_utils.urls import open_url

    parts = urlsplit(url)
    user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
    options: dict[str, Any] = {"url_username": user, "url_password": password, "force_basic_auth": user is not None}
    try:
        with open_url(_public(url), timeout=FETCH_TIMEOUT, use_netrc=False, **options) as response:
            content: bytes = response.read()
            return content
    except OSError as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise ToolMissingError(f"uv cannot be fetched from {_public(url)}: {error}") from error


def _public(url: str) -> str:
    """``url`` without a user's name and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
