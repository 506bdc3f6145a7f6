# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Random hostile projects for the analysis: ``fuzz_analysis.py SECONDS [FIRST_SEED]``; each seed is one project.

A project is a sample with changed texts, names and links. It is analysed in a process of its own, which is watched: it
has to end within little CPU time with a result or one error of the family, open nothing outside the project, and hand
back nothing that a terminal would obey.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from analysis_audit import Audit

SECRET = "zz_text_of_another"
CPU_SECONDS = 2.0
PROJECT = {
    "site.yml": "- hosts: all\n  vars: {a: x, b: [1, 2]}\n  roles: [web]\n  tasks:\n    - include_tasks: more.yml\n"
    "    - {acme.web.site: {path: '{{ a | acme.web.slug }}'}}\n"
    "    - {template: {src: a.j2, dest: x}, when: a is defined}\n"
    "    - {own: , with_items: ['{{ b }}']}\n    - include_vars: {dir: vars}\n",
    "more.yml": "- block:\n    - {debug: {msg: \"{{ lookup('acme.web.page', 'x') }}\"}}\n"
    "  rescue: [{acme.web.gone: }]\n",
    "vars/one.yml": "ansible_network_os: acme.web.box\n",
    "group_vars/all.yml": "c: \"{{ query('acme.web.page') }}\"\n",
    "roles/web/tasks/main.yml": "- {import_role: {name: other}}\n- {copy: {src: a}}\n",
    "roles/web/meta/main.yml": "dependencies: [{role: acme.web.deploy}]\ncollections: [acme.web]\n",
    "roles/other/tasks/main.yml": "- include_tasks: '{{ a }}.yml'\n- site: {path: x}\n",
    "templates/a.j2": "{% include 'part.j2' %}{{ x | map('acme.web.slug') | list }}\n",
    "templates/part.j2": "{{ x is acme.web.alive }}\n",
    "library/own.py": "import lxml\nfrom ansible.module_utils.tools import x\nimport importlib\n"
    "importlib.import_module('ansible.module_utils.tools')\n",
    "library/own.yml": "DOCUMENTATION: {requirements: [lxml >= 4]}\n",
    "module_utils/tools.py": "import yaml, hvac\n",
    "filter_plugins/f.py": "class FilterModule:\n    def filters(self):\n        return {'slugged': 1}\n",
    "ansible.cfg": "[defaults]\nroles_path = roles:../roles\ninventory = hosts.ini\ncallbacks_enabled = acme.web.say\n",
    "hosts.ini": "box ansible_connection=acme.web.tunnel\n",
    "galaxy.yml": "namespace: own\nname: one\nversion: 1.0.0\n",
}
COLLECTION = {
    "meta/runtime.yml": "plugin_routing:\n  modules:\n    moved: {redirect: acme.web.site}\n    site: {}\n"
    "  module_utils:\n    old: {redirect: ansible_collections.acme.web.plugins.module_utils.client}\n",
    "requirements.txt": "requests>=2 # the usual\nhvac\n",
    "plugins/modules/site.py": 'DOCUMENTATION = """\nrequirements: ["L(lxml,https://x) >= 3.0", requests]\n'
    'extends_documentation_fragment: [acme.web.common]\n"""\nfrom ..module_utils.client import get\n'
    "try:\n    import lxml\n    HAS = True\nexcept ImportError:\n    HAS = False\ndef main():\n    if not HAS:\n"
    "        fail_json(missing_required_lib('lxml'))\n",
    "plugins/module_utils/client.py": "import requests\nfrom .sub.deep import y\n",
    "plugins/module_utils/sub/deep.py": "import hvac\n",
    "plugins/action/site.py": "from ansible_collections.acme.web.plugins.module_utils.old import x\n",
    "plugins/filter/texts.py": "class FilterModule:\n    def filters(self):\n        return {'slug': self.x}\n",
    "plugins/lookup/page.py": "import dns.resolver\n",
    "plugins/doc_fragments/common.py": 'class ModuleDocFragment:\n    DOCUMENTATION = "requirements: [python >= 3]"\n',
    "roles/deploy/tasks/main.yml": "- {acme.web.site: }\n",
}
#: Tokens that somebody who means harm would try.
TOKENS = [
    "..", "../..", "/", "/etc/passwd", "\\0", "\\x00", "\x00", "\x1b[31m", "\x9b2J", "\u202e", "\u2028", "\x85",
    "\\ud800", "{{", "}}", "{%", "%}", "{#", "{{ '" + SECRET[:2] + "' }}", "*a", "&a ", "<<: *a",
    "!!python/object:os.system ", "|", ">", "- ", "? ", ": ", "[", "]", "{", "}", "'", '"', "\t", "\r", "\n", " ",
    "#", "\\", "$ANSIBLE_VAULT;", "é", "ﬁ", "①", "\ufeff", "import os\n", "from . import x\n",
    "from ..... import x\n", "__import__('ansible.module_utils./x')\n", "class A: pass\n", "9" * 5000,
    "0x" + "f" * 50, "1e999999", ">=1 " * 60, "L(", "x" * 300, "x/" * 200, "a.b.c", "acme.web..", "acme..x",
    "a.b.c.d.e", "ansible.builtin.../../x", "acme.web.moved", "include_tasks: more.yml", "roles: [web]",
    "hosts: all", "=", "~", "null",
]  # fmt: skip
#: Values of another kind than a key has, and keys that mean something somewhere else.
VALUES: list[Any] = [
    None, True, 0, -1, 1.5, 10**400, float("nan"), "", " ", "x", "{{ a }}", "{{ a }}.yml", "{{ b[0] | acme.web.slug }}",
    "a.b.c", "acme.web.site", "acme.web.site a=b", "one.yml", "../one.yml", [], {}, [[]], [None], {"": ""}, {"a": None},
    [["a", ["b"]]], {"acme.web.site": None}, {"name": ["x"]}, {"file": {"a": "b"}}, datetime.date(2026, 1, 1), b"\xff",
]  # fmt: skip
KEYS: list[Any] = [
    "include_tasks", "import_tasks", "include_role", "import_role", "import_playbook", "include_vars", "block",
    "rescue", "always", "loop", "loop_control", "with_items", "with_first_found", "when", "vars", "vars_files",
    "action", "local_action", "args", "hosts", "roles", "role", "tasks", "pre_tasks", "handlers", "collections",
    "dependencies", "module_defaults", "apply", "name", "file", "src", "delegate_to", "connection", "become_method",
    "strategy", "plugin", "ansible_connection", "ansible_network_os", "plugin_routing", "redirect", "modules",
    "requirements", 1, None, True,
]  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One project: where it is, where the collection acme.web is (in it or beside it), and what may not be seen.

    ``alone``: the collection is what is analysed.
    """

    root: Path
    collection: Path
    outside: Path
    core: Path
    alone: bool = False


@dataclass(frozen=True)
class Ended:
    """How an analysis ended: its answer, what is wrong with that, and the CPU seconds that it took."""

    answer: dict[str, Any]
    fault: str
    cpu: float


def sample(directory: Path, core: Path, *, inside: bool) -> Case:
    """The project as it is before anybody means harm; ``inside``: with the collection in it."""
    root, source = directory / "project", directory / "source"
    collections = root / "collections" / "ansible_collections" if inside else source
    case = Case(root, collections / "acme" / "web", directory / "outside", core)
    outside = {**PROJECT, **COLLECTION}
    for base, files in ((case.root, PROJECT), (case.collection, COLLECTION), (case.outside, outside)):
        for name, text in files.items():
            path = base / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{text}\n# {SECRET}\nimport {SECRET}\n" if base == case.outside else text)
    return case


def make(seed: int, directory: Path, core: Path) -> Case:
    """The project of a seed."""
    rng = random.Random(seed)
    case = sample(directory, core, inside=rng.random() < 0.4)
    targets = [path for base in (case.root, case.collection) for path in sorted(base.rglob("*"))]
    for _round in range(rng.choice([1, 1, 2, 4, 8])):
        path = rng.choice(targets)
        if is_below(directory, path):
            changes = [change_text, change_text, change_structure, change_structure, change_link, change_kind]
            rng.choice(changes)(rng, path, case)
    return replace(case, alone=rng.random() < 0.3)


def is_below(directory: Path, path: Path) -> bool:
    """Whether a change of ``path`` stays in ``directory``: an earlier one may have put a link on the way."""
    return os.path.realpath(path.parent).startswith(f"{os.path.realpath(directory)}/")


def change_text(rng: random.Random, path: Path, case: Case) -> None:
    """Put something into a file, take something out, or repeat a part of it."""
    if path.is_symlink() or not path.is_file():
        return
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    for _round in range(rng.choice([1, 2, 5, 20])):
        at, end = sorted(rng.randint(0, len(text)) for _end in range(2))
        end = min(end, at + 30)
        token = rng.choice(TOKENS) * rng.choice([1, 1, 1, 2, 50, 3000, 60_000])
        token = token[:300_000]
        text = rng.choice([text[:at] + token + text[at:], text[:at] + token + text[end:], text[:at] + text[end:],
                           text[:end] + text[at:end] * rng.choice([1, 10, 5000]) + text[end:]])  # fmt: skip
        text = text[:400_000]
    path.write_bytes(
        text.encode("utf-8", "surrogateescape" if "\udc80" <= max(text, default="") <= "\udcff" else "replace")
    )


def change_structure(rng: random.Random, path: Path, case: Case) -> None:
    """Put values of another kind, keys of something else or other parts of it into a YAML file, which stays valid."""
    try:
        document = [yaml.safe_load(path.read_bytes()) if path.is_file() and path.suffix == ".yml" else None]
    except (yaml.YAMLError, ValueError, OSError, RecursionError):
        return
    if document == [None]:
        return
    for _round in range(rng.choice([1, 2, 5, 20])):
        within, key = rng.choice(list(nodes(document)))
        other, its_key = rng.choice(list(nodes(document)))
        value = rng.choice([rng.choice(VALUES), rng.choice(VALUES), other[its_key]])
        if isinstance(within, dict) and rng.random() < 0.5:
            within[rng.choice(KEYS)] = value
        else:
            within[key] = value
    # A part may now hold itself: YAML has aliases for that.
    path.write_text(yaml.safe_dump(document[0], allow_unicode=True))


def nodes(document: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Each place in a document: its container, and its key there."""
    pending: list[Any] = [document]
    seen: set[int] = set()
    while pending:
        one = pending.pop()
        if id(one) in seen or not isinstance(one, (dict, list)):
            continue
        seen.add(id(one))
        for key in list(one) if isinstance(one, dict) else range(len(one)):
            yield one, key
            pending.append(one[key])


