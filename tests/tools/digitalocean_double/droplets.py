# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The operations of the API that are about droplets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from digitalocean_double import prices
from digitalocean_double.account import Account, Droplet, UnsupportedByDouble, moment, not_found, unprocessable
from digitalocean_double.cloud_config import MAXIMUM_BYTES
from digitalocean_double.firewalls import apply_firewalls
from digitalocean_double.operation import Answer, Call, operation, page


@operation("droplets_create")
def _create(account: Account, call: Call) -> Answer:
    body = call.body
    if "names" in body:
        raise UnsupportedByDouble("several droplets in one request")
    keys = [_key(account, wanted) for wanted in body.get("ssh_keys", [])]
    droplet = _checked(account, call)
    # What the user data cannot have is found before the droplet exists.
    if account.make_machine and not droplet.fate.stays:
        droplet.machine = account.make_machine(droplet, keys)
    account.tags.update(droplet.tags)
    account.droplets[droplet.id] = droplet
    created = droplet.document()
    if droplet.machine:
        apply_firewalls(account)
        threading.Thread(target=_boot, args=(droplet, call.problem), daemon=True).start()
    else:
        droplet.started.set()
    action = _action(account, droplet, "create")
    href = f"{call.base}/v2/actions/{action['id']}"
    # A new droplet is `new` in this answer, however soon it is active.
    created |= {"status": droplet.fate.stays or "new", "locked": True, "networks": {"v4": [], "v6": []}}
    links = {"actions": [{"id": action["id"], "rel": "create", "href": href}]}
    return Answer(202, {"droplet": created, "links": links})


def _checked(account: Account, call: Call) -> Droplet:
    """The droplet of a request, or why the API makes none."""
    body = call.body
    size = prices.SIZES.get(body["size"])
    if size is None or not size.available:
        raise unprocessable("You specified an invalid size for Droplet creation.")
    region = body.get("region", "nyc3")
    if not prices.REGIONS.get(region):
        raise unprocessable("You specified an invalid region for Droplet creation.")
    if body["image"] not in prices.IMAGES:
        raise unprocessable("You specified an invalid image for Droplet creation.")
    user_data = body.get("user_data", "")
    if len(user_data.encode()) > MAXIMUM_BYTES:
        raise unprocessable("User data is too long: 64 KiB is the maximum.")
    for tag in body.get("tags", []):
        call.check_tag(tag)
    if len(account.listed()) >= account.droplet_limit:
        raise unprocessable("creating this/these droplet(s) will exceed your droplet limit")
    return Droplet(
        id=account.next_id(),
        name=body["name"],
        size=size.slug,
        region=region,
        image=body["image"],
        tags=list(body.get("tags", [])),
        user_data=user_data,
        fate=call.fate(),
        created_at=time.time(),
    )


def _boot(droplet: Droplet, problem: Callable[[BaseException], None]) -> None:
    try:
        if droplet.machine:
            droplet.machine.start()
    except BaseException as error:
        problem(error)
    finally:
        droplet.started.set()


def _vanish(account: Account, droplet: Droplet, problem: Callable[[BaseException], None]) -> None:
    try:
        with account.lock:
            account.delete(droplet)
    except BaseException as error:
        problem(error)


def _key(account: Account, wanted: str | int) -> str:
    """The public key that a droplet names by its id or fingerprint."""
    for key in account.keys.values():
        if str(wanted) in (str(key.id), key.fingerprint):
            return key.public_key
    raise unprocessable(f"{wanted} are invalid key identifiers for Droplet creation.")


@operation("droplets_list")
def _list(account: Account, call: Call) -> Answer:
    tag, name = call.parameters.get("tag_name"), call.parameters.get("name")
    if call.parameters.get("type") == "gpus":
        raise UnsupportedByDouble("droplets with GPUs")
    found = [one for one in account.listed() if tag in (None, *one.tags) and name in (None, one.name)]
    for droplet in found:
        if droplet.fate.vanishes is not None and not droplet.vanishing:
            droplet.vanishing = True
            timer = threading.Timer(droplet.fate.vanishes, _vanish, (account, droplet, call.problem))
            timer.daemon = True
            timer.start()
    return page(call, "droplets", [droplet.document() for droplet in found])


@operation("droplets_get")
def _get(account: Account, call: Call) -> Answer:
    return Answer(200, {"droplet": account.droplet(call.parameters["droplet_id"]).document()})


@operation("droplets_destroy")
def _destroy(account: Account, call: Call) -> Answer:
    droplet = account.droplet(call.parameters["droplet_id"])
    if droplet.gone:
        raise not_found()
    account.delete(droplet)
    return Answer(204)


@operation("droplets_destroy_byTag")
def _destroy_by_tag(account: Account, call: Call) -> Answer:
    tag = call.parameters["tag_name"]
    if tag not in account.tags:
        raise not_found()
    for droplet in account.listed():
        if tag in droplet.tags and not droplet.gone:
            account.delete(droplet)
    return Answer(204)


@operation("droplets_list_firewalls")
def _list_firewalls(account: Account, call: Call) -> Answer:
    droplet = account.droplet(call.parameters["droplet_id"])
    found = [firewall.document() for firewall in account.firewalls.values() if firewall.covers(droplet)]
    return page(call, "firewalls", found)


@operation("dropletActions_post")
def _act(account: Account, call: Call) -> Answer:
    droplet, kind = account.droplet(call.parameters["droplet_id"]), call.body["type"]
    if droplet.status not in ("active", "off"):
        raise unprocessable("Droplet already has a pending event.")
    switch = {"power_on": (True,), "power_off": (False,), "shutdown": (False,), "power_cycle": (False, True)}
    if kind not in switch:
        raise UnsupportedByDouble(f"the action {kind} of a droplet")
    for powered in switch[kind]:
        if powered != droplet.powered and droplet.machine:
            (droplet.machine.start if powered else droplet.machine.stop)()
        droplet.powered = powered
    begun = dict(_action(account, droplet, kind)) | {"status": "in-progress", "completed_at": None}
    return Answer(201, {"action": begun})


@operation("dropletActions_get", "actions_get")
def _get_action(account: Account, call: Call) -> Answer:
    action = account.actions.get(call.parameters["action_id"])
    if action is None or action["resource_id"] != call.parameters.get("droplet_id", action["resource_id"]):
        raise not_found()
    droplet = account.droplets[action["resource_id"]]
    if action["type"] == "create" and droplet.status == "new":
        return Answer(200, {"action": action | {"status": "in-progress", "completed_at": None}})
    return Answer(200, {"action": action})


def _action(account: Account, droplet: Droplet, kind: str) -> dict[str, Any]:
    """A new action, that is already completed."""
    now = moment(time.time())
    number = account.next_id()
    action = {
        "id": number,
        "status": "completed",
        "type": kind,
        "started_at": now,
        "completed_at": now,
        "resource_id": droplet.id,
        "resource_type": "droplet",
        "region": prices.region(droplet.region),
        "region_slug": droplet.region,
    }
    account.actions[number] = action
    return action
