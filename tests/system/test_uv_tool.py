# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Bringing uv to a host that has none, from a directory and from an index on loopback."""

from __future__ import annotations

import base64
import hashlib
import http.server
import os
import subprocess
import threading
import zipfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import NetworkError, ToolMissingError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import SubprocessRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv import index, tool
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.tool import find_uv

if TYPE_CHECKING:
    from collections.abc import Iterator

USER, PASSWORD = "me", "s3cret"


@pytest.fixture(name="wheel")
def fixture_wheel(wheelhouse: Path) -> Path:
    """The real wheel of uv."""
    (wheel,) = wheelhouse.glob("uv-*.whl")
    return wheel


@pytest.fixture(name="site")
def fixture_site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A directory, and the address at which it is served, to who knows the password."""
    expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers["Authorization"] == expected:
                super().do_GET()
            else:
                self.send_error(401)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    directory = tmp_path / "site"
    (directory / "simple" / "uv").mkdir(parents=True)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(directory))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield directory, f"http://{USER}:{PASSWORD}@127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(name="bare_path", autouse=True)
def fixture_bare_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """No uv on PATH."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


def publish(site: Path, wheel: Path, *, sha256: str, algorithm: str = "sha256") -> None:
    """Let ``wheel`` be what the index in ``site`` offers, beside older and foreign ones that must not be taken."""
    (site / wheel.name).symlink_to(wheel)
    others = ["uv-0.13.0-py3-none-win32.whl", "uv-0.1.0-py3-none-any.whl", "uv-99.0.tar.gz"]
    links = [f'<a href="../../{name}#{algorithm}={sha256}">{name}</a>' for name in (*others, wheel.name)]
    (site / "simple" / "uv" / "index.html").write_text(f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>")


def find(tmp_path: Path, **index: Any) -> str:
    uv = find_uv(
        runner=SubprocessRunner(),
        tools=str(tmp_path / "tools"),
        cache=str(tmp_path / "cache"),
        index=PackageIndex(**index),
    )
    return subprocess.run([uv.executable, "--version"], env={}, capture_output=True, text=True, check=True).stdout


def test_from_a_directory(tmp_path: Path, wheel: Path) -> None:
    assert find(tmp_path, find_links=(str(wheel.parent),), offline=True).startswith(f"uv {wheel.name.split('-')[1]}")
    assert [path.name for path in (tmp_path / "tools").iterdir()] == [f"uv-{wheel.name.split('-')[1]}"]


def test_from_an_index(tmp_path: Path, wheel: Path, site: tuple[Path, str]) -> None:
    directory, address = site
    publish(directory, wheel, sha256=hashlib.sha256(wheel.read_bytes()).hexdigest())
    assert find(tmp_path, index_url=f"{address}/simple").startswith("uv ")


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
def test_any_strong_hash_will_do(tmp_path: Path, wheel: Path, site: tuple[Path, str], algorithm: str) -> None:
    directory, address = site
    publish(directory, wheel, sha256=hashlib.new(algorithm, wheel.read_bytes()).hexdigest(), algorithm=algorithm)
    assert find(tmp_path, index_url=f"{address}/simple").startswith("uv ")


@pytest.mark.parametrize("algorithm", ["md5", "sha1"])
def test_a_weak_hash_is_none(tmp_path: Path, wheel: Path, site: tuple[Path, str], algorithm: str) -> None:
    directory, address = site
    publish(directory, wheel, sha256=hashlib.new(algorithm, wheel.read_bytes()).hexdigest(), algorithm=algorithm)
    with pytest.raises(ToolMissingError, match="does not have the sha256 or sha384 or sha512 of the index"):
        find(tmp_path, index_url=f"{address}/simple")


def test_a_wrong_hash_is_refused_and_nothing_is_left(tmp_path: Path, wheel: Path, site: tuple[Path, str]) -> None:
    directory, address = site
    publish(directory, wheel, sha256="0" * 64)
    with pytest.raises(ToolMissingError, match=f"{wheel.name} from http://127.* does not have the sha256"):
        find(tmp_path, index_url=f"{address}/simple")
    assert list((tmp_path / "tools").iterdir()) == []


@pytest.mark.parametrize("password", [PASSWORD, "wr0ng"])
def test_an_index_that_fails_is_named_without_the_password(
    tmp_path: Path, site: tuple[Path, str], password: str
) -> None:
    _directory, address = site
    with pytest.raises(
        NetworkError, match="uv cannot be fetched: index_url: http://127.*/nowhere/uv/ cannot be read: 40[14] [A-Z]"
    ) as caught:
        find(tmp_path, index_url=address.replace(PASSWORD, password) + "/nowhere")
    assert password not in str(caught.value.details())


NAME = "uv-0.13.9-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
PROGRAM = "uv-0.13.9.data/scripts/uv"
GOOD = "#!/bin/sh\necho uv 0.13.9 '(test)'\n"


def hand_made(directory: Path, files: dict[str, str | bytes], *, name: str = NAME) -> Path:
    """A wheel of uv with ``files``."""
    directory.mkdir(exist_ok=True)
    with zipfile.ZipFile(directory / name, "w") as archive:
        for member, content in files.items():
            archive.writestr(member, content)
    return directory / name


def cut(wheel: Path) -> None:
    content = wheel.read_bytes()
    wheel.write_bytes(content[: len(content) // 2])


def encrypt(wheel: Path) -> None:
    content = bytearray(wheel.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    wheel.write_bytes(content)


BROKEN: dict[str, tuple[dict[str, str | bytes], Callable[[Path], object] | None, str]] = {
    "no zip": ({}, lambda wheel: wheel.write_text("<html>"), "is not a complete wheel"),
    "an empty file": ({}, lambda wheel: wheel.write_bytes(b""), "is not a complete wheel"),
    "half a zip": ({PROGRAM: GOOD * 100}, cut, "is not a complete wheel"),
    "encrypted": ({PROGRAM: GOOD}, encrypt, "is not a complete wheel"),
    "no program": ({"uv/__init__.py": ""}, None, "contains 0 programs named uv"),
    "several programs": ({PROGRAM: GOOD, "uv-0.13.8.data/scripts/uv": GOOD}, None, "contains 2 programs named uv"),
    "a huge program": ({PROGRAM: GOOD * 100}, None, "is larger than 0 MiB"),
    "odd text": ({PROGRAM: "#!/bin/sh\necho hello\n"}, None, "its version is 'hello"),
    "no text": ({PROGRAM: "#!/bin/sh\n"}, None, "its version is ''"),
    "bytes": ({PROGRAM: "#!/bin/sh\nprintf 'uv \\377\\000'\n"}, None, "its version is 'uv "),
    "an error": ({PROGRAM: "#!/bin/sh\necho broken >&2; exit 3\n"}, None, "broken"),
    "a signal": ({PROGRAM: "#!/bin/sh\nkill -SEGV $$\n"}, None, "is not a uv that works on this host"),
    "another machine's": ({PROGRAM: b"\x7fELF\x02\x01\x01" + bytes(200)}, None, "cannot be started"),
    "one that hangs": ({PROGRAM: "#!/bin/sh\nexec sleep 60\n"}, None, "ran longer than 1 s"),
    "another version": (
        {PROGRAM: "#!/bin/sh\necho uv 0.13.8\n"},
        None,
        "its version is 0.13.8, which differs from its file name",
    ),
    "too old": ({PROGRAM: "#!/bin/sh\necho uv 0.4.0\n"}, None, "0.13 or newer is required"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_uv_that_does_not_work_is_one_error(
    tmp_path: Path, case: str, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named, and nothing stays: a good one in its place is taken at the next run."""
    files, damage, message = BROKEN[case]
    monkeypatch.setattr(tool, "START_TIMEOUT", 1.0)
    if case == "a huge program":
        monkeypatch.setattr(tool, "MAX_PROGRAM_BYTES", 1000)
    made = hand_made(tmp_path / "wheels", files)
    if damage:
        damage(made)
    with pytest.raises(ToolMissingError) as caught:
        find(tmp_path, find_links=(str(made.parent),), offline=True)
    assert str(made) in caught.value.message and message in caught.value.message
    assert list((tmp_path / "tools").iterdir()) == []
    monkeypatch.undo()
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    made.unlink()
    (made.parent / wheel.name).symlink_to(wheel)
    assert find(tmp_path, find_links=(str(made.parent),), offline=True).startswith("uv ")


@pytest.mark.parametrize("version", ["0.13.9", "0.99.0"])
def test_a_broken_one_in_the_store_is_replaced(tmp_path: Path, version: str) -> None:
    """As a disk that fails leaves it, or another machine that shares the home directory."""
    broken = tmp_path / "tools" / f"uv-{version}" / "uv"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"\x7fELF")
    broken.chmod(0o755)
    with pytest.raises(ToolMissingError, match=f"the option 'offline' is set.*; {broken} is not a uv that works"):
        find(tmp_path, offline=True)
    assert broken.exists()  # it may work again, and there is no other
    made = hand_made(tmp_path / "wheels", {PROGRAM: GOOD})
    assert find(tmp_path, find_links=(str(made.parent),), offline=True).startswith("uv 0.13.9")
    assert [path.name for path in (tmp_path / "tools").iterdir()] == ["uv-0.13.9"]
    assert (broken.parent.parent / "uv-0.13.9" / "uv").read_text() == GOOD


def test_a_broken_one_on_path_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "bin" / "uv"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho not a version\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{broken.parent}:/usr/bin:/bin")
    with pytest.raises(ToolMissingError, match=f"{broken} is not a uv that works on this host: its version is 'not a"):
        find(tmp_path, offline=True)
    made = hand_made(tmp_path / "wheels", {PROGRAM: GOOD})
    assert find(tmp_path, find_links=(str(made.parent),), offline=True).startswith("uv 0.13.9")


@pytest.mark.parametrize("name", ["uv-0.13.9-py3-none-win32.whl", "uv-0.13.9.tar.gz", "uv-0.1.0-py3-none-any.whl"])
def test_uv_in_find_links_comes_from_there_only(tmp_path: Path, wheel: Path, site: tuple[Path, str], name: str) -> None:
    directory, address = site
    publish(directory, wheel, sha256=hashlib.sha256(wheel.read_bytes()).hexdigest())
    made = hand_made(tmp_path / "wheels", {PROGRAM: GOOD}, name=name)
    with pytest.raises(ToolMissingError, match=f"{made.parent} has no uv 0.13 or newer for this machine"):
        find(tmp_path, find_links=(str(made.parent),), index_url=f"{address}/simple")


def test_a_page_in_find_links(tmp_path: Path, site: tuple[Path, str]) -> None:
    directory, address = site
    made = hand_made(directory, {PROGRAM: GOOD})
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    (directory / "page.html").write_text(f'<a href="{NAME}#sha256={digest}">{NAME}</a>')
    # An address with a password is refused in find_links: nobody else knows how it is read.
    package_index = PackageIndex()
    links = index.page_links(f"{address}/page.html", package_index)
    assert tool._download(links, str(tmp_path), address, package_index).read_bytes() == made.read_bytes()


@pytest.mark.parametrize("what", ["page", "wheel"])
def test_what_has_no_end_is_refused(
    tmp_path: Path, wheel: Path, site: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    directory, address = site
    publish(directory, wheel, sha256="0" * 64)
    monkeypatch.setattr(index, {"page": "MAX_PAGE_BYTES", "wheel": "MAX_WHEEL_BYTES"}[what], 100)
    with pytest.raises(ToolMissingError, match="it is larger than 0 MiB"):
        find(tmp_path, index_url=f"{address}/simple")
    assert list((tmp_path / "tools").iterdir()) == []


def test_an_index_cannot_name_a_file_of_the_host(tmp_path: Path, site: tuple[Path, str]) -> None:
    """Neither by a link nor by a redirect."""
    directory, address = site
    made = hand_made(tmp_path / "private", {PROGRAM: GOOD})
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    (directory / "simple/uv/index.html").write_text(f'<a href="{made.as_uri()}#sha256={digest}">{NAME}</a>')
    with pytest.raises(ToolMissingError, match="has no uv 0.13 or newer"):
        find(tmp_path, index_url=f"{address}/simple")


def test_a_redirect_to_a_file_is_refused(tmp_path: Path) -> None:
    class Redirect(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirect) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(NetworkError, match="cannot be fetched"):
            find(tmp_path, index_url=f"http://127.0.0.1:{server.server_port}/simple")
        server.shutdown()


@pytest.mark.parametrize("page", ["<" * 200_000, "<!--" * 50_000, "<![if" * 10, '<a href="//[">x</a>', "\0" * 1000])
def test_an_odd_page_is_one_error(tmp_path: Path, site: tuple[Path, str], page: str) -> None:
    directory, address = site
    (directory / "simple/uv/index.html").write_text(page)
    with pytest.raises(ToolMissingError, match="(has no uv|is not a readable page)"):
        find(tmp_path, index_url=f"{address}/simple")
    assert not os.listdir(tmp_path / "tools")
