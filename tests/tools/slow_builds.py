# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Builds that take as long as a test wants, because their index is slow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from package_index import package_index, wheel


@dataclass(frozen=True)
class SlowBuild:
    """The options of shared_venv for the venv ``site``."""

    options: dict[str, Any]

    @property
    def task(self) -> dict[str, Any]:
        return {"name": "Build", "mobile_ansible.venv.shared_venv": self.options}

    @property
    def packages(self) -> list[str]:
        return [str(name) for name in self.options["packages"]]


@contextmanager
def slow_build(
    directory: Path, store: Path | str, *, packages: int, seconds: float, address: str = "127.0.0.1", password: str = ""
) -> Iterator[SlowBuild]:
    """One of so many ``packages``, each of which takes ``seconds``; ``password`` is in the address of the index."""
    wheels = dict(wheel(directory, f"demo{number}", {f"demo{number}.py": "x = 1\n"}) for number in range(packages))
    names = [name.partition("-")[0] for name in wheels]
    with package_index(wheels, seconds=seconds, address=address) as index:
        if password:
            index = index.replace("://", f"://user:{password}@")
        yield SlowBuild({"store": str(store), "name": "site", "packages": names, "index_url": index})
