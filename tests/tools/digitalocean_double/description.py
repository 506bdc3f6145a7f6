# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The published description of the API: the operation that a request asks for, whether requests and answers conform."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import unquote

import jsonschema
from places import ROOT

DESCRIPTION = ROOT / "tests" / "data" / "digitalocean-v2.json"
_MEDIA = "application/json"
_COMBINED = ("allOf", "anyOf", "oneOf")


class NotConforming(Exception):
    """A request or an answer that the description does not allow; the message says where and why."""


@dataclass(frozen=True)
class Operation:
    """One thing that the API can do."""

    name: str
    method: str
    template: str
    spec: Mapping[str, Any]

    def parameters(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """The parameters of a request, of the types that the description says."""
        found = _pattern(self.template).fullmatch(path)
        given: dict[str, str] = {**(found.groupdict() if found else {}), **query}
        values: dict[str, Any] = {}
        for parameter in self.spec.get("parameters", []):
            name = parameter["name"]
            if name in given:
                schema = parameter["schema"]
                values[name] = _typed(
                    unquote(given.pop(name)) if parameter["in"] == "path" else given.pop(name), schema
                )
                _check(values[name], schema, f"{parameter['in']} parameter {name}")
            elif parameter.get("required"):
                raise NotConforming(f"{self}: {parameter['in']} parameter {name} is missing")
        if given:
            raise NotConforming(f"{self}: no such query parameter: {', '.join(sorted(given))}")
        return values

    @property
    def request_schema(self) -> Mapping[str, Any] | None:
        """The schema of the body; None where there is none to send."""
        content = self.spec.get("requestBody", {}).get("content", {})
        return content[_MEDIA]["schema"] if content else None

    def check_request(self, body: Any) -> None:
        """Refuse a body that the description does not allow, or that says what it does not know."""
        schema = self.request_schema
        if schema is None:
            if body is not None:
                raise NotConforming(f"{self}: a body is sent where none is described")
            return
        if body is None:
            raise NotConforming(f"{self}: the body is missing")
        _check(body, schema, f"{self}: body")
        _check_names(body, schema, f"{self}: body")

    def check_response(self, status: int, headers: Mapping[str, str], body: Any) -> None:
        """Refuse an answer that the description does not allow."""
        responses = self.spec["responses"]
        expected = responses.get(str(status)) or (responses.get("default") if status >= 400 else None)
        where = f"{self}: answer {status}"
        if expected is None:
            raise NotConforming(f"{where}: no such status; {', '.join(responses)}")
        for name, header in expected.get("headers", {}).items():
            if name not in headers:
                raise NotConforming(f"{where}: header {name} is missing")
            _check(_typed(headers[name], header["schema"]), header["schema"], f"{where}: header {name}")
        content = expected.get("content", {})
        if not content:
            if body is not None:
                raise NotConforming(f"{where}: a body where none is described")
            return
        if body is None:
            raise NotConforming(f"{where}: the body is missing")
        _check(body, content[_MEDIA]["schema"], where)
        _check_names(body, content[_MEDIA]["schema"], where)

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


def find(method: str, path: str) -> Operation | None:
    """The operation that a method and a path (without its query) ask for."""
    for operation in operations():
        if operation.method == method and _pattern(operation.template).fullmatch(path):
            return operation
    return None


@cache
def operations() -> tuple[Operation, ...]:
    """All operations that are described."""
    paths = json.loads(DESCRIPTION.read_text())["paths"]
    return tuple(
        Operation(spec["operationId"], method.upper(), template, spec)
        for template, methods in paths.items()
        for method, spec in methods.items()
    )


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))


def _typed(text: str, schema: Mapping[str, Any]) -> Any:
    """What a text of a URL or header means where the schema wants another type than a string."""
    types = [schema.get("type"), *(option.get("type") for option in schema.get("anyOf", []))]
    if "integer" in types and re.fullmatch(r"-?\d+", text):
        return int(text)
    return {"true": True, "false": False}.get(text, text) if "boolean" in types else text


def _check(value: Any, schema: Mapping[str, Any], where: str) -> None:
    for error in _Validator(schema, format_checker=_formats).iter_errors(value):
        cause = _cause(error)
        place = "".join(f"[{part!r}]" for part in cause.absolute_path)
        raise NotConforming(f"{where}{place}: {cause.message}")


def _cause(error: Any) -> Any:
    """The error itself in place of "fits none of the schemas": the first of the schema that fits best."""
    while error.context:
        by_schema: dict[Any, list[Any]] = {}
        for inner in error.context:
            by_schema.setdefault(inner.schema_path[0], []).append(inner)
        error = min(by_schema.values(), key=len)[0]
    return error


def _check_names(value: Any, schema: Mapping[str, Any], where: str) -> None:
    """Refuse a name that the schema does not have: the description forbids none, so a misspelt one would pass."""
    schemas = list(_all_of(schema))
    if isinstance(value, dict):
        known = [part["properties"] for part in schemas if "properties" in part]
        for name, inner in value.items():
            options = [properties[name] for properties in known if name in properties]
            if known and not options:
                raise NotConforming(f"{where}: unknown name {name!r}")
            _check_names(inner, {"allOf": options}, f"{where}[{name!r}]")
    elif isinstance(value, list):
        items = [part["items"] for part in schemas if "items" in part]
        for number, inner in enumerate(value):
            _check_names(inner, {"allOf": items}, f"{where}[{number}]")


def _all_of(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    for keyword in _COMBINED:
        for part in schema.get(keyword, []):
            yield from _all_of(part)


def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


_formats = jsonschema.FormatChecker(formats=("ipv4", "ipv6", "uuid"))
_formats.checks("date-time", raises=ValueError)(_is_date_time)


def _nullable(rule: Any) -> Any:
    """The rule of a keyword, which OpenAPI 3.0 switches off for null where the schema says ``nullable``."""

    def check(validator: Any, keyword: Any, value: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
        if value is not None or not schema.get("nullable"):
            yield from rule(validator, keyword, value, schema) or ()

    return check


_Validator = jsonschema.validators.extend(
    jsonschema.Draft4Validator,
    {keyword: _nullable(jsonschema.Draft4Validator.VALIDATORS[keyword]) for keyword in ("type", "enum")},
)
