# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The operations that are about the keys and the tags of an account."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Any

from digitalocean_double.account import Account, Key, UnsupportedByDouble, not_found, unprocessable
from digitalocean_double.firewalls import apply_firewalls
from digitalocean_double.operation import Answer, Call, operation, page


def add_key(account: Account, name: str, public_key: str) -> Key:
    """Put a public key into the account, or refuse one that is none or is there already."""
    parts = public_key.split()
    try:
        content = base64.b64decode(parts[1], validate=True)
    except (IndexError, binascii.Error) as error:
        raise unprocessable("Key invalid, key should be of the format `type base64-encoded-key [comment]`") from error
    # What the API shows is the MD5 of the key, in pairs of digits.
    fingerprint = ":".join(re.findall("..", hashlib.md5(content, usedforsecurity=False).hexdigest()))
    if any(key.fingerprint == fingerprint for key in account.keys.values()):
        raise unprocessable("SSH Key is already in use on your account")
    key = Key(account.next_id(), name, public_key, fingerprint)
    account.keys[key.id] = key
    return key


def _key(account: Account, call: Call) -> Key:
    wanted = str(call.parameters["ssh_key_identifier"])
    for key in account.keys.values():
        if wanted in (str(key.id), key.fingerprint):
            return key
    raise not_found()


@operation("sshKeys_list")
def _list_keys(account: Account, call: Call) -> Answer:
    return page(call, "ssh_keys", [key.document() for key in account.keys.values()])


@operation("sshKeys_create")
def _create_key(account: Account, call: Call) -> Answer:
    return Answer(201, {"ssh_key": add_key(account, call.body["name"], call.body["public_key"]).document()})


@operation("sshKeys_get")
def _get_key(account: Account, call: Call) -> Answer:
    return Answer(200, {"ssh_key": _key(account, call).document()})


@operation("sshKeys_update")
def _rename_key(account: Account, call: Call) -> Answer:
    old = _key(account, call)
    new = Key(old.id, call.body.get("name", old.name), old.public_key, old.fingerprint)
    account.keys[old.id] = new
    return Answer(200, {"ssh_key": new.document()})


@operation("sshKeys_delete")
def _delete_key(account: Account, call: Call) -> Answer:
    del account.keys[_key(account, call).id]
    return Answer(204)


def _tag(account: Account, name: str) -> dict[str, Any]:
    count = sum(name in droplet.tags for droplet in account.listed())
    return {"name": name, "resources": {"count": count, "droplets": {"count": count}}}


def _existing(account: Account, call: Call) -> str:
    name: str = call.parameters["tag_id"]
    if name not in account.tags:
        raise not_found()
    return name


@operation("tags_list")
def _list_tags(account: Account, call: Call) -> Answer:
    return page(call, "tags", [_tag(account, name) for name in sorted(account.tags)])


@operation("tags_create")
def _create_tag(account: Account, call: Call) -> Answer:
    # The description forgets that a tag needs a name.
    name = call.body.get("name", "")
    call.check_tag(name)
    account.tags.add(name)
    return Answer(201, {"tag": _tag(account, name)})


@operation("tags_get")
def _get_tag(account: Account, call: Call) -> Answer:
    return Answer(200, {"tag": _tag(account, _existing(account, call))})


@operation("tags_delete")
def _delete_tag(account: Account, call: Call) -> Answer:
    name = _existing(account, call)
    account.tags.remove(name)
    for droplet in account.droplets.values():
        droplet.tags = [tag for tag in droplet.tags if tag != name]
    for firewall in account.firewalls.values():
        firewall.tags = [tag for tag in firewall.tags if tag != name]
    apply_firewalls(account)
    return Answer(204)


@operation("tags_assign_resources")
def _assign_tag(account: Account, call: Call) -> Answer:
    name = _existing(account, call)
    for resource in call.body["resources"]:
        if resource["resource_type"] != "droplet":
            raise UnsupportedByDouble(f"tags of a {resource['resource_type']}")
        droplet = account.droplet(int(resource["resource_id"]))
        droplet.tags = sorted({*droplet.tags, name})
    apply_firewalls(account)
    return Answer(204)
