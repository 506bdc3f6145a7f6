# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The playbook run on other hosts: each for itself, its output while it runs, and passwords that were typed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret
from controller import Controller
from hosts import Host
from run_site import Site, ended

#: Nothing else has it, such as a checkout that hosts see.
PASSWORD = secrets.token_hex(8)
#: Says what it was given as a password, and otherwise does what sudo does.
_SUDO = """\
#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in -p) printf %s "$2" >&2; shift 2;; -u) shift 2;; -*) shift;; *) break;; esac
done
read -r line
printf %s "$line" > "$(dirname "$0")/typed"
exec "$@"
"""


@pytest.fixture(scope="module")
def three_hosts(make_hosts: Callable[..., list[Host]], wheelhouse: Path) -> list[Host]:
    return make_hosts(3, share={str(wheelhouse): str(wheelhouse)})


@pytest.fixture
def site(controller: Controller, three_hosts: list[Host], wheelhouse: Path, tmp_path: Path) -> Site:
    return Site.below(tmp_path, controller, wheelhouse, three_hosts)


def written(hosts: list[Host], path: str) -> list[str]:
    return [host.run(f"cat {path} 2>/dev/null; rm -f {path}").stdout for host in hosts]


def test_each_host_runs_it_for_itself(site: Site) -> None:
    """With its own variables and those of its groups, and without a way to reach any other host."""
    text = "{{ inventory_hostname }} {{ own }} {{ colour }} {{ ansible_play_hosts | length }} {{ x | default('') }}"
    task = {"ansible.builtin.copy": {"content": text, "dest": "/srv/said", "mode": "0600"}}
    site.write("site.yml", {"hosts": "web", "tasks": [task]})
    done = site.run("site.yml", hosts="web", each=True)
    assert done.returncode == 0, done.output
    assert written(site.hosts, "/srv/said") == [f"{name} of {name} red 1 " for name in "abc"]
    done = site.run("site.yml", "-l", "a,c", "-e", "x=5", hosts="web", each="yes")
    assert done.returncode == 0, done.output
    assert written(site.hosts, "/srv/said") == ["a of a red 1 5", "", "c of c red 1 5"]


def test_a_saved_profile_notes_the_host_that_used_it(site: Site) -> None:
    profile = site.directory / "profiles" / "saved"
    profile.mkdir(parents=True)
    definition = {"version": 3, "dependencies": {"python": ["packaging"]}}
    (profile / "execution-environment.yml").write_text(json.dumps(definition))
    site.write("site.yml", {"hosts": "web", "tasks": [{"ansible.builtin.ping": {}}]})
    done = site.run("site.yml", "-l", "b", hosts="web", each=True, packages=[], profile="saved", profiles="profiles")
    assert done.returncode == 0, done.output
    use = json.loads((profile / "last_use.json").read_text())
    assert (use["host"], use["here"], use["playbook"]) == ("b", False, str(site.directory / "site.yml"))
    assert site.hosts[1].run(f"test -x {use['venv']}/bin/ansible-playbook && echo there").stdout == "there\n"


def test_directories_outside_of_the_project_go_along(site: Site) -> None:
    """The analysis follows them, and the run finds them on the host, by whatever they are named."""
    shared = site.directory.parent / "shared"
    for name, text in {
        "roles/greet/tasks/main.yml": "- shout:\n- copy: {content: '{{ 1 | twice }}', dest: /srv/said, mode: '0600'}\n",
        "library/shout.py": "from ansible.module_utils.basic import AnsibleModule\n"
        "AnsibleModule(argument_spec={}).exit_json(changed=False)\n",
        "filters/twice.py": "import packaging\nclass FilterModule:\n    def filters(self):\n"
        "        return {'twice': lambda one: 2 * one}\n",
    }.items():
        (shared / name).parent.mkdir(parents=True, exist_ok=True)
        (shared / name).write_text(text)
    with (site.directory / "ansible.cfg").open("a") as config:
        config.write("[defaults]\nroles_path = ../shared/roles\nlibrary = ../shared/library\n")
        config.write(f"filter_plugins = {shared}/filters\n")
    (site.directory / "requirements.txt").write_text("packaging\n")
    site.write("site.yml", {"hosts": "localhost", "roles": ["greet"]})
    done = site.run("site.yml", hosts="b", packages=[])
    assert done.returncode == 0, done.output
    assert written(site.hosts, "/srv/said") == ["", "2", ""]
    # Who does not trust a project uses nothing that its configuration names.
    done = site.run("site.yml", hosts="b", packages=[], trusted=False)
    assert done.returncode == 2
    assert "role greet" in done.output


