# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Could the collection be published? Builds its tarball and lets galaxy-importer inspect it, as a Galaxy server does.

Run as a program it ends with 0 when there is nothing to complain of. galaxy-importer itself ends with 0 whatever its
linter and its check of the changelog find, so its words count.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

from ansible_test import copy_checkout
from environments import SetUpError, environment
from places import BUILD, ROOT, clean_environment

_DIRECTORY = BUILD / "importer"
_CONFIG = ROOT / "tests" / "tools" / "galaxy-importer.cfg"
_COMPLAINTS = ("ERROR", "WARNING", "CRITICAL")


def complaints(output: str) -> list[str]:
    """The lines of galaxy-importer's output that a reviewer would ask about."""
    return [line for line in output.splitlines() if line.startswith(_COMPLAINTS) or "skipping lint" in line]


def main() -> int:
    try:
        venv = environment("importer")
    except SetUpError as error:
        print(error, file=sys.stderr)
        return 1
    shutil.rmtree(_DIRECTORY, ignore_errors=True)  # it need not be there
    (home := _DIRECTORY / "home").mkdir(parents=True)
    env = clean_environment(HOME=str(home), GALAXY_IMPORTER_CONFIG=str(_CONFIG))
    env["PATH"] = f"{venv.path / 'bin'}:{env['PATH']}"
    build = [venv.program("ansible-galaxy"), "collection", "build", "--output-path", str(_DIRECTORY)]
    subprocess.run([*build, str(copy_checkout("importer"))], env=env, check=True)
    (tarball,) = _DIRECTORY.glob("*.tar.gz")
    inspect = [venv.program("python"), "-m", "galaxy_importer.main", str(tarball)]
    done = subprocess.run(inspect, env=env, cwd=_DIRECTORY, stdout=subprocess.PIPE, text=True, check=False)
    found = complaints(done.stdout)
    print("\n".join(found) or done.stdout.splitlines()[-1])
    return 1 if done.returncode or found else 0


if __name__ == "__main__":
    sys.exit(main())
