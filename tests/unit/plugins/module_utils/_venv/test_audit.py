# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The audit, against small trees that a broken or hostile installer could have left."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection import content_digest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CachedCollection
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import AuditError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.pylock import LockedPackage
from ansible_collections.mobile_ansible.venv.plugins.module_utils._python.interpreter import Interpreter
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.role_cache import CachedRole
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.tree import role_digest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.tree import manifest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.audit import SharedFile, audit
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.plan import VenvPlan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SITE = "lib/python3.11/site-packages"
INTERPRETER = Interpreter("/usr/bin/python3.11", "CPython", "3.11.2", "cpython-311", "x86_64", "glibc-2.36")

PACKAGES = (LockedPackage("my-pkg", "1.0", "my_pkg-1.0-py3-none-any.whl", "file:///x", "0" * 64),)


def record_line(path: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(content)}"


class Built:
    """A venv as an installer leaves it: one package with a module and a script."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.site = root / SITE
        (root / "bin").mkdir(parents=True)
        (root / "bin/python").symlink_to("/usr/bin/python3.11")
        (root / "pyvenv.cfg").write_text("home = /usr/bin\n")
        (self.site / "my_pkg").mkdir(parents=True)
        (self.site / "ours.pth").write_text("import ours\n")
        self.empty = manifest(str(root))
        (self.site / "my_pkg/__init__.py").write_bytes(b"x = 1\n")
        (root / "bin/tool").write_bytes(b"#!python\n")
        self.write_record(
            "my_pkg-1.0",
            [
                record_line("my_pkg/__init__.py", b"x = 1\n"),
                record_line("../../../bin/tool", b"#!python\n"),
                "my_pkg/__pycache__/__init__.cpython-311.pyc,,",
            ],
        )

    def write_record(self, name: str, lines: list[str]) -> None:
        directory = self.site / f"{name}.dist-info"
        directory.mkdir(exist_ok=True)
        (directory / "RECORD").write_text("\n".join([*lines, f"{name}.dist-info/RECORD,,"]) + "\n")

    def audit(self) -> None:
        plan = VenvPlan(interpreter=INTERPRETER, packages=PACKAGES, collections=())
        self.compare(plan)

    def compare(self, plan: VenvPlan) -> list[SharedFile]:
        files = manifest(str(self.root))
        return audit(str(self.root), files, site=SITE, empty_venv=self.empty, plan=plan, unpacked=lambda _: [])


def replace_python(built: Built) -> None:
    (built.root / "bin/python").unlink()
    (built.root / "bin/python").write_bytes(b"#!python\n")


DAMAGE: dict[str, tuple[Callable[[Built], object], str]] = {
    "file gone": (
        lambda b: (b.site / "my_pkg/__init__.py").unlink(),
        "my_pkg/__init__.py of my_pkg-1.0.dist-info is missing",
    ),
    "file differs": (lambda b: (b.site / "my_pkg/__init__.py").write_text("y"), "my_pkg/__init__.py differs from what"),
    "file empty after a full disk": (lambda b: (b.root / "bin/tool").write_text(""), "bin/tool differs from what"),
    "file of nobody": (
        lambda b: (b.site / "evil.pth").write_text("import os"),
        "evil.pth does not belong to a package",
    ),
    "script of nobody": (lambda b: (b.root / "bin/other").write_text(""), "bin/other does not belong to a package"),
    "interpreter replaced": (replace_python, "bin/python was replaced by a package"),
    "file of ours replaced": (
        lambda b: (b.site / "ours.pth").write_text("import os"),
        "ours.pth was replaced by a package",
    ),
    "package gone": (lambda b: (b.site / "my_pkg-1.0.dist-info/RECORD").unlink(), "my-pkg 1.0 is missing"),
    "package too many": (lambda b: b.write_record("more-2.0", []), "more 2.0 was not requested"),
}


def change_record(change: Callable[[str], str]) -> Callable[[Built], object]:
    def apply(built: Built) -> None:
        record = built.site / "my_pkg-1.0.dist-info/RECORD"
        record.write_text(change(record.read_text()))

    return apply


def add_row(row: str) -> Callable[[Built], object]:
    return change_record(lambda text: f"{text}{row}\n")


def link_record(built: Built) -> None:
    record = built.site / "my_pkg-1.0.dist-info/RECORD"
    record.rename(built.root / "elsewhere")
    record.symlink_to(built.root / "elsewhere")


def link_module(built: Built) -> None:
    (built.site / "my_pkg/__init__.py").unlink()
    (built.site / "my_pkg/__init__.py").symlink_to("/etc/passwd")


DAMAGE.update(
    {
        "empty RECORD": (change_record(lambda text: ""), "my_pkg/__init__.py does not belong to a package"),
        "row gone": (
            change_record(lambda text: "".join(text.splitlines(True)[1:])),
            "my_pkg/__init__.py does not belong to a package",
        ),
        "a row of other columns": (add_row("x"), "RECORD of my_pkg-1.0.dist-info cannot be read: the row 'x'"),
        "row without a hash": (
            add_row("my_pkg/__init__.py,,6"),
            "__init__.py of my_pkg-1.0.dist-info has no hash",
        ),
        "row that leads out": (
            add_row("../../../../../etc/passwd,,"),
            "../../etc/passwd of my_pkg-1.0.dist-info is outside of the venv",
        ),
        "absolute row": (add_row("/etc/passwd,,"), "/etc/passwd of my_pkg-1.0.dist-info is outside of the venv"),
        "no CSV": (add_row('"x'), "RECORD of my_pkg-1.0.dist-info cannot be read"),
        "a control character": (add_row('"x\x1b[2J",,'), "lib/python3.11/site-packages/x\\x1b[2J of my_pkg"),
        "a link for RECORD": (link_record, "RECORD of my_pkg-1.0.dist-info is a link"),
        "a link for a module": (link_module, "my_pkg/__init__.py of my_pkg-1.0.dist-info is a link"),
        "a file of ours listed": (
            add_row(record_line("ours.pth", b"import ours\n")),
            "ours.pth of my_pkg-1.0.dist-info belongs to the venv itself",
        ),
        "a marker listed": (
            add_row("../../../venv.json,,"),
            "venv.json of my_pkg-1.0.dist-info belongs to the venv itself",
        ),
        "another's record listed": (
            add_row("six-1.0.dist-info/RECORD,,"),
            "six-1.0.dist-info/RECORD of my_pkg-1.0.dist-info belongs to another package",
        ),
        "not listed in its own directory": (
            lambda b: (b.site / "my_pkg-1.0.dist-info/top_level.txt").write_text("x"),
            "top_level.txt is not in the RECORD of my_pkg-1.0.dist-info",
        ),
        "a file whose name only looks like bytecode": (
            add_row("my__pycache__.py,,"),
            "my__pycache__.py of my_pkg-1.0.dist-info is missing",
        ),
        "the same package twice": (lambda b: b.write_record("My.Pkg-1.0", []), "my-pkg is 1.0 and 1.0 instead of 1.0"),
    }
)


def test_a_venv_as_its_records_say_passes(tmp_path: Path) -> None:
    Built(tmp_path).audit()


@pytest.mark.catalogue(17, 39)
@pytest.mark.parametrize("damage", DAMAGE)
def test_the_audit_finds(tmp_path: Path, damage: str) -> None:
    built = Built(tmp_path)
    change, finding = DAMAGE[damage]
    change(built)
    with pytest.raises(AuditError) as caught:
        built.audit()
    assert finding in caught.value.message


def test_another_version_is_found(tmp_path: Path) -> None:
    built = Built(tmp_path)
    (built.site / "my_pkg-1.0.dist-info").rename(built.site / "my_pkg-1.1.dist-info")
    with pytest.raises(AuditError, match="my-pkg is 1.1 instead of 1.0"):
        built.audit()


def two_packages(root: Path, *, there: bytes, states: bytes, also_states: bytes) -> list[SharedFile]:
    """The audit of a venv with ``both.py``, for which two packages state a content."""
    built = Built(root)
    (built.site / "both.py").write_bytes(there)
    change_record(lambda text: f"{text}{record_line('both.py', states)}\n")(built)
    built.write_record("other-2.0", [record_line("both.py", also_states)])
    locked = [("my-pkg", "1.0"), ("other", "2.0")]
    packages = tuple(LockedPackage(name, version, "x.whl", "file:///x", "0" * 64) for name, version in locked)
    plan = VenvPlan(interpreter=INTERPRETER, packages=packages, collections=())
    return built.compare(plan)


def test_a_file_of_two_packages_may_be_that_of_either(tmp_path: Path) -> None:
    both, path = ["my_pkg-1.0", "other-2.0"], f"{SITE}/both.py"
    for number, (there, overwritten) in enumerate([(b"1", ["other-2.0"]), (b"2", ["my_pkg-1.0"])]):
        shared = two_packages(tmp_path / str(number), there=there, states=b"1", also_states=b"2")
        assert shared == [SharedFile(path, both, overwritten)]
    assert two_packages(tmp_path / "same", there=b"1", states=b"1", also_states=b"1") == [SharedFile(path, both, [])]


def test_a_file_of_two_packages_is_not_that_of_a_third(tmp_path: Path) -> None:
    with pytest.raises(
        AuditError, match="both.py differs from what my_pkg-1.0.dist-info and other-2.0.dist-info state"
    ):
        two_packages(tmp_path, there=b"3", states=b"1", also_states=b"2")


def test_a_package_that_states_two_contents_is_not_believed(tmp_path: Path) -> None:
    built = Built(tmp_path)
    add_row(record_line("my_pkg/__init__.py", b"y = 2\n"))(built)
    with pytest.raises(AuditError, match="my_pkg/__init__.py differs from what my_pkg-1.0.dist-info states"):
        built.audit()


@pytest.mark.parametrize(
    ("stated", "wrong"),
    [
        ("md5=CY9rzUYh03PK3k6DJie09g", "has a hash in its RECORD that is not one of sha256, sha384, sha512"),
        ("blake2b=AAAA", "has a hash in its RECORD that is not one of sha256, sha384, sha512"),
        ("", "has no hash in its RECORD"),
        ("sha256=" + "A" * 43, "differs from what my_pkg-1.0.dist-info states"),
    ],
)
def test_what_is_wrong_with_all_files_of_a_package_is_said_once(tmp_path: Path, stated: str, wrong: str) -> None:
    """Ten files with the hashes of an old tool are one thing to do: get another wheel of this one package."""
    built = Built(tmp_path / "venv")
    rows = []
    for number in range(12):
        (built.site / f"my_pkg/m{number:02}.py").write_text("x = 1\n")
        rows.append(f"my_pkg/m{number:02}.py,{stated},6\n")
    change_record(lambda text: text + "".join(rows))(built)
    with pytest.raises(AuditError) as caught:
        built.audit()
    message = caught.value.message
    assert message.count("RECORD") + message.count("differs from what") == 1, message
    of = "" if "differs" in wrong else " of my_pkg-1.0.dist-info"
    assert f": each of 12 files{of}, such as {SITE}/my_pkg/m00.py, {wrong}" in message
    assert caught.value.context["findings"] == 1


def test_two_packages_are_two_findings(tmp_path: Path) -> None:
    built = Built(tmp_path / "venv")
    for name in ("one", "two"):
        (built.site / f"{name}.py").write_text("")
        built.write_record(f"{name}-1.0", [f"{name}.py,md5=CY9rzUYh03PK3k6DJie09g,0"])
    with pytest.raises(AuditError, match=r"one\.py of one-1\.0\.dist-info has .*two\.py of two-1\.0\.dist-info has "):
        built.audit()


def test_roles_are_those_that_were_fetched(tmp_path: Path) -> None:
    (tmp_path / "venv").mkdir()
    built = Built(tmp_path / "venv")
    source = tmp_path / "web"
    for root in (source, built.root / "share" / "ansible" / "roles" / "acme.web"):
        (root / "tasks").mkdir(parents=True)
        (root / "tasks" / "main.yml").write_text("[]")
        (root / "handlers").symlink_to("tasks")
    role = CachedRole("acme.web", "1.0", "acme.web", sha256=role_digest(str(source)), path=str(source))
    plan = VenvPlan(interpreter=INTERPRETER, packages=PACKAGES, collections=(), roles=(role,))
    assert built.compare(plan) == []
    with pytest.raises(AuditError, match="share/ansible/roles/acme.web/tasks/main.yml does not belong to a package"):
        built.audit()
    (built.root / "share" / "ansible" / "roles" / "acme.web" / "more").touch()
    with pytest.raises(AuditError, match="share/ansible/roles/acme.web/ differs from the role acme.web 1.0"):
        built.compare(plan)


@pytest.mark.parametrize("is_edited", [True, False], ids=["in the cache", "in the venv"])
def test_a_collection_that_was_edited_in_the_cache_is_told_with_its_place(tmp_path: Path, is_edited: bool) -> None:
    (tmp_path / "venv").mkdir()
    built = Built(tmp_path / "venv")
    cached, installed = tmp_path / "entry" / "tree", built.site / "ansible_collections" / "acme" / "tools"
    for root in (cached, installed):
        root.mkdir(parents=True)
        (root / "README.md").write_text("one")
    sha256 = content_digest({"README.md": hashlib.sha256(b"one").hexdigest()})
    collection = CachedCollection("acme.tools", "1.0.0", sha256, str(cached), {}, None)
    plan = VenvPlan(interpreter=INTERPRETER, packages=PACKAGES, collections=(collection,))
    assert built.compare(plan) == []
    for root in (cached, installed)[not is_edited :]:
        (root / "README.md").write_text("two")
    with pytest.raises(AuditError, match="acme/tools/ differs from acme.tools 1.0.0") as caught:
        built.compare(plan)
    advice = f"because files in {cached.parent} were changed: remove that directory and run this again"
    assert (advice in caught.value.message) == is_edited