def test_localhost_is_the_host_that_runs_it(site: Site) -> None:
    task = {"ansible.builtin.copy": {"content": "{{ inventory_hostname }}", "dest": "/srv/said", "mode": "0600"}}
    site.write("site.yml", {"hosts": "localhost", "tasks": [task]})
    done = site.run("site.yml", hosts="a,b", each=True)
    assert done.returncode == 0, done.output
    assert written(site.hosts, "/srv/said") == ["localhost", "localhost", ""]


def test_one_that_fails_does_not_stop_the_others(site: Site) -> None:
    tasks = [
        {"ansible.builtin.fail": {"msg": "on purpose"}, "when": "inventory_hostname == 'b'"},
        {"ansible.builtin.copy": {"content": "done", "dest": "/srv/said", "mode": "0600"}},
    ]
    site.write("site.yml", {"hosts": "web", "tasks": tasks})
    done = site.run("site.yml", hosts="web", each=True)
    assert done.returncode == 2
    assert "b failed in task 'ansible.builtin.fail': on purpose" in done.output
    assert written(site.hosts, "/srv/said") == ["done", "", "done"]


def test_the_output_comes_while_it_runs(site: Site) -> None:
    """It waits for a file on the host, and so has not ended when its first task is shown."""
    tasks = [
        {"name": "Say", "ansible.builtin.debug": {"msg": "now {{ 3 * 4 }}"}},
        {"name": "Wait", "ansible.builtin.wait_for": {"path": "/srv/go", "timeout": 300}},
    ]
    site.write("site.yml", {"hosts": "localhost", "tasks": tasks})
    screen = site.on_terminal(site.arguments("site.yml", hosts="b"))
    screen.expect_exact('"now 12"')
    site.hosts[1].run("touch /srv/go")
    ended(screen)


@pytest.mark.parametrize("where", ["localhost", "a"])
def test_typed_passwords_are_handed_on(site: Site, tmp_path: Path, where: str) -> None:
    vault = VaultLib([("default", VaultSecret(PASSWORD.encode()))])
    (site.directory / "secrets.yml").write_bytes(vault.encrypt(b"token: of the vault\n", vault_id="default"))
    sudo = site.directory / "sudo"
    sudo.write_text(_SUDO)
    sudo.chmod(0o755)
    tasks = [
        {"ansible.builtin.command": "true", "become": True},
        {"ansible.builtin.command": "cat {{ playbook_dir }}/typed", "register": "typed"},
        {"ansible.builtin.debug": {"msg": "{{ token }}, {{ typed.stdout == 'sesame ' ~ 'opened' }}"}},
    ]
    variables = {"ansible_become_exe": "{{ playbook_dir }}/sudo", "ansible_become_method": "sudo"}
    site.write("site.yml", {"hosts": "localhost", "vars": variables, "vars_files": ["secrets.yml"], "tasks": tasks})
    argv = site.arguments("site.yml", "-J", "-K", hosts=where, store=str(tmp_path / "venvs"))
    screen = site.on_terminal(argv)
    screen.expect("BECOME password: ")
    screen.sendline("sesame opened")
    screen.expect("Vault password: ")
    screen.sendline(PASSWORD)
    said = ended(screen)
    assert '"of the vault, True"' in said
    assert PASSWORD not in said


