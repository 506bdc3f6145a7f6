# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A project that leaves traces as soon as anybody runs, imports, renders, constructs or follows something of it.

Each way to act is in each place where Ansible, Python, Jinja or YAML would act on it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis_audit import HOSTILE

#: The directories of plugins: beside a playbook and in a role, and in a collection.
_LOCAL = (
    "library", "action_plugins", "become_plugins", "callback_plugins", "cliconf_plugins",
    "connection_plugins", "filter_plugins", "httpapi_plugins", "inventory_plugins", "lookup_plugins",
    "module_utils", "netconf_plugins", "strategy_plugins", "terminal_plugins", "test_plugins", "vars_plugins",
)  # fmt: skip
_OF_COLLECTION = (
    "modules", "action", "become", "callback", "cliconf", "connection", "doc_fragments", "filter", "httpapi",
    "inventory", "lookup", "module_utils", "netconf", "strategy", "terminal", "test", "vars",
)  # fmt: skip
#: Files that Python, or a tool of the field, runs by itself where they are found first.
_RUN_BY_THEMSELVES = (
    "sitecustomize.py", "usercustomize.py", "conftest.py", "setup.py", "yaml.py", "jinja2.py", "json.py", "ansible.py",
    "findimports.py", "ast.py", "yaml/__init__.py", "ansible/__init__.py",
)  # fmt: skip
NAME = f"{HOSTILE}own"
_VAULT = "$ANSIBLE_VAULT;1.1;AES256\n" + "3" * 80 + "\n"


