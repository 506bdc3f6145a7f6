# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Run a program of Ansible, a Python script, in this process, and tell the report its exit code.

It is started by its path, with the program and its arguments. A callback never hears the exit code of its program.
"""

from __future__ import annotations

import os
import sys

_RECORDED = "ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.recorded"


def main() -> None:
    """The program sees its own name and arguments, and finds modules where it would without this."""
    del sys.argv[0]
    sys.path[0] = os.path.dirname(sys.argv[0])
    import runpy  # where the program would find it

    pid = os.getpid()
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as ended:
        if os.getpid() == pid:
            _tell(_exit_code(ended.code))
        raise
    _tell(0)


def _exit_code(value: object) -> int:
    """As Python takes what ``sys.exit`` is given."""
    if value is None:
        return 0
    return int(value) & 0xFF if isinstance(value, int) else 1


def _tell(code: int) -> None:
    """The report is imported as the callback does it, which has begun one unless an error came before."""
    import importlib
    import runpy

    if not _is_loaded_by_ansible():
        mount = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "_mount.py")
        runpy.run_path(mount)["mount_collection"]()
    importlib.import_module(_RECORDED).tell_exit_code(code)


def _is_loaded_by_ansible() -> bool:
    """Whether Ansible finds collections already, of which it may have loaded none yet."""
    finders = {type(finder).__name__ for finder in sys.meta_path}
    return "ansible_collections" in sys.modules or "_AnsibleCollectionFinder" in finders


if __name__ == "__main__":
    main()