def test_the_output_can_be_left_out(site: Site) -> None:
    site.write("site.yml", {"hosts": "localhost", "tasks": [{"name": "Quiet", "ansible.builtin.debug": {"msg": "x"}}]})
    done = site.run("site.yml", hosts="a", output="summary")
    assert done.returncode == 0, done.output
    assert "TASK [Quiet]" not in done.output
    assert "The playbook ran on 1 host" in done.output
    done = site.run("site.yml", hosts="a", output="none")
    assert "The playbook ran" not in done.output


#: sudo without a password, by the right of the program /srv/setpriv.
_ONLY_SUDO = """\
#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in -p) shift 2;; -u) user=$2; shift 2;; -*) shift;; *) break;; esac
done
export HOME="/home/$user" USER="$user" LOGNAME="$user"
exec /srv/setpriv --reuid "$user" --regid "$user" --clear-groups "$@"
"""


def test_another_user_who_is_not_privileged_runs_it(site: Site, tmp_path: Path) -> None:
    """Neither the user of the connection nor the one who runs it is root, and there are no ACLs."""
    host = site.hosts[0]
    made = host.run(
        "useradd -m anna && useradd -m bert && usermod -p '*' anna && cp /usr/bin/setpriv /srv/setpriv"
        " && chmod 4755 /srv/setpriv && cd /etc/venv-test-host && chmod a+rx . && chmod a+r authorized_keys"
        " && ! which setfacl"
    )
    assert made.returncode == 0, made.stderr
    host.run(f"cat > /srv/sudo <<'END'\n{_ONLY_SUDO}END\nchmod 755 /srv/sudo")
    variables = {
        **host.inventory(), "ansible_user": "anna", "ansible_become": True, "ansible_become_user": "bert",
        "ansible_become_exe": "/srv/sudo", "ansible_pipelining": True,
    }  # fmt: skip
    (site.directory / "hosts.json").write_text(json.dumps({"all": {"hosts": {"a": variables}}}))
    tasks = [
        {"ansible.builtin.command": "id -un", "register": "me"},
        {"ansible.builtin.debug": {"msg": "{{ me.stdout }} has {{ x }} and {{ colour }}"}},
    ]
    site.write("site.yml", {"hosts": "localhost", "vars_files": ["group_vars/all.yml"], "tasks": tasks})
    done = site.run("site.yml", "-e", "x=5", hosts="a", store="/home/bert/venvs")
    assert done.returncode == 0, done.output
    assert '"bert has 5 and red"' in done.output
    assert (
        host.run("find /tmp /var/tmp /home/anna /home/bert -name '*venv-playbook*' -o -name shipment.tar.gz").stdout
        == ""
    )


def test_a_home_that_cannot_be_written_to(site: Site) -> None:
    """Ansible's directory for the connection is elsewhere; for localhost of the playbook that must be said, too."""
    host = site.hosts[2]
    made = host.run("mount --bind /root /root && mount -o remount,ro,bind /root && ! touch /root/x 2>/dev/null")
    assert made.returncode == 0, made.stderr
    variables = {**host.inventory(), "ansible_remote_tmp": "/srv/remote"}
    (site.directory / "hosts.json").write_text(json.dumps({"all": {"hosts": {"c": variables}}}))
    site.write("site.yml", {"hosts": "localhost", "tasks": [{"ansible.builtin.command": "id -un"}]})
    try:
        refused = site.run("site.yml", hosts="c")
        done = site.run("site.yml", "-e", "ansible_remote_tmp=/srv/remote", hosts="c")
        site.write("site.yml", {"hosts": "c", "tasks": [{"ansible.builtin.command": "id -un"}]})
        each = site.run("site.yml", hosts="c", each=True)
    finally:
        host.run("umount /root")
    assert refused.returncode == 2
    assert "localhost could not be reached: Task failed: Failed to create temporary directory" in refused.output
    assert "Traceback" not in refused.output + done.output + each.output
    assert done.returncode == 0, done.output
    assert each.returncode == 0, each.output
