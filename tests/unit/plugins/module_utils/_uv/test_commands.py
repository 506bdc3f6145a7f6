# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""How uv is started, and what it is let to see."""

from __future__ import annotations

import json
import platform
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import (
    CommandError,
    InputError,
    ResolutionError,
    ToolMissingError,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Completed
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.commands import Uv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.tool import find_uv

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Recorder:
    """A runner that starts nothing and remembers what it was asked for."""

    def __init__(self, returncode: int = 0, stdout: str = "", stderr: str = "") -> None:
        self.answer = (returncode, stdout, stderr)
        self.argv: list[str] = []
        self.env: dict[str, str] = {}
        self.stdin: str | None = None
        self.pass_fds: list[int] = []

    def run(self, argv: Sequence[str], **options: Any) -> Completed:
        self.argv, self.env = list(argv), dict(options["env"])
        self.stdin, self.pass_fds = options.get("stdin"), list(options.get("pass_fds", ()))
        return Completed(tuple(argv), *self.answer)


def uv(recorder: Recorder, index: PackageIndex | None = None, *, cache: str = "/srv/cache") -> Uv:
    """It writes to the place of its ``cache`` when something fails."""
    return Uv("/opt/uv", runner=recorder, index=index or PackageIndex(), cache=cache)


def test_the_hosts_settings_for_installers_do_not_reach_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "PIP_INDEX_URL",
        "UV_INDEX_URL",
        "UV_CACHE_DIR",
        "PYTHONPATH",
        "PYTHONHOME",
        "VIRTUAL_ENV",
        "LD_PRELOAD",
    ):
        monkeypatch.setenv(name, "hostile")
    monkeypatch.setenv("HTTPS_PROXY", "proxy.invalid:3128")
    recorder = Recorder()
    uv(recorder).compile(["x"])
    assert "hostile" not in recorder.env.values()
    assert recorder.env["HTTPS_PROXY"] == "proxy.invalid:3128"
    assert recorder.env["UV_SYSTEM_CERTS"] == "1"


def test_a_password_in_the_index_address_is_in_no_argument() -> None:
    recorder = Recorder()
    index = PackageIndex("https://me:s3cret@index.invalid/simple", ("/srv/wheels", "/srv/more"), offline=False)
    uv(recorder, index).compile(["x"])
    assert not any("s3cret" in argument for argument in recorder.argv)
    assert recorder.env["UV_DEFAULT_INDEX"] == "https://me:s3cret@index.invalid/simple"
    assert "UV_OFFLINE" not in recorder.env


def test_find_links_are_asked_in_their_order_before_the_index() -> None:
    """In a file without a name; no configuration of the user or of the host is read beside it."""
    seen: list[str] = []

    class Reader(Recorder):
        def run(self, argv: Sequence[str], **options: Any) -> Completed:
            with open(options["env"]["UV_CONFIG_FILE"]) as stream:
                seen.append(stream.read())
            return super().run(argv, **options)

    places = ("/srv/a,b", '/srv/"c" %20#?\\', 'https://wheels.invalid/?a="b"', "file:///srv/d%20e")
    uv(recorder := Reader(), PackageIndex(find_links=places)).sync("/x", python="/y", pass_fds=[0])
    urls = [json.loads(line[len("url = ") :]) for line in seen[0].splitlines() if line.startswith("url")]
    assert urls == ["file:///srv/a%2Cb", "file:///srv/%22c%22%20%2520%23%3F%5C", places[2], "file:///srv/d%20e"]
    assert seen[0].count("[[index]]\n") == seen[0].count('format = "flat"\n') == len(places)
    assert recorder.pass_fds[0] == 0 and f"/dev/fd/{recorder.pass_fds[1]}" == recorder.env["UV_CONFIG_FILE"]
    assert recorder.env["UV_INDEX_STRATEGY"] == "first-index"
    uv(plain := Recorder()).venv("/x", python="/y")
    assert plain.env["UV_NO_CONFIG"] == "1" and "UV_CONFIG_FILE" not in plain.env


def test_find_links_that_are_a_file_are_refused(tmp_path: Path) -> None:
    """uv would take it for a directory without wheels, and every name from the index."""
    (tmp_path / "page.html").write_text("")
    for place in (str(tmp_path / "page.html"), (tmp_path / "page.html").as_uri()):
        with pytest.raises(InputError, match="page.html is not a directory"):
            uv(Recorder(), PackageIndex(find_links=(place,))).compile(["x"])


