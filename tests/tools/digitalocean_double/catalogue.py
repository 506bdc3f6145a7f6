# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The operations that only read: the account itself, and what the provider offers."""

from __future__ import annotations

import time
import uuid

from digitalocean_double import prices
from digitalocean_double.account import Account, UnsupportedByDouble, moment, not_found
from digitalocean_double.operation import Answer, Call, operation, page


@operation("account_get")
def _account(account: Account, call: Call) -> Answer:
    body = {
        "droplet_limit": account.droplet_limit,
        "floating_ip_limit": 3,
        "email": "user@example.com",
        "name": "A user",
        "uuid": account.uuid,
        "email_verified": True,
        "status": "active",
        "status_message": "",
    }
    return Answer(200, {"account": body})


@operation("balance_get")
def _balance(account: Account, call: Call) -> Answer:
    usage = f"{account.cost():.2f}"
    body = {
        "month_to_date_balance": usage,
        "account_balance": "0.00",
        "month_to_date_usage": usage,
        "generated_at": moment(time.time()),
    }
    return Answer(200, body)


@operation("sizes_list")
def _sizes(account: Account, call: Call) -> Answer:
    return page(call, "sizes", [size.document() for size in prices.SIZES.values()])


@operation("regions_list")
def _regions(account: Account, call: Call) -> Answer:
    return page(call, "regions", [prices.region(slug) for slug in prices.REGIONS])


@operation("images_list")
def _images(account: Account, call: Call) -> Answer:
    if call.parameters.get("private") or "tag_name" in call.parameters:
        return page(call, "images", [])
    if call.parameters.get("type") == "application":
        raise UnsupportedByDouble("images of applications")
    return page(call, "images", [prices.image(slug) for slug in prices.IMAGES])


@operation("images_get")
def _image(account: Account, call: Call) -> Answer:
    for image in map(prices.image, prices.IMAGES):
        if call.parameters["image_id"] in (image["id"], image["slug"]):
            return Answer(200, {"image": image})
    raise not_found()


@operation("projects_list")
def _projects(account: Account, call: Call) -> Answer:
    project = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, account.uuid)),
        "owner_uuid": account.uuid,
        "owner_id": 1,
        "name": "first-project",
        "description": "",
        "purpose": "Just trying out the API",
        "environment": "Development",
        "is_default": True,
        "created_at": "2026-01-15T00:00:00Z",
        "updated_at": "2026-01-15T00:00:00Z",
    }
    return page(call, "projects", [project])
