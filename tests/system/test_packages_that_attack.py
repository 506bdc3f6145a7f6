# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Packages that attack: none of their code runs while a venv is built; what is not as it says is refused by name."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from package_index import wheel
from shared_venv_process import SharedVenvProcess, built, installed, leftovers, shared_venv

NAME = "demo"
INFO = f"{NAME}-1.0.dist-info"
MODULE = {"demo.py": "x = 1\n"}
SITE = "lib/python3.11/site-packages"


@pytest.fixture(name="canary")
def fixture_canary(tmp_path: Path) -> Path:
    """A file that is there once code of a package ran."""
    return tmp_path / "canary"


@pytest.fixture(name="options")
def fixture_options(from_wheels: dict[str, Any]) -> dict[str, Any]:
    """What asks for ``demo`` from ``wheels``."""
    return {**from_wheels, "packages": [NAME]}


def refused(options: dict[str, Any]) -> str:
    """The one error, which names the package; nothing is left of the build."""
    answer = shared_venv(**options)
    assert answer["failed"], answer
    assert answer["error_code"] == "audit", answer
    assert "demo" in answer["msg"]
    assert leftovers(Path(options["store"])) == []
    assert not os.path.lexists(Path(options["store"], options["name"]))
    return str(answer["msg"])


def creates(canary: Path) -> str:
    return f"open({str(canary)!r}, 'a').close()\n"


# Each file is run by a Python that starts in the venv, or by what is imported first.
STARTED = {
    "pth": {"evil.pth": "import os; {0}"},
    "pth of another encoding": {"evil.pth": "\ufeffimport os; {0}"},
    "pth and a module": {"evil.pth": "import evil_start\n", "evil_start.py": "{0}"},
    "sitecustomize": {"sitecustomize.py": "{0}"},
    "sitecustomize package": {"sitecustomize/__init__.py": "{0}"},
    "usercustomize": {"usercustomize.py": "{0}"},
    "data file": {f"{NAME}-1.0.data/data/{SITE}/evil.pth": "import os; {0}"},
    "purelib and platlib": {
        f"{NAME}-1.0.data/purelib/evil.pth": "import os; {0}",
        f"{NAME}-1.0.data/platlib/more.pth": "import os; {0}",
    },
    "what a compilation imports": {
        "evil.pth": "import compileall\n",
        **{f"{name}.py": "{0}" for name in ("compileall", "py_compile", "resource", "tempfile", "contextlib")},
    },
}


def starting(case: str, canary: Path) -> dict[str, str]:
    return {**MODULE, **{path: text.replace("{0}", creates(canary)) for path, text in STARTED[case].items()}}


@pytest.mark.parametrize("case", STARTED)
def test_nothing_of_a_refused_package_ran(options: dict[str, Any], wheels: Path, canary: Path, case: str) -> None:
    wheel(wheels, NAME, starting(case, canary), lies={"demo.py": "x = 2\n"})
    assert "demo.py differs from what" in refused(options)
    assert not canary.exists()


def test_nothing_of_an_accepted_package_runs_before_users_start_it(
    options: dict[str, Any], wheels: Path, canary: Path
) -> None:
    """An honest ``.pth`` is allowed, as coverage and setuptools have one: it runs when a user starts Python."""
    wheel(wheels, NAME, starting("pth", canary))
    path = built(**options)["path"]
    assert not canary.exists()
    assert installed(path) == ["demo==1.0"]
    subprocess.run([f"{path}/bin/python", "-c", "pass"], check=True)
    assert canary.exists()


REWRITE = """
import base64, hashlib, pathlib
site = pathlib.Path(__file__).parent
new = b"evil = 1\\n"
digest = base64.urlsafe_b64encode(hashlib.sha256(new).digest()).rstrip(b"=").decode()
for record in site.glob("victim-*.dist-info/RECORD"):
    lines = [line for line in record.read_text().splitlines() if not line.startswith("victim.py,")]
    (site / "victim.py").write_bytes(new)
    record.write_text("\\n".join([*lines, f"victim.py,sha256={digest},{len(new)}"]) + "\\n")
"""


def test_a_package_cannot_rewrite_another_and_its_record(options: dict[str, Any], wheels: Path) -> None:
    wheel(wheels, "victim", {"victim.py": "good = 1\n"})
    wheel(wheels, NAME, {**MODULE, "zz.pth": "import demo_rewrite\n", "demo_rewrite.py": REWRITE})
    path = built(**{**options, "packages": [NAME, "victim"]})["path"]
    victim = Path(path, SITE, "victim.py")
    assert victim.read_text() == "good = 1\n"
    subprocess.run([f"{path}/bin/python", "-c", "pass"], check=True)
    assert victim.read_text() == "evil = 1\n"  # what root starts can do that, and it is found:
    info = SharedVenvProcess.start(module="shared_venv_info", store=options["store"], verify=True).result()
    assert "victim.py was changed" in str(info["venvs"][0]["problems"])


