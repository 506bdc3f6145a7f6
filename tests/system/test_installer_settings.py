# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a pyproject.toml tells uv of packages holds in a shared venv, or is refused before an index is asked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from package_index import package_index, wheel
from shared_venv_process import SharedVenvProcess, built, installed, shared_venv

#: Nobody listens there: who asks it gets another error.
NO_INDEX = "http://127.0.0.1:1/simple"


@pytest.fixture(name="options")
def fixture_options(store: Path, uv: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """An index with ``base`` 1, 2 and 3, of which ``app`` needs 2 or newer, and with a stranger's ``toolz``."""
    monkeypatch.setenv("PATH", f"{os.path.dirname(uv)}:{os.environ['PATH']}")
    made = tmp_path / "made"
    made.mkdir()
    files = [wheel(made, "base", {"base.py": ""}, version=version) for version in ("1.0", "2.0", "3.0")]
    files += [
        wheel(made, "app", {"app.py": ""}, requires=["base>=2"]),
        wheel(made, "toolz", {"toolz.py": "evil = 1\n"}),
    ]
    with package_index(dict(files)) as index:
        yield {"store": str(store), "name": "site", "index_url": index}


def pyproject(directory: Path, dependencies: str, settings: str) -> str:
    directory.mkdir(exist_ok=True)
    text = f'[project]\nname = "{directory.name}"\nversion = "1"\ndependencies = {dependencies}\n{settings}'
    (directory / "pyproject.toml").write_text(text)
    return str(directory / "pyproject.toml")


@pytest.mark.parametrize(
    "source",
    [
        '{ path = "../toolz" }',
        '{ git = "https://code.invalid/toolz" }',
        '{ url = "https://code.invalid/toolz-1.zip" }',
        "{ workspace = true }",
        '{ index = "mine" }',
        '[{ git = "https://code.invalid/toolz", marker = "os_name == \'posix\'" }]',
    ],
)
def test_a_strangers_package_is_never_taken_instead(options: dict[str, Any], tmp_path: Path, source: str) -> None:
    path = pyproject(tmp_path / "project", '["toolz"]', f"[tool.uv.sources]\ntoolz = {source}\n")
    for index in (options["index_url"], NO_INDEX):
        answer = shared_venv(**{**options, "index_url": index}, requirements=[path])
        assert (answer["failed"], answer["error_code"]) == (True, "bad_input")
        assert answer["msg"].startswith(f"{path}, line 6: toolz comes from ")
    assert not os.path.lexists(Path(options["store"], "site"))


def test_an_index_of_a_file_is_followed_where_it_is_the_index_of_the_task(
    options: dict[str, Any], tmp_path: Path
) -> None:
    index = options["index_url"]
    settings = f'[[tool.uv.index]]\nname = "mine"\nurl = "{index}"\n[tool.uv.sources]\nbase = {{ index = "mine" }}\n'
    path = pyproject(tmp_path / "project", '["base<3"]', settings)
    assert installed(built(**options, requirements=[path])["path"]) == ["base==2.0"]
    answer = shared_venv(**{**options, "index_url": NO_INDEX}, requirements=[path])
    assert answer["error_code"] == "bad_input"
    assert f"{path}, line 9: base comes from the index 'mine', {index}" in answer["msg"]


def test_constraints_hold(options: dict[str, Any], tmp_path: Path) -> None:
    path = pyproject(tmp_path / "project", '["app"]', '[tool.uv]\nconstraint-dependencies = ["base<3"]\n')
    assert installed(built(**options, requirements=[path])["path"]) == ["app==1.0", "base==2.0"]


def test_overrides_hold_and_are_part_of_the_request(options: dict[str, Any], tmp_path: Path) -> None:
    project = tmp_path / "project"
    path = pyproject(project, '["app", "base>=2"]', '[tool.uv]\noverride-dependencies = ["base==1.0"]\n')
    assert installed(built(**options, requirements=[path])["path"]) == ["app==1.0", "base==1.0"]
    assert not built(**options, requirements=[path])["changed"]
    pyproject(project, '["app", "base>=2"]', '[tool.uv]\noverride-dependencies = ["base<3"]\n')
    assert shared_venv(**options, requirements=[path], _ansible_check_mode=True)["changed"]
    assert built(**options, requirements=[path])["changed"]
    assert installed(Path(options["store"], "site")) == ["app==1.0", "base==2.0"]


def test_an_override_of_one_project_is_no_loss_for_another(options: dict[str, Any], tmp_path: Path) -> None:
    """It is a conflict that names both; also with what the task itself asks for."""
    one = pyproject(tmp_path / "one", '["app"]', '[tool.uv]\noverride-dependencies = ["base==1.0"]\n')
    other = pyproject(tmp_path / "other", '["base>=2"]', "")
    for more in ({"requirements": [one, other]}, {"requirements": [one], "packages": ["base>=2"]}):
        answer = shared_venv(**options, **more)
        assert (answer["failed"], answer["error_code"]) == (True, "resolution")
        assert "base==1.0" in answer["msg"] and "base>=2" in answer["msg"]
    union = SharedVenvProcess.start(
        module="requirements_union",
        store=options["store"],
        index_url=options["index_url"],
        projects=[str(tmp_path / "one"), str(tmp_path / "other")],
    ).result()
    assert union["failed"] and union["conflicts"], union
    assert {demand["requirement"] for demand in union["conflicts"][0]["requirements"]} == {"base==1.0", "base>=2"}
