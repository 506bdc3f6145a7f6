# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The audit hook is not blind: each act that an analysis must never do ends the process, and reading does not."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import analysis_audit
import pytest

#: The program below: it may read ``project`` and the file ``path`` in it, and holds a descriptor of the directory.
PROGRAM = """
import os, sys
from pathlib import Path
sys.path.append({tools!r})
from analysis_audit import Audit
sys.path.pop()
path = Path({path!r})
data = path.read_bytes()
root = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
code = [*sys.path, sys.prefix, sys.base_prefix, __file__]
Audit(code=code, data=[str(path.parent)], report=lambda done: os.write(1, done.encode())).start()
"""
#: What an analysis must never do, each as lines that are run where it has read a file: the event that ends it.
ACTS = {
    "compile": ("compile(data, str(path), 'exec')", "compile"),
    "exec of a text": ("exec('x = 1')", "compile"),
    "exec of code": ("exec((lambda: 0).__code__.replace(co_filename=str(path)))", "exec"),
    "eval": ("eval('1 + 1')", "compile"),
    "loading of bytecode": ("import marshal; marshal.loads(b'N')", "marshal.loads"),
    "import of a path": (
        "import importlib.util as u\ns = u.spec_from_file_location('a', path.with_name('own.py'))"
        "\ns.loader.exec_module(u.module_from_spec(s))",
        "compile",
    ),
    "import of a name": ("import hostile_first", "import"),
    "import from the project": ("import sys; sys.path.insert(0, str(path.parent)); import own", "import"),
    "rendering": ("import jinja2; jinja2.Environment().from_string('{{ 1 }}').render()", "compile"),
    "construction": ("import yaml; yaml.unsafe_load('!!python/object/apply:os.system [a]')", "os.system"),
    "unpickling": ("import pickle; pickle.loads(pickle.dumps(print))", "pickle.find_class"),
    "subprocess": ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
    "fork": ("import os; os.fork()", "os.fork"),
    "exec of a program": ("import os; os.execv('/bin/true', ['true'])", "os.exec"),
    "spawn": ("import os; os.posix_spawn('/bin/true', ['true'], {})", "os.posix_spawn"),
    "ctypes": ("import ctypes; ctypes.CDLL(None)", "ctypes.dlopen"),
    "socket": ("import socket; socket.socket()", "socket.__new__"),
    "name look-up": ("import socket; socket.gethostbyname('localhost')", "socket.gethostbyname"),
    "write": ("open(path, 'a')", "open"),
    "write below a descriptor": ("import os; os.open(path.name, os.O_WRONLY, dir_fd=root)", "open"),
    "new directory": ("path.with_name('new').mkdir()", "os.mkdir"),
    "new pipe": ("import os; os.mkfifo(path.with_name('new'))", "os.mkfifo"),
    "rename": ("path.rename(path.with_name('new'))", "os.rename"),
    "removal": ("path.unlink()", "os.remove"),
    "mode": ("path.chmod(0o777)", "os.chmod"),
    "read outside": ("open('/etc/hostname')", "open"),
    "read through a link": ("open(path.parent / 'out' / 'main.yml')", "open"),
    "read below a descriptor": ("import os; os.open('out/main.yml', 0, dir_fd=root)", "open"),
    "read through a directory": ("import os; os.open('../outside/main.yml', 0, dir_fd=root)", "open"),
    "list outside": ("import os; os.listdir('/etc')", "os.listdir"),
    "look outside": ("import os; os.stat('/etc/hostname')", "os.stat"),
    "look through a link": ("import os; os.path.exists(path.parent / 'out' / 'main.yml')", "os.stat"),
}
#: What an analysis does do.
READS = (
    "open(path).read()", "import os; os.scandir(path.parent)", "import os; os.listdir(root)",
    "import os; os.open('site.yml', os.O_RDONLY | os.O_NOFOLLOW, dir_fd=root)", "import ast; ast.parse(data)",
    "path.resolve(); path.exists()", "import jinja2; jinja2.Environment().parse('{{ 1 }}')",
    "import jinja2\ntry: jinja2.Environment().parse('{{ (')\nexcept jinja2.TemplateSyntaxError: pass",
    "import yaml; yaml.safe_load('a: b')", "import dataclasses; dataclasses.make_dataclass('A', ['b'])",
    "import collections; collections.namedtuple('A', 'b')",
)  # fmt: skip


def audited(directory: Path, act: str) -> subprocess.CompletedProcess[str]:
    """A process under the hook that does ``act``."""
    project = directory / "project"
    (directory / "outside").mkdir()
    project.mkdir()
    (directory / "outside" / "main.yml").touch()
    (project / "own.py").write_text("x = 1\n")
    (project / "site.yml").write_text("y = 2\n")
    (project / "out").symlink_to(directory / "outside")
    program = directory / "program.py"
    start = PROGRAM.format(tools=str(Path(analysis_audit.__file__).parent), path=str(project / "site.yml"))
    program.write_text(f"{start}\n{textwrap.dedent(act)}\n")
    argv = [sys.executable, "-I", "-B", str(program)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, cwd="/")


@pytest.mark.parametrize(("act", "event"), ACTS.values(), ids=ACTS)
def test_an_act_ends_the_process(tmp_path: Path, act: str, event: str) -> None:
    ended = audited(tmp_path, act)
    assert (ended.returncode, ended.stdout.split(" ")[0]) == (analysis_audit.FAULT, event), ended.stderr


@pytest.mark.parametrize("act", READS)
def test_reading_is_no_act(tmp_path: Path, act: str) -> None:
    ended = audited(tmp_path, act)
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