def change_link(rng: random.Random, path: Path, case: Case) -> None:
    """Put a link in the place of a file or directory."""
    inside = case.root / rng.choice([*PROJECT, ".", "roles", "roles/web"])
    out = case.outside / rng.choice([*PROJECT, *COLLECTION, ".", "roles", "plugins"])
    # Never to a place of this machine: a mistake here must not be able to reach it.
    target = rng.choice([str(out), os.path.relpath(out, path.parent), str(inside), path.name, ".", ".."])
    change_kind(rng, path, case, lambda: path.symlink_to(target))


def change_kind(rng: random.Random, path: Path, case: Case, make_it: Callable[[], object] | None = None) -> None:
    """Put a pipe, a directory, an empty file or a file with an odd name in the place of what is there."""
    if not path.is_symlink() and path.is_dir():
        shutil.rmtree(path)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
    odd = path.parent / rng.choice(
        ["\x1b[2J.yml", "\u202ex.py", "a\nb.yml", "ﬁ.py", os.fsdecode(b"\xff\xfe.yml"), "x" * 250]
    )
    choices = [lambda: os.mkfifo(path), path.mkdir, path.touch, lambda: odd.write_text("- {a.b.c: }\n"), lambda: None]
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        (make_it or rng.choice(choices))()


def analysed(case: Case) -> dict[str, Any]:
    """What the analysis says, as plain data; in a process of its own only."""
    from small_projects import TASK_KEYWORDS

    from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.analyse import analyse
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.collection_report import with_collection
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.collection_subject import (
        analyse_collection,
    )
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import CollectionDirectory
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.profile import profile_of, report_of
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core

    def source(name: str, /) -> CollectionDirectory | None:
        return CollectionDirectory(name, "1.0.0", case.collection) if name == "acme.web" and beside else None

    if case.alone:
        # Who names a link lets it be found out where it leads; what is analysed does not.
        case = replace(case, collection=Path(os.path.realpath(case.collection)))
    beside = case.collection.is_dir() and case.root not in case.collection.parents
    code = [*(path for path in sys.path if path), sys.base_prefix, sys.prefix, str(Path(__file__).parents[2])]
    roots = [case.collection] if case.alone else [case.root, case.collection]
    Audit(code=code, data=[*map(str, roots), str(case.core)], report=complain).start()
    for kind, limit in ((resource.RLIMIT_CPU, 20), (resource.RLIMIT_AS, 2 << 30), (resource.RLIMIT_FSIZE, 0)):
        resource.setrlimit(kind, (limit, limit))
    try:
        if case.alone:
            said = source("acme.web") if beside else None
            found = analyse_collection(case.collection, core=Core(case.core), source=source, delivered=said)
            report = with_collection(report_of(found.analysis), found)
            return {"result": {"profile": profile_of(found.analysis), **report}}
        analysis = analyse(case.root, [], core=Core(case.core), source=source, task_keywords=TASK_KEYWORDS)
        return {"result": {"profile": profile_of(analysis), **report_of(analysis)}}
    except VenvError as error:
        return {"error": error.details()}