@pytest.mark.parametrize("place", ["", "/srv/a\nb", "https://me:s3cret@wheels.invalid/"])
def test_places_that_cannot_be_passed_on_are_refused(place: str) -> None:
    with pytest.raises(InputError, match="^find_links: "):
        PackageIndex(find_links=(place,))


def test_requirements_travel_on_stdin_so_that_none_can_be_an_option() -> None:
    recorder = Recorder()
    uv(recorder).compile(["--index-url=x", "y"], python="/usr/bin/python3", no_deps=True)
    assert recorder.stdin == "--index-url=x\ny\n"
    assert recorder.argv[-4:] == ["--no-deps", "--python", "/usr/bin/python3", "-"]


def test_what_cannot_be_resolved_is_explained_in_one_line(tmp_path: Path) -> None:
    recorder = Recorder(2, stderr="error: No solution found\n  cause: Because nosuch was not found\n")
    with pytest.raises(ResolutionError) as caught:
        uv(recorder, cache=str(tmp_path / "cache")).compile(["nosuch"])
    assert caught.value.message == (
        "The Python packages nosuch cannot be resolved: No solution found cause: Because nosuch was not found"
    )


@pytest.mark.parametrize(
    ("index", "stderr", "end"),
    [
        (
            PackageIndex(offline=True),
            "Because the network was disabled",
            "the directory of the option 'wheels', or ",
        ),
        (
            PackageIndex("https://mine.example/simple"),
            "x was not found in the package registry",
            "mine.example/simple)",
        ),
        (PackageIndex(offline=True), "Because x needs y", "Because x needs y"),
    ],
)
def test_where_it_looked_is_said_where_something_was_not_found(
    tmp_path: Path, index: PackageIndex, stderr: str, end: str
) -> None:
    with pytest.raises(ResolutionError) as caught:
        uv(Recorder(1, stderr=stderr), index, cache=str(tmp_path / "cache")).compile(["x"])
    assert str(caught.value.context["explanation"]).removesuffix("allow the network").endswith(end)
    assert str(caught.value.context["explanation"]) in caught.value.message


@pytest.mark.parametrize(
    ("returncode", "stderr", "unsatisfiable"),
    [
        (1, "error: No solution found\n  cause: Because x", True),
        (1, "error: No solution found\n\nhint: Packages were unavailable because the network was disabled.", False),
        (2, "error: Request failed after 3 retries", False),
        (1, "error: Failed to download `x`\n  cause: No space left on device (os error 28)", False),
    ],
)
def test_a_failure_says_whether_the_demands_are_to_blame(
    tmp_path: Path, returncode: int, stderr: str, unsatisfiable: bool
) -> None:
    with pytest.raises(ResolutionError) as caught:
        uv(Recorder(returncode, stderr=stderr), cache=str(tmp_path / "cache")).compile(["x"])
    assert caught.value.context["unsatisfiable"] is unsatisfiable
    assert ("use the option 'exclude'" in caught.value.message) is unsatisfiable


def test_constraints_travel_in_a_file_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen: list[str] = []

    class Reader(Recorder):
        def run(self, argv: Sequence[str], **options: Any) -> Completed:
            with open(argv[argv.index("--constraint") + 1]) as stream:
                seen.append(stream.read())
            assert list(tmp_path.iterdir()) == []
            return super().run(argv, **options)

    recorder = Reader()
    uv(recorder).compile(["x"], constraints=["y<2", "z<3"])
    assert seen == ["y<2\nz<3\n"]
    assert recorder.argv[-2] == f"/dev/fd/{recorder.pass_fds[0]}"
    uv(plain := Recorder()).compile(["x"])
    assert "--constraint" not in plain.argv and plain.pass_fds == []


def test_an_install_is_hashed_wheels_only_and_holds_the_lock() -> None:
    recorder = Recorder()
    uv(recorder).sync("/srv/lock.txt", python="/srv/v/bin/python", pass_fds=[7])
    assert {"--require-hashes", "--only-binary", ":all:"} <= set(recorder.argv)
    assert recorder.pass_fds == [7]
    with pytest.raises(CommandError, match="cannot be installed: No space left"):
        uv(Recorder(2, stderr="error: No space left\n")).sync("/srv/lock.txt", python="/srv/v/bin/python")


