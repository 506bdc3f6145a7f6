# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Write what Ansible would send to a host for some modules: ``oracle_payload.py COLLECTIONS DIRECTORY MODULE...``.

Prints as JSON, by module: where its files are and the name to import there, whether an action plugin runs instead, or
why there is none.
"""

from __future__ import annotations

import base64
import io
import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

from ansible.executor.module_common import modify_module
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import action_loader, init_plugin_loader, module_loader
from ansible.template import Templar

_ZIP = re.compile(rb"zip_data='([A-Za-z0-9+/=]+)'|zip_data=\"([A-Za-z0-9+/=]+)\"")


def payload(name: str, directory: Path) -> dict[str, Any]:
    """Unpack the payload of a module into ``directory``."""
    action = bool(action_loader.find_plugin_with_context(name).resolved)
    found = module_loader.find_plugin_with_context(name)
    if not found.resolved:
        return {"error": f"Ansible does not find the module {name}", "action": action}
    built = modify_module(
        module_name=found.resolved_fqcn,
        module_path=found.plugin_resolved_path,
        module_args={},
        templar=Templar(loader=DataLoader()),
        task_vars={"ansible_python_interpreter": "/usr/bin/python3"},
        module_compression="ZIP_STORED",
    )
    packed = _ZIP.search(built.b_module_data)
    if packed is None:
        return {"error": f"{name} is not written in Python", "action": action}
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(packed[1] or packed[2]))) as archive:
        archive.extractall(directory)
        modules = [one for one in archive.namelist() if "/modules/" in one and not one.endswith("__init__.py")]
    (module,) = modules
    return {"where": str(directory), "module": module[: -len(".py")].replace("/", "."), "action": action}


def main(collections: str, directory: str, *names: str) -> None:
    init_plugin_loader([collections])
    answer = {name: payload(name, Path(directory) / name) for name in names}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