def complain(text: str) -> None:
    """Say what is wrong; where a file takes what is said, nothing more can be written to it."""
    with contextlib.suppress(OSError):
        os.write(2, f"{text}\n".encode("utf-8", "backslashreplace"))


def run(case: Case) -> Ended:
    """Analyse a case in a process of its own."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.close(reading)
            answer = json.dumps(analysed(case)).encode()
            while answer:
                answer = answer[os.write(writing, answer) :]
            code = 0
        except BaseException as error:  # The parent has to hear of every end.
            complain(f"{type(error).__name__}: {str(error)[:300]!r}")
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _pid, status, usage = os.wait4(pid, 0)
    cpu = usage.ru_utime + usage.ru_stime
    if status:
        return Ended({}, f"ended with {os.waitstatus_to_exitcode(status)}", cpu)
    return Ended(json.loads(answer), "; ".join(faults(answer)), cpu)


def faults(answer: bytes) -> Iterator[str]:
    """What may not be in an answer."""
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable

    said = json.loads(answer)
    if SECRET in answer.decode():
        yield "it tells what is outside"
    if len(answer) > 2_000_000:
        yield f"it says {len(answer)} bytes"
    if "error" in said and len(said["error"]["msg"]) > 2000:
        yield f"a message of {len(said['error']['msg'])} characters"
    pending = [said]
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            pending += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            pending += one
        elif isinstance(one, str) and printable(one) != one:
            yield f"raw: {one[:80]!a}"


def fuzz(seeds: Iterator[int], core: Path, *, cpu_seconds: float = CPU_SECONDS) -> Iterator[str]:
    """The faults of the projects of ``seeds``."""
    for seed in seeds:
        with tempfile.TemporaryDirectory() as directory:
            case = make(seed, Path(directory), core)
            ended = run(case)
            if not ended.fault and run(case).answer != ended.answer:
                ended = replace(ended, fault="its answer is another one the second time")
        if ended.fault or ended.cpu > cpu_seconds:
            yield f"seed {seed}: {ended.fault or 'it takes too long'} ({ended.cpu:.1f} s)"


def main() -> None:
    """Run for some seconds and say what was found."""
    from places import collection_tree

    sys.path.insert(0, str(collection_tree()))
    core = Path(__file__).parents[1] / "unit" / "plugins" / "plugin_utils" / "_deps" / "projects" / "core"
    first = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    until, done = time.monotonic() + float(sys.argv[1]), 0

    def seeds() -> Iterator[int]:
        nonlocal done
        while time.monotonic() < until:
            yield first + done
            done += 1

    count = 0
    for fault in fuzz(seeds(), core):
        count += 1
        sys.stdout.write(fault + "\n")
        sys.stdout.flush()
    sys.stdout.write(f"{done} projects from seed {first}, {count} faults\n")
    sys.exit(bool(count))


if __name__ == "__main__":
    main()