def test_the_newest_kept_uv_that_works_is_taken(tmp_path: Path) -> None:
    """One that is broken is removed, once another was found; nothing is fetched."""
    for version in ("0.9.0", "0.13.8", "0.13.10", "0.14.0"):
        (tmp_path / f"uv-{version}").mkdir()
        (tmp_path / f"uv-{version}" / "uv").write_text("")

    class Host(Recorder):
        def run(self, argv: Sequence[str], **options: Any) -> Completed:
            version = argv[0].split("/")[-2][3:]
            return Completed(tuple(argv), 0, "Bus error" if version == "0.14.0" else f"uv {version} (x)\n", "")

    found = find_uv(runner=Host(), tools=str(tmp_path), cache="/srv/cache", index=PackageIndex())
    assert found.executable == str(tmp_path / "uv-0.13.10" / "uv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["uv-0.13.10", "uv-0.13.8", "uv-0.9.0"]


def test_uv_of_another_store_is_used_and_nothing_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that does not work there stays there: it is another store's."""
    monkeypatch.setenv("PATH", str(tmp_path))
    other = tmp_path / "store/.tools"
    for version in ("0.13.8", "0.14.0"):
        (other / f"uv-{version}").mkdir(parents=True)
        (other / f"uv-{version}" / "uv").write_text("")

    class Host(Recorder):
        def run(self, argv: Sequence[str], **options: Any) -> Completed:
            version = argv[0].split("/")[-2][3:]
            return Completed(tuple(argv), 0, "Bus error" if version == "0.14.0" else f"uv {version} (x)\n", "")

    tools, index = tmp_path / "project/.venv-isolated/.tools", PackageIndex(offline=True)
    found = find_uv(
        runner=Host(), tools=str(tools), cache="/srv/cache", index=index, other_store=str(tmp_path / "store")
    )
    assert found.executable == str(other / "uv-0.13.8/uv")
    assert sorted(path.name for path in other.iterdir()) == ["uv-0.13.8", "uv-0.14.0"] and not tools.exists()


def test_a_damaged_wheel_of_uv_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An offset that leads before the file, and content that its compression does not take."""
    machine, libc = platform.machine(), platform.libc_ver()[0]
    wheel = tmp_path / f"uv-0.13.8-py3-none-{'manylinux' if libc == 'glibc' else 'musllinux'}_1_1_{machine}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("uv-0.13.8.data/scripts/uv", b"#!/bin/sh\n" * 100)
    good = wheel.read_bytes()
    entry = good.index(b"PK\x01\x02")
    offset = good[: entry + 42] + b"\xff\xff\xff\x7f" + good[entry + 46 :]
    middle = good.index(b"BZh") + 20
    monkeypatch.setenv("PATH", str(tmp_path))
    index = PackageIndex(offline=True, find_links=(str(tmp_path),))
    shifted = good[:entry] + good[entry + 30 :]
    for damaged in (offset, shifted, good[:middle] + bytes(20) + good[middle + 20 :]):
        wheel.write_bytes(damaged)
        with pytest.raises(ToolMissingError, match="is not a complete wheel .*replace it"):
            find_uv(runner=Recorder(), tools=str(tmp_path / "tools"), cache="/srv/cache", index=index)
        assert list((tmp_path / "tools").iterdir()) == []


def test_offline_without_uv_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        ToolMissingError, match="the option 'offline' is set: install uv, or put its wheel into a find_links directory"
    ):
        find_uv(runner=Recorder(), tools=str(tmp_path / "tools"), cache="/srv/cache", index=PackageIndex(offline=True))
    assert list((tmp_path / "tools").iterdir()) == []


def test_find_links_that_are_not_on_this_host_are_named_and_where_they_may_be(tmp_path: Path) -> None:
    index = PackageIndex(find_links=(str(tmp_path), f"{tmp_path}/nowhere"), offline=True)
    with pytest.raises(InputError) as caught:
        uv(Recorder(1, stderr="error: no such directory"), index).compile(["six"])
    assert caught.value.message.startswith(
        f"find_links: the directory {tmp_path}/nowhere does not exist on this host; "
    )
    assert "set the option 'wheels' to their directory" in caught.value.message