def test_a_package_cannot_bring_the_files_of_another(options: dict[str, Any], wheels: Path) -> None:
    """RECORD of the other one, forged, would say that all is right."""
    wheel(wheels, "victim", {"victim.py": "good = 1\n"})
    other = f"{NAME}-1.0.data/data/{SITE}/victim-1.0.dist-info"
    wheel(wheels, NAME, {**MODULE, f"{other}/RECORD": "", f"{other}/entry_points.txt": ""})
    message = refused({**options, "packages": [NAME, "victim"]})
    record = f"{SITE}/victim-1.0.dist-info/RECORD"
    assert f"each of 2 files of {INFO}, such as {record}, belongs to another package" in message


def test_bytecode_that_a_package_brings_is_not_used(options: dict[str, Any], wheels: Path, canary: Path) -> None:
    """It says that its source is the one beside it, and is listed in RECORD."""
    hidden = wheels.parent / "hidden.py"
    hidden.write_text(creates(canary))
    program = (
        "import importlib.util, marshal, sys; code = compile(open(sys.argv[1]).read(), 'demo.py', 'exec');"
        "head = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, 'little') + bytes(8);"  # by hash, which is not checked
        "sys.stdout.buffer.write(head + marshal.dumps(code))"
    )
    bytecode = subprocess.run(["/usr/bin/python3", "-c", program, hidden], capture_output=True, check=True).stdout
    pyc = "__pycache__/demo.cpython-311.pyc"
    content = bytecode.decode("latin-1")
    name, _content = wheel(wheels, NAME, {**MODULE, pyc: "", "sub/__pycache__/x.cpython-311.pyc": ""})
    _replace(wheels / name, pyc, content.encode("latin-1"))
    path = built(**options)["path"]
    subprocess.run([f"{path}/bin/python", "-I", "-c", "import demo"], check=True)
    assert not canary.exists()
    assert Path(path, SITE, pyc).is_file()
    assert not Path(path, SITE, "sub").joinpath("__pycache__").exists()