@dataclass(frozen=True)
class HostileProject:
    """``root`` is the project, ``collection`` is ``hostile.code`` beside it; ``outside`` may not even be looked at."""

    directory: Path

    @property
    def root(self) -> Path:
        return self.directory / "project"

    @property
    def collection(self) -> Path:
        return self.directory / "source" / "hostile" / "code"

    @property
    def outside(self) -> Path:
        return self.directory / "outside"

    def make(self) -> None:
        """Write all of it."""
        self.outside.mkdir(parents=True)
        (self.outside / "main.yml").write_text("- no.such.outside:\n")
        for name, content in self._files():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for name in ("hosts", "library/script", "vault-password.sh", "inventory/dynamic.py"):
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"#!/bin/sh\ntouch {self.directory}/TRACE\n")
            path.chmod(0o755)
        self._odd_files()

    def python(self) -> list[Path]:
        """The files of plugins."""
        return [path for path in sorted(self.directory.rglob(f"{NAME}.py")) if path.is_file()]

    def _files(self) -> Iterator[tuple[str, bytes]]:
        code = self._code().encode()
        for role in ("", "roles/web/"):
            for kind in _LOCAL:
                if not (role and kind == "inventory_plugins"):  # Ansible has read the inventory before any role.
                    yield f"project/{role}{kind}/{NAME}.py", code
        for base in ("source/hostile/code", "project/collections/ansible_collections/hostile/inner"):
            for kind in _OF_COLLECTION:
                yield f"{base}/plugins/{kind}/{NAME}.py", code
            yield f"{base}/plugins/modules/__init__.py", code
            yield f"{base}/__init__.py", code
            yield f"{base}/setup.py", code
            yield f"{base}/galaxy.yml", f"namespace: hostile\nname: {base[-4:]}\nversion: 1.0.0\n".encode()
            yield f"{base}/meta/runtime.yml", self._yaml().encode()
            yield f"{base}/meta/execution-environment.yml", self._yaml().encode()
            yield f"{base}/requirements.txt", b"requests\n-r /etc/passwd\n-e .\nx @ file:///etc/passwd\n"
            yield f"{base}/roles/deploy/tasks/main.yml", self._tasks().encode()
        for name in _RUN_BY_THEMSELVES:
            yield f"project/{name}", code
            yield f"project/library/{name}", code
        yield "project/site.yml", self._playbook().encode()
        yield f"source/hostile/code/plugins/cache/{NAME}.py", code
        for prefix in ("", "hostile.code.", "hostile.inner."):
            yield (
                f"project/inventory/{prefix}own.yml",
                f"plugin: {prefix}{NAME}\ncache_plugin: {prefix}{NAME}\n".encode(),
            )
        yield "project/more.yml", self._tasks().encode()
        yield "project/ansible.cfg", self._config().encode()
        yield "project/run.pth", b"import os; os.mknod('TRACE')\n"
        yield (
            "project/requirements.yml",
            f"collections: [{{name: 'ext::sh -c touch {self.directory}/TRACE', type: git}}]".encode(),
        )
        for role in ("roles/web", "roles/own"):
            yield f"project/{role}/tasks/main.yml", self._tasks().encode()
            yield f"project/{role}/meta/main.yml", self._yaml().encode()
            yield f"project/{role}/defaults/main.yml", self._yaml().encode()
        for name in ("group_vars/all.yml", "host_vars/box.yml", "vars/one.yml"):
            yield f"project/{name}", self._yaml().encode()
        yield "project/templates/a.j2", self._template().encode()
        yield "project/templates/part.j2", f"#jinja2: line_statement_prefix:'%'\n{self._template()}".encode()
        yield "project/tasks/vault.yml", _VAULT.encode()
        yield "project/tasks/binary.yml", bytes(range(256)) * 40
        yield "project/tasks/nul.yml", b"- debug:\0\n"
        yield "project/tasks/utf16.yml", self._tasks().encode("utf-16")
        yield "project/tasks/utf32.yml", self._tasks().encode("utf-32")
        yield "project/tasks/latin.yml", "- debug: {msg: \xe9\xff}\n".encode("latin-1")
        yield "project/tasks/deep.yml", b"- {a: " * 3000
        yield "project/tasks/empty.yml", b""
        yield "project/tasks/tags.yml", self._yaml().encode()
        yield "project/library/codec.py", b"# coding: zip\n" + code
        yield "project/library/broken.py", b"def (:\n"
        yield "project/library/binary.so", b"\x7fELF" + bytes(4000)
        yield "project/library/compiled.pyc", bytes(16) + code
        yield "project/library/power.ps1", b"Invoke-Expression 'x'\n"
        yield f"project/filter_plugins/{NAME}.yml", self._yaml().encode()

    def _odd_files(self) -> None:
        """What is no regular file, leads somewhere else, is large, or has a name that is hard to show."""
        tasks = self.root / "tasks"
        for name, target in {
            "absolute": f"{self.outside}/main.yml", "relative": "../../outside/main.yml", "passwd": "/etc/passwd",
            "device": "/dev/zero", "gone": "nowhere.yml", "loop": "loop.yml", "descriptor": "/proc/self/fd/0",
            "memory": "/proc/self/mem",
        }.items():  # fmt: skip
            (tasks / f"{name}.yml").symlink_to(target)
        directories = {"roles/linked": str(self.outside), "group_vars/box": "/etc", "circle": ".", "files": "/"}
        for name, target in directories.items():
            (self.root / name).symlink_to(target)
        (self.root / "library" / "linked.py").symlink_to("/etc/hostname")
        os.mkfifo(tasks / "fifo.yml")
        os.mkfifo(self.root / "library" / "fifo.py")
        with open(tasks / "huge.yml", "wb") as file:
            file.truncate(2 << 30)
        with socket.socket(socket.AF_UNIX) as server, contextlib.chdir(tasks):
            server.bind("socket.yml")
        for name in (
            "\x1b[2J.yml",
            "a\nb.yml",
            "\u202eyml",
            os.fsdecode(b"\xff.yml"),
            "{{ 1 }}.yml",
            "$(x).yml",
            "-rf",
        ):
            (tasks / name).write_text(self._tasks())

    def _code(self) -> str:
        """Python that acts when it is imported, when its parts are read, and that asks for ``hostile_…`` by import."""
        trace = str(self.directory / "TRACE")
        return (
            f"import os, subprocess, ctypes, socket, lxml, {HOSTILE}first\n"
            f"open({trace!r}, 'w').close()\n"
            f"os.system('touch {trace}')\n"
            f"DOCUMENTATION = '''\nrequirements: [!!python/object/apply:os.mknod [{trace}]]\n"
            f"extends_documentation_fragment: [{NAME}, hostile.code.{NAME}, hostile.inner.{NAME}]\n'''\n"
            f"from ansible.module_utils import {NAME}\n"
            f"from ansible_collections.hostile.code.plugins.module_utils import {NAME} as more\n"
            f"import ansible_collections.hostile.inner.plugins.module_utils.{NAME}\n"
            f"__import__('importlib').import_module('{HOSTILE}second')\n"
            f"class Meta(type):\n    def __new__(*a): open({trace!r}, 'w')\n"
            f"class FilterModule(metaclass=Meta):\n    x: open({trace!r}, 'w') = 1\n"
            f"    def filters(self, a=open({trace!r}, 'w')):\n        return {{'{NAME}': exec({trace!r})}}\n"
            f"class TestModule:\n    def tests(self):\n        return {{'{NAME}': 1}}\n"
            "class ModuleDocFragment:\n    DOCUMENTATION = 'requirements: [lxml]'\n"
        )

    def _expressions(self) -> list[str]:
        """Jinja that acts when it is rendered, or when a constant in it is folded."""
        trace = self.directory / "TRACE"
        return [
            f"lookup('pipe', 'touch {trace}')", "lookup('file', '/etc/passwd')", "lookup('env', 'HOME')",
            "lookup('url', 'http://127.0.0.1:9/')", "query('ansible.builtin.template', '/etc/passwd')",
            "''.__class__.__mro__[1].__subclasses__()", "cycler.__init__.__globals__.os.system('true')",
            f"1 | {NAME}", f"1 is {NAME}", f"lookup('{NAME}')", "9 ** 9 ** 9", "'x' * 10 ** 10",
            "range(10 ** 10) | list",
            f"1 | hostile.code.{NAME}", f"1 | hostile.inner.{NAME}", f"lookup('hostile.code.{NAME}')",
            f"lookup('hostile.inner.{NAME}')", f"1 is hostile.code.{NAME}", f"1 is hostile.inner.{NAME}",
        ]  # fmt: skip

    def _template(self) -> str:
        include = "{% include '/etc/passwd' %}{% include '../../outside/main.yml' %}{% import 'part.j2' as p %}"
        return include + "".join(f"{{{{ {one} }}}}\n" for one in self._expressions()) + "{% include 'part.j2' %}{{ ("

    def _yaml(self) -> str:
        trace = str(self.directory / "TRACE")
        return (
            f"one: !!python/object/apply:os.mknod ['{trace}']\ntwo: !!python/name:os.system\n"
            f"three: !!python/object/new:os.system ['touch {trace}']\nfour: !!python/module:{HOSTILE}third\n"
            f"five: !unsafe \"{{{{ lookup('pipe', 'touch {trace}') }}}}\"\nsix: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n"
            "  3333\nseven: !!binary aGFsbG8=\neight: !!map {? [a, b] : c}\nnine: !local {a: b}\n"
            "dependencies: [{role: own}]\nplugin_routing: {modules: {moved: {redirect: hostile.code." + NAME + "}}}\n"
            + "".join(f"x{at}: \"{{{{ {one} }}}}\"\n" for at, one in enumerate(self._expressions()))
        )  # fmt: skip

    def _tasks(self) -> str:
        """Tasks that use all of it."""
        odd = [
            "absolute", "relative", "passwd", "device", "gone", "loop", "descriptor", "memory", "fifo", "huge",
            "socket", "vault", "binary", "nul", "utf16", "utf32", "latin", "deep", "empty", "tags",
        ]  # fmt: skip
        odd_paths = ("/etc/passwd", "../../outside/main.yml", "~/x.yml", "/dev/zero")
        modules = ("codec", "broken", "binary", "compiled", "power", "script", "fifo", "linked")
        tasks = [
            *(f"{{include_tasks: {name}.yml}}" for name in odd),
            *(f"{{include_tasks: '{path}'}}" for path in odd_paths),
            *(f'{{debug: {{msg: "{{{{ {one} }}}}"}}}}' for one in self._expressions()),
            *(f'{{include_tasks: "{{{{ {one} }}}}.yml"}}' for one in self._expressions()),
            *(f"{{{name}: {{a: b}}}}" for name in modules),
            *(f"{{{prefix}{NAME}: {{a: b}}}}" for prefix in ("", "hostile.code.", "hostile.inner.")),
            *(f"{{debug: , with_{prefix}{NAME}: x}}" for prefix in ("", "hostile.code.")),
            "{include_vars: {dir: vars}}", "{include_vars: /etc/passwd}", "{template: {src: a.j2, dest: x}}",
            "{copy: {src: ../../outside/main.yml, dest: x}}", "{template: {src: /etc/passwd, dest: x}}",
            "{import_role: {name: ../../outside}}", "{import_role: {name: linked}}",
            "{import_role: {name: hostile.code.deploy}}",
            "{shell: 'touch TRACE', when: \"lookup('pipe', 'touch TRACE')\"}", "{include_role: {name: own}}",
        ]  # fmt: skip
        return "".join(f"- {task}\n" for task in tasks)

    def _playbook(self) -> str:
        """A play for each way to name the plugins, and one with everything else."""
        plays = [
            f"- hosts: box\n  gather_facts: false\n  connection: {prefix}{NAME}\n  strategy: {prefix}{NAME}\n"
            f"  become_method: {prefix}{NAME}\n  vars: {{ansible_network_os: {prefix}{NAME}}}\n"
            for prefix in ("", "hostile.code.", "hostile.inner.")
        ]
        plays.append(
            "- hosts: \"{{ lookup('pipe', 'id') }}\"\n  vars_files: [/etc/passwd, vars/one.yml]\n"
            "  roles: [web, linked, ../../outside, hostile.code.deploy, {role: own, vars: {a: b}}]\n"
            f"  vars:\n{textwrap.indent(self._yaml(), '    ')}\n  tasks:\n{textwrap.indent(self._tasks(), '    ')}"
        )
        return "".join(plays)

    def _config(self) -> str:
        plugin = f"hostile.code.{NAME}"
        both = f"{plugin},hostile.inner.{NAME}"
        return (
            "[defaults]\ninventory = hosts,inventory\nvault_password_file = ./vault-password.sh\n"
            f"callbacks_enabled = {NAME},{both}\nstdout_callback = {plugin}\nfact_caching = {plugin}\n"
            f"vars_plugins_enabled = {both}\nlog_path = TRACE\nroles_path = roles:../outside:/etc:{{{{CWD}}}}/roles\n"
            f"jinja2_extensions = {HOSTILE}extension.Trace\nlibrary = library:/etc\nmodule_utils = module_utils\n"
            f"action_plugins = action_plugins:/\n[inventory]\nenable_plugins = {plugin}\n"
        )
