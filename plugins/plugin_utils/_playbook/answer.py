# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a host says that a run came to. It is taken key by key, each of its own shape, and nothing else of it is used.

Ansible obeys some keys of any result (``add_host`` makes hosts, ``ansible_facts`` sets variables), so that a key which
is not known here must not pass.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.outcome import LIST_LIMIT
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import (
    is_printable,
    printable,
    printable_data,
)

_LONGEST_TEXT = 20_000
_LONGEST_STATS = 4 * 1024 * 1024
_DEEPEST_STATS = 100
_EXCERPT = 2000
_DISCOVERED = "discovered_interpreter_python"
_COUNTS = ("ok", "changed", "unreachable", "failures", "skipped", "rescued", "ignored")
_TASK_TEXTS = ("host", "play", "task", "action", "path")
_TASK_FLAGS = ("ignored", "rescued", "unreachable")


class HostAnswerError(VenvError):
    """A host answered with something that no run of ours returns."""

    code = "host_answer"


class _ShapeError(ValueError):
    """A value is of another shape; the message says what it should be."""


def checked_answer(answer: Any, *, host: str) -> dict[str, Any]:
    """The result of the module, as far as it has the right shape; raises :class:`HostAnswerError` for any other."""
    if not isinstance(answer, dict) or answer.get("_ansible_parsed") is False:
        raise HostAnswerError(f"{host} did not return the result of a run: {_excerpt(answer)}")
    failed = answer.get("failed") is True
    started = "duration" in answer
    shape: dict[str, Callable[[Any], Any]] = {**_COMMON, **(_STARTED if started else {}), **(_FAILED if failed else {})}
    required = [*(_STARTED if started or not failed else ()), *(["msg"] if failed else ())]
    missing = [key for key in required if key not in answer]
    if missing:
        raise HostAnswerError(f"{host} returned a result that is not valid: it has no {missing[0]!r}")
    taken: dict[str, Any] = {"changed": False, **({"failed": True} if failed else {})}
    for key, take in shape.items():
        if key in answer:
            try:
                taken[key] = take(answer[key])
            except _ShapeError as error:
                raise HostAnswerError(f"{host} returned a result that is not valid: {key!r} is not {error}") from error
    return {**taken, **_traceback(answer.get("exception")), **_found_interpreter(answer.get("ansible_facts"))}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _ShapeError("text")
    shown = printable(value[:_LONGEST_TEXT], lines=True)
    return shown if len(value) <= _LONGEST_TEXT else f"{shown} […]"


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _ShapeError("true or false")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1 << 53:
        raise _ShapeError("a number")
    return value


def _whole(value: Any) -> int:
    if not isinstance(_number(value), int):
        raise _ShapeError("a whole number")
    return int(value)


def _list_of(take: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    def take_list(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise _ShapeError("a list")
        return [take(item) for item in value[:LIST_LIMIT]]

    return take_list


def _dictionary(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise _ShapeError("a dictionary")
    return value


def _task(value: Any) -> dict[str, Any]:
    task = _dictionary(value)
    return {
        **{name: _text(task.get(name)) for name in _TASK_TEXTS},
        **({"msg": _text(task["msg"])} if "msg" in task else {}),
        **{name: _flag(task[name]) for name in _TASK_FLAGS if name in task},
    }


def _stats(value: Any) -> dict[str, dict[str, int]]:
    return {
        _text(host): {name: _whole(count) for name, count in _dictionary(counts).items() if name in _COUNTS}
        for host, counts in _dictionary(value).items()
    }


def _custom(value: Any) -> dict[str, Any]:
    """What the playbook handed out: any JSON, up to a size."""
    _dictionary(value)
    if _is_deeper(value, _DEEPEST_STATS):
        raise _ShapeError(f"JSON that is nested at most {_DEEPEST_STATS} levels deep")
    try:
        size = len(json.dumps(value))
        plain: dict[str, Any] = printable_data(value, lines=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise _ShapeError("JSON, or is nested too deeply") from error
    if size > _LONGEST_STATS:
        raise _ShapeError(f"JSON of at most {_LONGEST_STATS} bytes")
    return plain


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether lists and dictionaries are nested in ``value`` more than ``levels`` deep."""
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return bool(children) and (levels == 0 or any(_is_deeper(child, levels - 1) for child in children))


def _warnings(value: Any) -> list[str]:
    """Warnings are texts, or the objects of Ansible's own that hold one."""
    if not isinstance(value, list):
        raise _ShapeError("a list")
    told = (item if isinstance(item, str) else getattr(getattr(item, "event", None), "msg", "") for item in value)
    return [_text(text) for text in told][:LIST_LIMIT]


_COMMON: dict[str, Callable[[Any], Any]] = {"failed": _flag, "changed": _flag, "warnings": _warnings}
_FAILED: dict[str, Callable[[Any], Any]] = {
    "msg": _text, "error_code": _text, "argv": _list_of(_text), "rc": _whole, "stderr": _text, "store": _text,
    "timeout": _number,
}  # fmt: skip
_STARTED: dict[str, Callable[[Any], Any]] = {
    "changed": _flag, "stats": _stats, "custom_stats": _custom, "failed_tasks": _list_of(_task),
    "changed_tasks": _list_of(_task), "unmatched_plays": _list_of(_text), "rc": _whole, "duration": _number,
    "venv": _text,
}  # fmt: skip


def _found_interpreter(facts: Any) -> dict[str, Any]:
    """The one fact that Ansible itself adds to the result of a module: which Python it has found on the host."""
    items = facts.items() if isinstance(facts, dict) else ()
    found = {key: value for key, value in items if key == _DISCOVERED and _is_path(value)}
    return {"ansible_facts": found} if found else {}


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("/") and len(value) < 4096 and is_printable(value)


def _traceback(exception: Any) -> dict[str, str]:
    """Where a module broke, if it says so."""
    event = getattr(exception, "event", None)
    text = exception if isinstance(exception, str) else getattr(event, "formatted_traceback", None)
    return {"exception": _text(text)} if isinstance(text, str) and text else {}


def _excerpt(answer: Any) -> str:
    """What was said in place of a result, for people."""
    parts = [answer.get(key) for key in ("msg", "module_stderr", "module_stdout")] if isinstance(answer, dict) else []
    texts = [part.strip() for part in parts if isinstance(part, str) and part.strip()]
    return printable("\n".join(text[:_EXCERPT] for text in texts), lines=True) or "there is no readable output"
