# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Start-up of a shared venv: a process keeps the generation that it was started in, and says that it runs in it.

This file is written into the site-packages of every generation and imported by a ``.pth`` file there. A process that
was started through the public link (``venv/bin/python``) would otherwise look up later imports through that link, and
mix two generations once it is switched.
"""

from __future__ import annotations

import fcntl
import os
import sys


def resolved(path: str, *, link: str, target: str) -> str:
    """``path`` with a leading ``link`` replaced by ``target``."""
    return target + path[len(link) :] if path == link or path.startswith(link + os.sep) else path


def is_probe() -> bool:
    """Whether uv only asks this interpreter where its files are.

    uv keeps the answer by the path of the interpreter until the base interpreter changes. An answer that names the
    generation would be given long after the link was switched: it has to be the link. Python 3.9 cannot tell.
    """
    return any("get_interpreter_info" in argument for argument in getattr(sys, "orig_argv", ()))


def pin() -> None:
    """Replace the link by what it points to, wherever this process looks for its files."""
    link, target = sys.prefix, os.path.realpath(sys.prefix)
    if link == target:
        return
    for name in ("prefix", "exec_prefix", "executable"):
        setattr(sys, name, resolved(getattr(sys, name), link=link, target=target))
    sys.path[:] = [resolved(path, link=link, target=target) for path in sys.path]


def hold_lease() -> None:
    """Hold the generation's lease until this process ends, so that nobody removes the generation, and note its use.

    The descriptor is left open on purpose. There is no lease to have in another user's store, or during a build.
    """
    generations, generation = os.path.split(sys.prefix)
    lease = os.path.join(os.path.dirname(generations), ".leases", generation)
    try:
        descriptor = os.open(lease, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        os.utime(descriptor)
    except OSError:
        os.close(descriptor)


if __name__ == "_mobile_ansible_venv" and not is_probe():
    pin()
    hold_lease()
