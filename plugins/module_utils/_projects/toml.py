# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""TOML files: read with what the interpreter has, looked at by type, and with the lines that TOML readers lose."""

from __future__ import annotations

import bisect
import importlib
import re
from typing import Any

from .._errors import InputError, ToolMissingError
from .._packaging.requirement import parse_requirement
from .model import DeclaredRequirement, Location, PythonRequirement, python_requirement

#: What a reader does for a key grows with the square of its parts; people write a handful.
MAX_DOTS = 200
#: What Python takes to read a number grows with the square of its digits; newer ones refuse more than 4,300.
MAX_DIGITS = 1000
_DIGITS = re.compile(r"[0-9][0-9_]*")
#: A string, or what holds none: a comment, or a quote that is not closed, with the rest of the line.
_STRING = re.compile(r"""\"(?P<double>(?:[^\"\\]|\\.)*)\"|'(?P<single>[^']*)'|[#'\"].*""")


class TomlFile:
    """The content of ``text``, the file ``path`` of a ``project``; raises :class:`InputError` where it is no TOML."""

    def __init__(self, path: str, text: str, *, project: str) -> None:
        self.path = path
        self._project = project
        self.lines = text.splitlines()
        self.data = _parse(path, text)
        self._strings: dict[str, list[int]] = {}
        for number, line in enumerate(self.lines):
            for match in _STRING.finditer(line):
                if match.lastgroup is not None:
                    self._strings.setdefault(match[match.lastgroup], []).append(number)
        self._starts: dict[tuple[str, str], int] = {}

    def table(self, *keys: str) -> dict[str, Any]:
        """The table at ``keys``, empty where there is none."""
        found: Any = self.data
        for index, key in enumerate(keys):
            found = found.get(key)
            if found is None:
                return {}
            self._expect(found, dict, keys[: index + 1])
        table: dict[str, Any] = found
        return table

    def text(self, table: dict[str, Any], *keys: str) -> str | None:
        """The text that ``table`` has under the last of ``keys``; the others say where the table is."""
        value = table.get(keys[-1])
        if value is not None:
            self._expect(value, str, keys)
        return value

    def array(self, table: dict[str, Any], *keys: str) -> list[Any]:
        """The array that ``table`` has under the last of ``keys``, empty where there is none."""
        value = table.get(keys[-1], [])
        self._expect(value, list, keys)
        found: list[Any] = value
        return found

    def line(self, header: str, key: str, value: str | None = None) -> int:
        """The line of ``key``, or of ``value`` behind it, below the line that begins with ``header``.

        The text is searched, because TOML readers keep no lines: where a value is written with escapes that cannot be
        found again it is the line of the key, and where that is not found either the line of the header, or 1.
        """
        if (header, key) not in self._starts:
            below = self._first(re.compile(re.escape(header)), 0)
            pattern = re.compile(rf"""(?:[\w.-]+\.)?["']?{re.escape(key)}["']?\s*=""")
            self._starts[header, key] = self._first(pattern, below)
        start = self._starts[header, key]
        if value is None:
            return start + 1
        numbers = self._strings.get(value) or self._strings.get(value.replace("\\", "\\\\").replace('"', '\\"')) or []
        index = bisect.bisect_left(numbers, start)
        return (numbers[index] if index < len(numbers) else start) + 1

    def key_line(self, *keys: str) -> int:
        """The line that sets the key at the path ``keys``, or the nearest table around it; 1 where none is found."""
        for length in range(len(keys), 0, -1):
            tables = self.table_lines(*keys[:length])
            if tables:
                return tables[0]
            above = self.table_lines(*keys[: length - 1]) if length > 1 else [1]
            if above:
                key = re.compile(rf"""["']?{re.escape(keys[length - 1])}["']?\s*[.=]""")
                found = self._first(key, above[0] - 1)
                if self.lines and key.match(self.lines[found].lstrip()):
                    return found + 1
        return 1

    def table_lines(self, *keys: str) -> list[int]:
        """The lines of the headers of the table, or of the array of tables, at the path ``keys``."""
        path = r"\s*\.\s*".join(f"""["']?{re.escape(key)}["']?""" for key in keys)
        header = re.compile(rf"\[\[?\s*{path}\s*\]")
        return [number for number, line in enumerate(self.lines, start=1) if header.match(line.lstrip())]

    def requirement(self, text: Any, *, header: str, key: str) -> DeclaredRequirement:
        """The requirement ``text`` in the array ``key`` of the table that begins with ``header``."""
        if not isinstance(text, str):
            line = self.line(header, key)
            raise self.refused(f"{key} contains {str(text)[:80]!r}, which is not a string", line)
        location = self.location(self.line(header, key, text))
        return DeclaredRequirement(parse_requirement(text, where=str(location)), location)

    def requires_python(self, *keys: str) -> tuple[PythonRequirement, ...]:
        """What the table at ``keys`` says of its Python."""
        key, header = "requires-python", f"[{'.'.join(keys)}]" if keys else ""
        text = self.text(self.table(*keys), *keys, key)
        return python_requirement(text, key, self.location(self.line(header, key)))

    def location(self, line: int) -> Location:
        """A line of this file."""
        return Location(self._project, self.path, line)

    def refused(self, message: str, line: int) -> InputError:
        """An error at a line of this file."""
        return InputError(f"{self.path}, line {line}: {message}")

    def _first(self, pattern: re.Pattern[str], start: int) -> int:
        numbers = range(start, len(self.lines))
        return next((number for number in numbers if pattern.match(self.lines[number].lstrip())), start)

    def _expect(self, value: Any, kind: type, keys: tuple[str, ...]) -> None:
        if not isinstance(value, kind):
            name = {"dict": "a table", "list": "an array", "str": "a text"}[kind.__name__]
            raise self.refused(f"{'.'.join(keys)} must be {name}, not {str(value)[:80]!r}", self.key_line(*keys))


def _parse(path: str, text: str) -> dict[str, Any]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.count(".") > MAX_DOTS and _STRING.sub("", line).count(".") > MAX_DOTS:
            raise InputError(f"{path}, line {number} has a name with too many parts")
        if any(len(digits) > MAX_DIGITS for digits in _DIGITS.findall(_STRING.sub("", line))):
            raise InputError(f"{path}, line {number} has a number of more than {MAX_DIGITS} digits; correct it")
    toml = _reader(path)
    try:
        data: dict[str, Any] = toml.loads(text)
    except ValueError as error:
        raise InputError(f"{path} is not TOML: {error}") from error
    except RecursionError:
        raise InputError(f"{path} is nested too deeply") from None
    return data


def _reader(path: str) -> Any:
    for name in ("tomllib", "tomli"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise ToolMissingError(
        f"{path} cannot be read by this Python, which has no TOML reader: let the task use Python 3.11 or newer "
        "(ansible_python_interpreter), install tomli for it, or name a requirements file in 'files'"
    )
