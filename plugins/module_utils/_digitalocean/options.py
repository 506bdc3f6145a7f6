# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The options that say how the API is reached; ``doc_fragments/digitalocean.py`` documents them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ansible.module_utils.basic import env_fallback

from .._errors import InputError
from .api import API_URL, Api
from .token_file import read_token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_VARIABLES = ["DO_API_TOKEN", "DO_API_KEY", "DO_OAUTH_TOKEN", "OAUTH_TOKEN"]
API_OPTIONS: dict[str, dict[str, Any]] = {
    "api_token": {"type": "str", "no_log": True, "fallback": (env_fallback, _VARIABLES)},
    "api_token_file": {"type": "path", "no_log": False},
    "api_url": {"type": "str", "default": API_URL},
}


def token_of(params: Mapping[str, Any]) -> str:
    """The token of a task; raises :class:`InputError` where there is none."""
    if params["api_token_file"] is not None:
        return read_token(params["api_token_file"])
    if params["api_token"]:
        return str(params["api_token"])
    raise InputError(
        f"api_token: there is no token; set api_token_file, or the environment variable {_VARIABLES[0]} on the host"
    )


def api_of(params: Mapping[str, Any], *, hide: Callable[[str], None]) -> Api:
    """The API that a task asks until its ``timeout`` is over; ``hide`` masks the token in what is logged."""
    check_seconds(params, "timeout")
    token = token_of(params)
    hide(token)
    return Api(params["api_url"], token, deadline=time.monotonic() + params["timeout"])


def check_seconds(params: Mapping[str, Any], *names: str) -> None:
    """Raise :class:`InputError` for a number of seconds in which nothing can be done."""
    for name in names:
        if params[name] < 1:
            raise InputError(f"{name}: {params[name]} must be at least 1")
