# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Bringing uv to a host that has none, from a folder and from an index on loopback."""

from __future__ import annotations

import base64
import hashlib
import http.server
import subprocess
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ToolMissingError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._package_index import PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv_tool import find_uv
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._process import SubprocessRunner

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
    """A folder, and the address at which it is served, to who knows the password."""
    expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers["Authorization"] == expected:
                super().do_GET()
            else:
                self.send_error(401)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    folder = tmp_path / "site"
    (folder / "simple" / "uv").mkdir(parents=True)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://{USER}:{PASSWORD}@127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(name="bare_path", autouse=True)
def fixture_bare_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """No uv on PATH."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


def publish(site: Path, wheel: Path, *, sha256: str) -> None:
    """Let ``wheel`` be what the index in ``site`` offers, beside older and foreign ones that must not be taken."""
    (site / wheel.name).symlink_to(wheel)
    others = ["uv-0.13.0-py3-none-win32.whl", "uv-0.1.0-py3-none-any.whl", "uv-99.0.tar.gz"]
    links = [f'<a href="../../{name}#sha256={sha256}">{name}</a>' for name in (*others, wheel.name)]
    (site / "simple" / "uv" / "index.html").write_text(f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>")


def find(tmp_path: Path, **index: Any) -> str:
    uv = find_uv(
        runner=SubprocessRunner(),
        tools=str(tmp_path / "tools"),
        cache=str(tmp_path / "cache"),
        index=PackageIndex(**index),
    )
    return subprocess.run([uv.executable, "--version"], env={}, capture_output=True, text=True, check=True).stdout


def test_from_a_folder(tmp_path: Path, wheel: Path) -> None:
    assert find(tmp_path, find_links=(str(wheel.parent),), offline=True).startswith(f"uv {wheel.name.split('-')[1]}")
    assert [path.name for path in (tmp_path / "tools").iterdir()] == [f"uv-{wheel.name.split('-')[1]}"]


def test_from_an_index(tmp_path: Path, wheel: Path, site: tuple[Path, str]) -> None:
    folder, address = site
    publish(folder, wheel, sha256=hashlib.sha256(wheel.read_bytes()).hexdigest())
    assert find(tmp_path, index_url=f"{address}/simple").startswith("uv ")


def test_a_wrong_hash_is_refused_and_nothing_is_left(tmp_path: Path, wheel: Path, site: tuple[Path, str]) -> None:
    folder, address = site
    publish(folder, wheel, sha256="0" * 64)
    with pytest.raises(ToolMissingError, match=f"{wheel.name} from http://127.* does not have the sha256"):
        find(tmp_path, index_url=f"{address}/simple")
    assert list((tmp_path / "tools").iterdir()) == []


@pytest.mark.parametrize("password", [PASSWORD, "wr0ng"])
def test_an_index_that_fails_is_named_without_the_password(
    tmp_path: Path, site: tuple[Path, str], password: str
) -> None:
    _folder, address = site
    with pytest.raises(
        ToolMissingError, match="uv cannot be fetched from http://127.*/nowhere/uv/: HTTP Error 40[14]"
    ) as caught:
        find(tmp_path, index_url=address.replace(PASSWORD, password) + "/nowhere")
    assert password not in str(caught.value.details())
