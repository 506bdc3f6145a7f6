# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook import _run
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook._run import Place, prepared


def test_nothing_of_a_run_stays_but_its_results(tmp_path: Path) -> None:
    place, warnings = Place(str(tmp_path / "run")), list[str]()
    with prepared(place, archive=None, warn=warnings.append):
        Path(place.log).write_text("ended")
        locked = Path(place.scaffold, "made", "by", "the", "playbook")
        locked.mkdir(parents=True)
        locked.chmod(0o500)
    assert (os.listdir(place.folder), warnings) == ([os.path.basename(place.log)], [])


def test_what_cannot_be_removed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, warnings = Place(str(tmp_path / "run")), list[str]()

    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", f"{path}/made/by/root")

    with prepared(place, archive=None, warn=warnings.append):
        monkeypatch.setattr(_run, "remove_tree", refuse)
    assert len(warnings) == 1
    assert f"{place.scaffold}/made/by/root" in warnings[0]
