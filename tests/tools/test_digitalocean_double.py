# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The double answers as the API's description says, without hosts and as an ordinary user."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_client import DROPLET, TOKEN, Client
from digitalocean_double import DigitalOceanDouble
from digitalocean_double.account import Account, UnsupportedByDouble
from digitalocean_double.cloud_config import first_boot
from digitalocean_double.description import NotConforming, operations
from digitalocean_double.operation import OPERATIONS, Answer, Call


@pytest.fixture
def double() -> Iterator[DigitalOceanDouble]:
    with DigitalOceanDouble(token=TOKEN, droplet_limit=40) as made:
        yield made


@pytest.fixture
def api(double: DigitalOceanDouble) -> Client:
    return Client(double)


def test_every_operation_that_is_described_is_there() -> None:
    assert set(OPERATIONS) == {operation.name for operation in operations()}


def test_what_can_be_read_conforms_and_has_the_limits_in_its_headers(api: Client) -> None:
    for operation in operations():
        if operation.method == "GET" and "{" not in operation.template:
            assert api("GET", operation.template.removeprefix("/v2"))[0] == 200
            assert int(api.headers["ratelimit-remaining"]) < int(api.headers["ratelimit-limit"])
            assert api.headers["x-request-id"]
    assert api.double.violations == []


@pytest.mark.parametrize(
    ("method", "path", "body", "word"),
    [
        ("POST", "/droplets", {**DROPLET, "api_token": "x"}, "api_token"),
        ("POST", "/droplets", {**DROPLET, "user-data": "x"}, "user-data"),
        ("POST", "/droplets", {**DROPLET, "name": "under_score"}, "does not match"),
        ("POST", "/droplets", {**DROPLET, "name": None}, "name"),
        ("POST", "/droplets", {**DROPLET, "tags": "one"}, "not of type 'array'"),
        ("POST", "/droplets", {"name": "one"}, "required"),
        ("POST", "/tags", {"name": "a tag"}, "does not match"),
        ("POST", "/firewalls", {"name": "one", "inbound_rules": [{"ports": "1", "protocol": "tcp"}]}, "sources"),
        ("GET", "/droplets?tag=one", None, "tag"),
        ("GET", "/droplets?per_page=201", None, "maximum"),
        ("GET", "/droplets/one", None, "droplet_id"),
        ("DELETE", "/droplets", None, "tag_name"),
        ("GET", "/account", {"a": 1}, "body"),
        ("POST", "/volumes", {}, "no such operation"),
    ],
)
def test_a_request_that_does_not_conform_is_refused_and_recorded(
    api: Client, method: str, path: str, body: Any, word: str
) -> None:
    status, answer = api(method, path, body)
    assert status in (404, 422)
    assert set(answer) == {"id", "message", "request_id"}
    assert len(api.double.violations) == 1
    assert word in api.double.violations[0]
    assert api.double.state().names() == []


def test_a_request_that_is_made_to_fail_has_to_conform_too(api: Client) -> None:
    api.double.fault("POST", "/v2/droplets", status=503)
    assert api("POST", "/droplets", {})[0] == 503
    assert len(api.double.violations) == 1


def test_nulls_and_what_the_modules_send_besides_are_dropped_and_counted(api: Client) -> None:
    extra = {"baseurl": "x", "timeout": 30, "firewall": None, "validate_certs": True, "volumes": None}
    assert api("POST", "/droplets", DROPLET | extra)[0] == 202
    assert api.double.violations == []
    what = {key.partition(": ")[2]: count for key, count in api.double.dropped.items()}
    assert what == {"baseurl": 1, "timeout": 1, "firewall null": 1, "validate_certs": 1, "volumes null": 1}


@pytest.mark.parametrize(
    "broken",
    [
        Answer(200, {"account": {}}),
        Answer(200),
        Answer(201, {"account": {}}),
        Answer(404, {"message": "no id"}),
        Answer(404, {"id": "x", "message": "x", "request_id": "x", "unknown": 1}),
    ],
)
def test_an_answer_that_does_not_conform_is_an_exception(monkeypatch: pytest.MonkeyPatch, broken: Answer) -> None:
    def answer(account: Account, call: Call) -> Answer:
        return broken

    monkeypatch.setitem(OPERATIONS, "account_get", answer)
    with pytest.raises(NotConforming, match="GET /v2/account: answer"):
        with DigitalOceanDouble(token=TOKEN) as double:
            assert Client(double)("GET", "/account")[0] == 500


def test_a_header_that_does_not_conform_is_an_exception() -> None:
    with pytest.raises(NotConforming, match="ratelimit-limit"):
        with DigitalOceanDouble(token=TOKEN) as double:
            double.fault("GET", "/v2/account", status=429, headers={"ratelimit-limit": "many"})
            Client(double)("GET", "/account")


def test_without_the_token_nothing_is_told_or_done(api: Client) -> None:
    assert api("POST", "/tags", {"name": "one"}, token="another")[0] == 401
    assert api("GET", "/nowhere", token="another")[0] == 401
    assert api.double.state().names() == []


