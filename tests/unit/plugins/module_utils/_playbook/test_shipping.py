# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What travels to another host: a whole project, or what a playbook uses; credentials only where they are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.options import RunRequest, VaultSource
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.shipping import (
    Shipment,
    UsedFiles,
    plan_shipment,
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    return root


def fill(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def admit_all(path: str, by: str) -> None:
    """Nothing that links lead to is refused."""


def planned(project: Path, *named: str, whole: bool, **options: tuple[str, ...]) -> Shipment:
    request = RunRequest(str(project / "site.yml"), str(project), str(project), **options)  # type: ignore[arg-type]
    return plan_shipment(request, limit=1, whole=whole, named=lambda: UsedFiles(named), admit=admit_all)


def sent(shipment: Shipment) -> set[str]:
    return {entry.name.removeprefix("project/") for entry in shipment.contents.entries if not entry.is_directory}


def left_out(shipment: Shipment, project: Path) -> list[str]:
    return [path.removeprefix(f"{project}/") for path in shipment.credentials]


def test_what_is_named_travels_beside(project: Path, tmp_path: Path) -> None:
    fill(project, "site.yml", "roles/x", "files/x", "run.sh")
    (tmp_path / "key").write_text("k")
    (tmp_path / "client.py").write_text("c")
    (tmp_path / "client.py").chmod(0o755)
    (tmp_path / "live/group_vars").mkdir(parents=True)
    (tmp_path / "live/group_vars/all.yml").write_text("x: 1")
    (tmp_path / "live/hosts").write_text("a")
    request = RunRequest(
        str(project / "site.yml"), str(project), str(project / "files"),
        inventory=(str(tmp_path / "live/hosts"), "web1,", str(project / "roles")),
        vault_passwords=(VaultSource(str(tmp_path / "client.py"), "prod"),), private_key_file=str(tmp_path / "key"),
        extra_vars_files=(str(project / "run.sh"),),
    )  # fmt: skip
    shipment = plan_shipment(request, limit=1, whole=True, named=UsedFiles, admit=admit_all)
    assert shipment.params == {
        "playbook": "project/site.yml", "project": "project", "chdir": "project/files",
        "inventory": ["beside/inventory0/hosts", "web1,", "project/roles"],
        "vault_password_files": ["prod@beside/vault0/client.py"], "extra_vars_files": ["project/run.sh"],
        "private_key_file": "beside/private_key_file/key",
        "become_password_file": None, "connection_password_file": None, "searched": {},
    }  # fmt: skip
    assert {name: Path(path).name for name, path in shipment.private.items()} == {
        "beside/inventory0/hosts": "hosts", "beside/vault0/client.py": "client.py",
        "beside/private_key_file/key": "key",
    }  # fmt: skip
    names = {entry.name for entry in shipment.contents.entries}
    assert "beside/inventory0/group_vars/all.yml" in names and not names & set(shipment.private)
    assert (shipment.files, shipment.size) == (8, 35)


@pytest.mark.parametrize("trusted", [True, False])
def test_directories_that_the_configuration_names_travel_beside(project: Path, tmp_path: Path, trusted: bool) -> None:
    fill(project, "site.yml", "roles/own/tasks/main.yml", "filter_plugins/f.py")
    fill(tmp_path, "shared/roles/web/tasks/main.yml", "shared/roles/web/.netrc", "shared/library/m.py")
    (project / "ansible.cfg").write_text(
        "[defaults]\nroles_path = roles:../shared/roles:../absent\nlibrary = ../shared/library\n"
        "module_utils = ../shared/library\nfilter_plugins = filter_plugins\ncollections_path = ../shared\n"
    )
    request = RunRequest(str(project / "site.yml"), str(project), str(project), trusted=trusted)
    shipment = plan_shipment(request, limit=1, whole=True, named=UsedFiles, admit=admit_all)
    beside = {entry.name for entry in shipment.contents.entries if entry.name.startswith("beside") and entry.size}
    if not trusted:
        assert (shipment.params["searched"], shipment.outside, beside) == ({}, [], set())
        return
    # Variables are read in one order.
    assert shipment.params["searched"] == {
        "ANSIBLE_ROLES_PATH": ["project/roles", "beside/outside1/roles"],
        "ANSIBLE_LIBRARY": ["beside/outside0/library"],
        "ANSIBLE_MODULE_UTILS": ["beside/outside0/library"],
    }
    assert beside == {"beside/outside0/library/m.py", "beside/outside1/roles/web/tasks/main.yml"}
    assert shipment.outside == [str(tmp_path / "shared" / "library"), str(tmp_path / "shared" / "roles")]
    assert shipment.credentials == (str(tmp_path / "shared/roles/web/.netrc"),)


def test_a_configuration_does_not_name_credentials_as_roles(project: Path, tmp_path: Path) -> None:
    fill(project, "site.yml")
    fill(tmp_path, ".ssh/id", "roles/web/tasks/main.yml")
    (project / "ansible.cfg").write_text("[defaults]\nroles_path = ../roles:../.ssh\n")
    shipment = planned(project, whole=True)
    assert sent(shipment) == {"site.yml", "ansible.cfg", "beside/outside0/roles/web/tasks/main.yml"}
    assert shipment.params["searched"] == {"ANSIBLE_ROLES_PATH": ["beside/outside0/roles"]}
    assert shipment.credentials == (str(tmp_path / ".ssh"),)


@pytest.mark.parametrize("roles", ["../real/roles", "../shared/roles"])
@pytest.mark.parametrize("secret", ["../real/roles/pw", "../shared/roles/pw"])
@pytest.mark.parametrize("setting", ["vault_password_file = {}", "vault_identity_list = a@{}", "private_key_file = {}"])
def test_a_secret_outside_is_never_in_the_archive(
    project: Path, tmp_path: Path, roles: str, secret: str, setting: str
) -> None:
    fill(project, "site.yml")
    fill(tmp_path, "real/roles/pw", "real/roles/web/tasks/main.yml")
    (tmp_path / "shared").symlink_to("real")
    (project / "ansible.cfg").write_text(f"[defaults]\nroles_path = {roles}\n{setting.format(secret)}\n")
    shipment = planned(project, whole=True)
    assert "beside/outside0/roles/pw" not in sent(shipment)
    assert shipment.private == {"beside/outside0/roles/pw": str(tmp_path / "real" / "roles" / "pw")}


def test_a_secret_behind_a_link_of_the_project_is_never_in_the_archive(project: Path) -> None:
    fill(project, "site.yml", "real/pw")
    (project / "linked").symlink_to("real")
    (project / "ansible.cfg").write_text("[defaults]\nvault_password_file = linked/pw\n")
    shipment = planned(project, whole=True)
    assert "real/pw" not in sent(shipment)
    assert shipment.private == {"project/real/pw": str(project / "real" / "pw")}


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("setting", ["vault_password_file = {}", "vault_identity_list = a@{}", "private_key_file = {}"])
def test_a_secret_to_which_links_lead_is_never_in_the_archive(
    project: Path, tmp_path: Path, setting: str, whole: bool
) -> None:
    fill(project, "site.yml")
    fill(tmp_path, "pw")
    for link in ("a", "named", "z"):
        (project / link).symlink_to("../pw")
    (project / "ansible.cfg").write_text(f"[defaults]\n{setting.format('named')}\n")
    shipment = planned(project, "a", "ansible.cfg", "named", "z", whole=whole)
    private, sources = zip(*shipment.private.items())
    assert sources == (str(tmp_path / "pw"),)
    regular = {entry.name for entry in shipment.contents.entries if entry.target is None and not entry.is_directory}
    assert regular == {"project/site.yml", "project/ansible.cfg"}
    links = {entry.name: entry.target for entry in shipment.contents.entries if entry.target is not None}
    assert {*links, *private} == {f"project/{name}" for name in ("a", "named", "z")}


def test_a_configuration_that_is_a_link_counts_as_that_of_the_project(project: Path, tmp_path: Path) -> None:
    fill(project, "site.yml")
    fill(tmp_path, "roles/web/tasks/main.yml", "elsewhere/roles/no")
    (tmp_path / "elsewhere/ansible.cfg").write_text("[defaults]\nroles_path = ../roles\n")
    (project / "ansible.cfg").symlink_to("../elsewhere/ansible.cfg")
    shipment = planned(project, whole=True)
    assert sent(shipment) == {"site.yml", "ansible.cfg", "beside/outside1/roles/web/tasks/main.yml"}
    assert shipment.outside == [str(tmp_path / "elsewhere/ansible.cfg"), str(tmp_path / "roles")]


def test_links_of_an_untrusted_project_are_refused(project: Path, tmp_path: Path) -> None:
    fill(project, "site.yml")
    fill(tmp_path, "x")
    (project / "x").symlink_to("../x")
    request = RunRequest(str(project / "site.yml"), str(project), str(project), trusted=False)
    with pytest.raises(InputError, match="is a link to"):
        plan_shipment(request, limit=1, whole=True, named=UsedFiles, admit=admit_all)


def test_of_a_named_file_behind_a_link_nothing_else(project: Path, tmp_path: Path) -> None:
    fill(project, "site.yml")
    fill(tmp_path, ".ssh/config", ".ssh/id_rsa", "shared/page", "shared/other")
    (project / "files").mkdir()
    (project / "files/keys").symlink_to("../../.ssh")
    (project / "files/shared").symlink_to("../../shared")
    shipment = planned(project, "files/keys/config", "files/shared/page", whole=False)
    assert sent(shipment) == {"site.yml", "files/keys/config", "files/shared/page"}
    assert shipment.credentials == ()


def test_a_directory_outside_counts_for_the_limit(project: Path, tmp_path: Path) -> None:
    fill(project, "site.yml")
    (tmp_path / "roles").mkdir()
    (tmp_path / "roles" / "large").write_bytes(b"x" * (2 << 20))
    (project / "ansible.cfg").write_text("[defaults]\nroles_path = ../roles\n")
    with pytest.raises(InputError, match="more than the limit of 1 MiB"):
        planned(project, whole=True)


def test_secrets_in_the_project_keep_their_place_and_are_not_in_the_archive(project: Path) -> None:
    fill(project, "site.yml", "keys/key", "password", "more.yml")
    request = RunRequest(
        str(project / "site.yml"), str(project), str(project),
        vault_passwords=(VaultSource(str(project / "password")),), private_key_file=str(project / "keys/key"),
        become_password_file=str(project / "password"), extra_vars_files=(str(project / "more.yml"),),
    )  # fmt: skip
    shipment = plan_shipment(request, limit=1, whole=True, named=UsedFiles, admit=admit_all)
    assert sent(shipment) == {"site.yml", "more.yml"}
    assert shipment.private == {f"project/{name}": str(project / name) for name in ("password", "keys/key")}
    options = ("vault_password_files", "become_password_file", "private_key_file")
    assert [shipment.params[name] for name in options] == [["project/password"], "project/password", "project/keys/key"]


def test_secrets_that_the_configuration_names_are_not_in_the_archive(project: Path) -> None:
    fill(project, "site.yml", "keys/a", "keys/b", "keys/c", "keys/d", "keys/other")
    lines = ["[defaults]", "vault_password_file = keys/a", f"private_key_file={project}/keys/b"]
    (project / "ansible.cfg").write_text("\n".join([*lines, "vault_identity_list = dev@keys/c, keys/d, x@prompt"]))
    shipment = planned(project, whole=True)
    assert sent(shipment) == {"site.yml", "ansible.cfg", "keys/other"}
    assert set(shipment.private) == {f"project/keys/{name}" for name in "abcd"}


def test_of_a_whole_project_all_but_credentials(project: Path) -> None:
    fill(project, "site.yml", "other", ".ssh/id_rsa", "files/.aws/credentials", "files/.netrc", "keys/id_rsa", ".env")
    fill(project, "a/.config/gcloud/x", "a/.config/other", "ssh/x", "my.netrc", "gcloud/x")
    shipment = planned(project, whole=True)
    assert sent(shipment) == {
        "site.yml", "other", "keys/id_rsa", ".env", "a/.config/other", "ssh/x", "my.netrc", "gcloud/x",
    }  # fmt: skip
    assert left_out(shipment, project) == [".ssh", "a/.config/gcloud", "files/.aws", "files/.netrc"]


def test_credentials_that_a_playbook_names(project: Path) -> None:
    fill(project, "site.yml", "files/.ssh/config", "files/.ssh/id_rsa", "files/.netrc", "roles/web/files/.docker/c")
    shipment = planned(project, "files/.netrc", "files/.ssh/config", "roles/web/files/.docker", "absent", whole=True)
    assert sent(shipment) == {"site.yml", "files/.netrc", "files/.ssh/config", "roles/web/files/.docker/c"}
    assert left_out(shipment, project) == ["files/.ssh"]


def test_nobody_is_asked_for_names_where_a_project_has_no_credentials(project: Path) -> None:
    def asked() -> UsedFiles:
        raise AssertionError

    fill(project, "site.yml", "files/x")
    request = RunRequest(str(project / "site.yml"), str(project), str(project))
    assert plan_shipment(request, limit=1, whole=True, named=asked, admit=admit_all).credentials == ()


def test_a_project_that_is_itself_in_such_a_directory(tmp_path: Path) -> None:
    fill(tmp_path / ".ssh", "site.yml", "config")
    assert sent(planned(tmp_path / ".ssh", whole=True)) == {"site.yml", "config"}


def test_of_a_part_what_is_named_and_nothing_else(project: Path) -> None:
    fill(project, "site.yml", "files/a", "files/.ssh/x", "other", "named/data", "named/beside", ".netrc")
    shipment = planned(project, "files", "named/data", whole=False)
    assert sent(shipment) == {"site.yml", "files/a", "named/data"}
    assert left_out(shipment, project) == ["files/.ssh"]


def test_links_come_with_what_they_lead_to(project: Path) -> None:
    fill(project, "site.yml", "real/page", "real/other", "elsewhere/web/tasks", ".ssh/id_rsa", "chain/x")
    (project / "page").symlink_to("real/page")
    (project / "roles").mkdir()
    (project / "roles/web").symlink_to("../elsewhere/web")
    (project / "roles/keys").symlink_to("../.ssh")
    (project / "elsewhere/web/deeper").symlink_to(project / "chain")
    (project / "chain/circle").symlink_to("../roles")
    shipment = planned(project, "page", "roles", "absent", whole=False)
    assert sent(shipment) == {
        "site.yml", "page", "real/page", "roles/web", "roles/keys", "elsewhere/web/tasks", "elsewhere/web/deeper",
        "chain/x", "chain/circle",
    }  # fmt: skip
    assert left_out(shipment, project) == [".ssh"]


@pytest.mark.parametrize("target", ["..", ".", "../.."])
def test_a_link_to_all_of_it_is_refused(project: Path, target: str) -> None:
    fill(project, "site.yml", "files/x")
    (project / "files/link").symlink_to(f"../{target}")
    with pytest.raises(InputError, match="a link"):
        planned(project, "files", whole=False)


def test_an_inventory_beside_the_playbook_keeps_its_place(project: Path) -> None:
    fill(project, "site.yml", "live/hosts", "live/group_vars/all.yml", "live/other")
    shipment = planned(project, whole=False, inventory=(str(project / "live/hosts"),))
    assert shipment.params["inventory"] == ["project/live/hosts"]
    assert sent(shipment) == {"site.yml", "live/hosts", "live/group_vars/all.yml"}


def test_directories_for_artifacts_are_there(project: Path) -> None:
    fill(project, "site.yml", "out/deep/old")
    shipment = planned(project, whole=False, artifacts=("out/deep/*.txt", "none/x", "*/y"))
    assert [entry.name for entry in shipment.contents.entries if entry.is_directory] == [
        "project", "project/out", "project/out/deep",
    ]  # fmt: skip
    assert sent(shipment) == {"site.yml"}


@pytest.mark.parametrize("named", ["linked/gh/hosts.yml", "keys/id_rsa"])
def test_a_credential_behind_a_link_is_sent_if_it_is_named(project: Path, tmp_path: Path, named: str) -> None:
    fill(project, "site.yml")
    fill(tmp_path, ".config/gh/hosts.yml", ".config/other", ".ssh/id_rsa", ".ssh/other")
    (project / "linked").symlink_to("../.config")
    (project / "keys").symlink_to("../.ssh")
    shipment = planned(project, named, "linked/other", whole=True)
    assert sent(shipment) == {"site.yml", "linked/other", named}
    left = {".config/gh": str(tmp_path / ".config/gh"), "keys": str(project / "keys")}
    assert set(shipment.credentials) == set(left.values())


def test_a_playbook_to_which_a_directory_outside_leads_keeps_its_place(project: Path, tmp_path: Path) -> None:
    fill(project, "site.yml", "group_vars/all.yml")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/play.yml").symlink_to("../project/site.yml")
    (project / "aaa").symlink_to("../outside")
    for whole in (True, False):
        shipment = planned(project, "aaa", "group_vars", whole=whole)
        assert shipment.params["playbook"] == "project/site.yml"
        assert sent(shipment) == {"site.yml", "group_vars/all.yml", "aaa/play.yml"}
        assert shipment.outside == [str(tmp_path / "outside")]


@pytest.mark.parametrize("above", [".config", ".config/git", ".ansible"])
def test_an_inventory_above_credentials_brings_all_but_them(project: Path, tmp_path: Path, above: str) -> None:
    fill(project, "site.yml")
    fill(tmp_path, ".config/git/credentials", ".config/git/hosts", ".config/hosts", ".ansible/galaxy_token")
    (tmp_path / ".ansible/hosts").touch()
    shipment = planned(project, whole=True, inventory=(str(tmp_path / above),))
    assert f"beside/inventory0/{above.rpartition('/')[2]}/hosts" in sent(shipment)
    assert not [name for name in sent(shipment) if name.endswith(("credentials", "galaxy_token"))]
    assert len(shipment.credentials) == 1


def test_a_password_to_which_two_links_lead_is_never_in_the_archive(project: Path, tmp_path: Path) -> None:
    fill(project, "site.yml")
    fill(tmp_path, "outside/pw", "outside/x", "between/y")
    (tmp_path / "between/more").symlink_to("../outside")
    (project / "first").symlink_to("../outside/pw")
    (project / "second").symlink_to("../between")
    (project / "ansible.cfg").write_text("[defaults]\nvault_password_file = first\n")
    shipment = planned(project, whole=True)
    assert set(shipment.private) == {"project/first", "project/second/more/pw"}
    assert sent(shipment) == {"site.yml", "ansible.cfg", "second/y", "second/more/x"}


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (UsedFiles(beside=("files", "templates")), {"site.yml", "templates/a"}),
        (UsedFiles(("files",), ("templates",)), {"site.yml", "templates/a", "files/id"}),
    ],
)
def test_what_ansible_only_looks_for_names_no_credentials(
    project: Path, tmp_path: Path, used: UsedFiles, expected: set[str]
) -> None:
    fill(project, "site.yml")
    fill(tmp_path, ".ssh/id", "shared/a", "shared/.netrc")
    (project / "files").symlink_to("../.ssh")
    (project / "templates").symlink_to("../shared")
    request = RunRequest(str(project / "site.yml"), str(project), str(project))
    assert sent(plan_shipment(request, limit=1, whole=False, named=lambda: used, admit=admit_all)) == expected


def test_an_inventory_that_is_a_link_has_its_real_paths(project: Path, tmp_path: Path) -> None:
    fill(project, "site.yml")
    fill(tmp_path, "live/hosts", "live/sub/hosts")
    (tmp_path / "linked").symlink_to("live")
    shipment = planned(project, whole=True, inventory=(str(tmp_path / "linked"), str(tmp_path / "live/sub")))
    assert shipment.params["inventory"] == ["beside/inventory0/linked", "beside/inventory0/linked/sub"]
