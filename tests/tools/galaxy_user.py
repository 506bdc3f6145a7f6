# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Somebody with settings for Galaxy servers, whose requests are resolved in the process of the test."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import (
    ResolutionError,
    SourceError,
    VenvError,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Completed, SubprocessRunner


@dataclass
class Noted:
    """A runner that notes what it started."""

    argvs: list[Sequence[str]] = field(default_factory=list)

    def run(self, argv: Sequence[str], **options: Any) -> Completed:
        self.argvs.append(argv)
        return SubprocessRunner().run(argv, **options)


@dataclass
class GalaxyUser(ABC):
    """Has no settings but those that the test gives, and an empty home directory."""

    store: Path
    home: Path
    monkeypatch: pytest.MonkeyPatch
    runner: Noted = field(default_factory=Noted)

    def __post_init__(self) -> None:
        for name in list(os.environ):
            if name.startswith(("ANSIBLE_", "GNUPG")):
                self.monkeypatch.delenv(name)
        self.monkeypatch.setenv("HOME", str(self.home))
        self.monkeypatch.chdir(self.home)

    def has(self, **variables: str) -> None:
        for name, value in variables.items():
            self.monkeypatch.setenv(f"ANSIBLE_GALAXY_{name}", value)

    @abstractmethod
    def gets(self, *entries: object, offline: bool = False, upgrade: bool = False) -> dict[str, str]:
        """The versions, by name, of what is taken."""

    def gets_an_error(self, *entries: object, offline: bool = False) -> VenvError:
        """Its message is one line, and nothing half fetched is left."""
        with pytest.raises((SourceError, ResolutionError)) as caught:
            self.gets(*entries, offline=offline)
        message = caught.value.message
        assert "\n" not in message and "Traceback" not in message and len(message) < 1500
        assert list(self.store.glob(".galaxy/.incoming-*")) == []
        return caught.value