def test_the_token_is_stored_nowhere_and_is_a_violation_outside_of_its_header(api: Client) -> None:
    api("POST", "/tags", {"name": TOKEN})
    api("GET", f"/droplets?tag_name={TOKEN}")
    assert len(api.double.violations) == 2
    assert TOKEN not in repr((api.double.violations, api.double.requests, api.double.dropped))
    assert api.double.requests[0].body == {"name": "***"}


def test_lists_have_pages_and_a_tag_finds_its_own(api: Client) -> None:
    api.double.add_droplets(25, tags=["theirs"])
    ours = api.create(tags=["ours"])
    first, second = (api("GET", f"/droplets?page={number}")[1] for number in (1, 2))
    assert [len(page["droplets"]) for page in (first, second)] == [20, 6]
    assert first["links"]["pages"]["next"].endswith("/v2/droplets?page=2")
    assert "next" not in second["links"]["pages"]
    assert [one["id"] for one in api("GET", "/droplets?tag_name=ours")[1]["droplets"]] == [ours]
    assert len(api("GET", "/droplets?per_page=200")[1]["droplets"]) == 26
    assert api("DELETE", "/droplets?tag_name=ours")[0] == 204
    assert api("GET", "/droplets?tag_name=ours")[1]["droplets"] == []
    assert len(api.double.state().droplets) == 25


def test_a_key_is_there_once_under_the_fingerprint_that_ssh_shows(api: Client, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    public = key.with_suffix(".pub").read_text()
    shown = subprocess.run(
        ["ssh-keygen", "-l", "-E", "md5", "-f", str(key)], capture_output=True, text=True, check=True
    )
    status, body = api("POST", "/account/keys", {"name": "mine", "public_key": public})
    assert (status, f"MD5:{body['ssh_key']['fingerprint']}") == (201, shown.stdout.split()[1])
    assert api("POST", "/account/keys", {"name": "again", "public_key": public})[0] == 422
    assert api("GET", f"/account/keys/{body['ssh_key']['fingerprint']}")[1] == body
    assert api("DELETE", f"/account/keys/{body['ssh_key']['id']}")[0] == 204
    assert api.double.state().keys == ()


@pytest.mark.parametrize(
    "change",
    [
        {"size": "huge"},
        {"size": "512mb"},
        {"region": "nyc2"},
        {"region": "moon1"},
        {"image": "debian-1"},
        {"tags": ["a tag"]},
        {"ssh_keys": [4711]},
        {"user_data": "x" * (64 * 1024 + 1)},
    ],
)
def test_a_droplet_that_cannot_be_is_refused(api: Client, change: dict[str, Any]) -> None:
    assert api("POST", "/droplets", DROPLET | change)[0] == 422
    assert (api.double.state().names(), api.double.violations) == ([], [])


def test_a_limit_of_droplets_and_of_requests() -> None:
    with DigitalOceanDouble(token=TOKEN, droplet_limit=1, limits={"sshKeys_list": 10}) as double:
        api = Client(double)
        api.create()
        assert api("POST", "/droplets", DROPLET)[0] == 422
        assert [api("GET", "/account/keys")[0] for _number in range(11)] == [200] * 10 + [429]
        assert int(api.headers["retry-after"]) >= 1


def test_a_firewall_needs_its_tags_first(api: Client) -> None:
    firewall = {"name": "mine", "tags": ["ours"], "inbound_rules": []}
    assert api("POST", "/firewalls", firewall)[0] == 422
    api("POST", "/tags", {"name": "ours"})
    assert api("POST", "/firewalls", firewall)[0] == 202
    number = api.create(tags=["ours"])
    assert [one["name"] for one in api("GET", f"/droplets/{number}/firewalls")[1]["firewalls"]] == ["mine"]
    assert api.double.state().names() == ["droplet one", "firewall mine", "tag ours"]


@pytest.mark.parametrize(
    "user_data",
    [
        "#!/bin/sh\ntrue\n",
        "#cloud-config\nusers: []\n",
        "#cloud-config\nwrite_files: [{path: ../x}]\n",
        "#cloud-config\nwrite_files: [{path: /x, append: true}]\n",
        "#cloud-config\nssh_keys: {rsa_private: x}\n",
        "#cloud-config\ndisable_root: true\n",
    ],
)
def test_user_data_that_would_be_ignored_are_an_error(user_data: str) -> None:
    with pytest.raises(UnsupportedByDouble):
        first_boot(user_data)


def test_an_ordinary_user_can_have_a_double() -> None:
    script = (
        "import encodings.idna, os, urllib.request\n"
        "from digitalocean_double import DigitalOceanDouble, description\n"
        "description.operations()  # the checkout can be out of reach for others\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "with DigitalOceanDouble(token='x') as double:\n"
        "    request = urllib.request.Request(double.baseurl + '/sizes', headers={'Authorization': 'Bearer x'})\n"
        "    print(os.geteuid(), urllib.request.urlopen(request).status)\n"
    )
    tools = str(Path(__file__).parent)
    argv = [sys.executable, "-c", script]
    run = subprocess.run(argv, cwd=tools, capture_output=True, text=True, check=False)
    assert run.stdout.split() == [str(os.geteuid() or 65534), "200"], run.stderr