def _replace(path: Path, member: str, content: bytes) -> None:
    """Put ``content`` into a wheel; its row in RECORD goes, as bytecode needs none."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    record = files[f"{INFO}/RECORD"].decode().splitlines()
    files[f"{INFO}/RECORD"] = "".join(f"{row}\n" for row in record if not row.startswith(member)).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**files, member: content}.items():
            archive.writestr(name, data)


def _row(path: str, text: str, algorithm: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.new(algorithm, text.encode()).digest()).rstrip(b"=").decode()
    return f"{path},{algorithm}={digest},{len(text)}"


DATA = f"{NAME}-1.0.data/data/share/x"
SCRIPT = f"{NAME}-1.0.data/scripts/tool"
PROGRAM = "#!python\nprint(1)\n"
# By case: the files of a wheel, other rows of its RECORD, and what the error says beside the package's name.
INCOMPLETE: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "module not listed": (MODULE, {"demo.py": ""}, f"demo.py of {INFO} has no hash"),
    "pth not listed": ({**MODULE, "x.pth": "import os\n"}, {"x.pth": ""}, f"x.pth of {INFO} has no hash"),
    "data not listed": ({**MODULE, DATA: "x"}, {DATA: ""}, f"share/x of {INFO} has no hash"),
    "script not listed": ({**MODULE, SCRIPT: PROGRAM}, {SCRIPT: ""}, f"{SCRIPT} of {INFO} has no hash"),
    "script without a hash": (
        {**MODULE, SCRIPT: PROGRAM},
        {SCRIPT: f"{SCRIPT},,18"},
        f"{SCRIPT} of {INFO} has no hash",
    ),
    "another script": (
        {**MODULE, SCRIPT: PROGRAM},
        {SCRIPT: _row(SCRIPT, "#!python\nprint(2)\n", "sha256")},
        f"{SCRIPT} of {INFO} differs from its RECORD",
    ),
    "metadata not listed": (MODULE, {f"{INFO}/METADATA": ""}, f"{INFO}/METADATA of {INFO} has no hash"),
    "bytecode outside of a cache": ({**MODULE, "m.pyc": "x"}, {"m.pyc": ""}, f"m.pyc of {INFO} has no hash"),
    "no hash": (MODULE, {"demo.py": "demo.py,,"}, f"demo.py of {INFO} has no hash"),
    "only a size": (MODULE, {"demo.py": "demo.py,,6"}, f"demo.py of {INFO} has no hash"),
    "an empty list": (
        MODULE,
        dict.fromkeys(["demo.py", *(f"{INFO}/{x}" for x in ("METADATA", "WHEEL", "RECORD"))], ""),
        f"of 3 files of {INFO}, such as",
    ),
    "md5": (MODULE, {"demo.py": _row("demo.py", MODULE["demo.py"], "md5")}, "is not one of sha256, sha384, sha512"),
    "sha1": (MODULE, {"demo.py": _row("demo.py", MODULE["demo.py"], "sha1")}, "is not one of sha256, sha384, sha512"),
    "a cut digest": (MODULE, {"demo.py": "demo.py,sha256=AAAA,6"}, "is not one of sha256, sha384, sha512"),
    "another file's signature": ({**MODULE, "RECORD.jws": "{}"}, {"RECORD.jws": ""}, "RECORD.jws of"),
}


@pytest.mark.catalogue(39)
@pytest.mark.parametrize("case", INCOMPLETE)
def test_a_record_that_does_not_tell_all_is_refused(options: dict[str, Any], wheels: Path, case: str) -> None:
    files, rows, message = INCOMPLETE[case]
    wheel(wheels, NAME, files, rows=rows)
    assert message in refused(options)


def test_what_the_format_allows_is_built(options: dict[str, Any], wheels: Path) -> None:
    """Signatures and bytecode have no hash, longer hashes are as good, and an installer adds files of its own."""
    files = {
        **MODULE,
        "long.py": "y = 1\n",
        f"{INFO}/RECORD.jws": "{}",
        f"{INFO}/RECORD.p7s": "",
        f"{INFO}/entry_points.txt": "[console_scripts]\ndemo = demo:x\n",
        f"{NAME}-1.0.data/scripts/tool": "#!python\nprint(1)\n",
        "__pycache__/demo.cpython-311.pyc": "",
    }
    rows = {
        "demo.py": _row("demo.py", files["demo.py"], "sha384"),
        "long.py": _row("long.py", files["long.py"], "sha512"),
        **dict.fromkeys([f"{INFO}/RECORD.jws", f"{INFO}/RECORD.p7s", "__pycache__/demo.cpython-311.pyc"], ""),
    }
    wheel(wheels, NAME, files, rows=rows)
    path = built(**options)["path"]
    assert {"demo", "tool"} <= {one.name for one in Path(path, "bin").iterdir()}


DATA_DIRECTORY = f"{NAME}-1.0.data/data"
OURS = [
    f"{DATA_DIRECTORY}/venv.json",
    f"{DATA_DIRECTORY}/files.json",
    f"{DATA_DIRECTORY}/Files.JSON",
    f"{DATA_DIRECTORY}/venv.json/below",
    f"{DATA_DIRECTORY}/requirements.txt",
    f"{DATA_DIRECTORY}/.lock",
    f"{DATA_DIRECTORY}/pyvenv.cfg",
    f"{DATA_DIRECTORY}/pip.conf",
    f"{DATA_DIRECTORY}/bin/activate",
    f"{DATA_DIRECTORY}/bin/activate.csh",
    f"{NAME}-1.0.data/scripts/activate.fish",
    "_siblings.pth",
    "_mobile_ansible_venv.py",
    "_mobile_ansible_venv.pth",
    "_mobile_ansible_venv/__init__.py",
    "_mobile_ansible_venv.cpython-311-x86_64-linux-gnu.so",
]


@pytest.mark.catalogue(39)
@pytest.mark.parametrize("path", OURS)
def test_a_file_of_the_venv_itself_is_refused(options: dict[str, Any], wheels: Path, path: str) -> None:
    wheel(wheels, NAME, {**MODULE, path: "{}"})
    assert f"{path.rpartition('.data/')[2].partition('/')[2] or path} of {INFO} belongs to the venv itself" in (
        refused(options).replace(f"{SITE}/", "").replace("bin/activate.fish", "activate.fish")
    )


def test_an_entry_point_called_activate_is_refused(options: dict[str, Any], wheels: Path) -> None:
    wheel(wheels, NAME, {**MODULE, f"{INFO}/entry_points.txt": "[console_scripts]\nactivate = demo:x\n"})
    assert f"bin/activate of {INFO} belongs to the venv itself" in refused(options)


def test_a_link_in_a_wheel_leads_nowhere(options: dict[str, Any], wheels: Path) -> None:
    """Whatever the installer makes of it, no link comes into a venv."""
    name, _content = wheel(wheels, NAME, MODULE)
    with zipfile.ZipFile(wheels / name, "a") as archive:
        link = zipfile.ZipInfo("linked.py")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert f"linked.py of {INFO}" in refused(options)
