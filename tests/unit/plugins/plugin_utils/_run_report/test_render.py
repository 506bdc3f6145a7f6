# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The page: whatever names contain, its elements are those of the template; and it is small."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.document import report_document
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.each_host import together
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.render import render
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.plugin_utils._run_report.samples import (
    HOSTILE,
    built,
    events,
    failed_task,
    needs,
    ran,
    receipt,
)

#: Texts of the document that are words of ours.
_OURS = ("state", "verdict", "started", "ended", "kind", "status", "results", "where")
#: What begins a request or runs.
_ACTIVE = {"script", "a", "img", "iframe", "object", "embed", "form", "input", "base", "audio", "video", "template"}
_LETTERS = "<>&\"'/=-! \n\t\x00\x1b\u202e\u2028\ufeff\ud800{}%#aé🦊;]"


class Parsed(HTMLParser):
    """The elements with the names of their attributes, the values of attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.values: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, *(name for name, _value in attrs)))
        self.values += [value or "" for _name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def document(**more: Any) -> dict[str, Any]:
    """One with something in each part."""
    failed = [failed_task(), failed_task(task="old way", ignored=True), failed_task(host="db", unreachable=True)]
    results = {"needs": needs(), "built": {**built(), "roles": [{"name": "r", "version": "1"}]}, "torrent": receipt()}
    run = ran(failed_tasks=failed, unmatched_plays=["Nobody"])
    of_host = report_document(playbook="site.yml", results={"built": built(), "run": run})
    parts = together({"web1": of_host, "web2": {**of_host, "venv": {**of_host["venv"], "path": "/x"}}}, directory="tar")
    del parts["files"]  # the torrent has some
    return report_document(
        playbook="site.yml", results={**results, "run": run}, events=events(failing=2),
        parts={**parts, "venv": {**parts["venv"], "roles": [{"name": "r", "version": "1"}]}}, **more,
    )  # fmt: skip


def with_texts(value: Any, text: Callable[[str], str], key: str = "") -> Any:
    """The same with other texts."""
    if isinstance(value, dict):
        return {name: with_texts(item, text, name) for name, item in value.items()}
    if isinstance(value, list):
        return [with_texts(item, text, key) for item in value]
    return text(value) if isinstance(value, str) and value and key not in _OURS else value


def numbered(template: str) -> Callable[[str], str]:
    """Texts that differ where those that they replace do."""
    known: dict[str, int] = {}
    return lambda text: f"{known.setdefault(text, len(known))} {template}"


def elements_of(template: str) -> tuple[list[tuple[str, ...]], Parsed]:
    parsed = Parsed(render(with_texts(document(), numbered(template))))
    return parsed.elements, parsed


def random_text(seed: int) -> str:
    choose = random.Random(seed)
    parts = [*_LETTERS, *HOSTILE, "<b>", "</", "-->", "<!--", "&#60;", "<svg/onload=x>", "]]>"]
    return "".join(choose.choice(parts) for _number in range(choose.randrange(1, 12)))


@pytest.mark.parametrize("text", [*HOSTILE, *map(random_text, range(50))])
def test_names_do_not_make_elements(text: str) -> None:
    """Also where a document was not made by us: its texts are not printable here."""
    found, parsed = elements_of(text)
    plain, _parsed = elements_of(re.sub(r"[^\n]", "x", text))
    assert found == plain
    assert not _ACTIVE & {tag for tag, *_attributes in found}
    assert parsed.text.count(text.strip() or "0") >= 10


def test_names_are_printable_in_a_document_of_ours() -> None:
    hostile = "\x1b[2J\u202e\ud800\x00<b>"
    failed = [failed_task(task=hostile, host=hostile, msg=hostile, path=hostile)]
    told = report_document(
        playbook=hostile,
        results={"run": ran(failed_tasks=failed, stats={hostile: {"failures": 1}}, artifacts=[hostile])},
        events=[{"event": "result", "time": 1, "task": hostile, "host": hostile, "status": "failed", "play": hostile}],
    )
    page = render(json.loads(json.dumps(told)))
    page.encode()  # no halves of pairs
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
    assert "\\x1b[2J\\u202e\\ud800\\x00&lt;b&gt;" in page


def test_names_of_others_do_not_change_the_order_of_text_around_them() -> None:
    """Those of right-to-left scripts are names like others, and stand in an element that isolates them."""
    name = "\u05d0\u05d1"
    page = render(with_texts(document(), numbered(name)))
    outside = re.sub(r"<(bdi|pre|title)>.*?</\1>|aria-label=\"[^\"]*\"", "", page, flags=re.DOTALL)
    values = re.findall(rf"[^<>]*{name}[^<>]*", outside)
    assert {value.strip().split(" ")[0] for value in values} <= {"run", *map(str, range(100))}, values


def test_two_hundred_tasks_on_five_hosts_are_less_than_100_kb() -> None:
    results = {"needs": needs(20), "built": built(), "run": ran(failed_tasks=[failed_task()] * 5)}
    told = report_document(playbook="site.yml", results=results, events=events(tasks=200, hosts=5, failing=150))
    assert len(told["timeline"]["tasks"]) == 200
    assert len(render(told).encode()) <= 100_000


def test_five_hosts_with_venvs_of_their_own_are_less_than_100_kb() -> None:
    """Each with the collections of the community package, and with files."""
    many = [{"name": f"community.collection_{number}", "version": "11.4.2"} for number in range(85)]
    run = ran(failed_tasks=[], artifacts=[f"results/of/this/host/{number}.txt" for number in range(10)])
    reports = {
        f"web{number}.example.org": report_document(
            playbook="site.yml",
            results={"built": {**built(), "collections": many, "path": f"/home/u{number}/venvs/x"}, "run": run},
        )
        for number in range(5)
    }
    told = report_document(
        playbook="site.yml", results={"needs": needs(20)}, events=events(tasks=200, hosts=5, failing=150),
        parts=together(reports, directory="the tar"),
    )  # fmt: skip
    page = render(told)
    assert len(page.encode()) <= 100_000
    assert all(f"/home/u{number}/venvs/x" in page for number in range(5))
    assert (len(told["other_venvs"]), len(told["other_venvs"][3]["collections"])) == (4, 85)
    assert "exit code 2 (" in page


def test_a_failure_of_several_hosts_is_one_entry() -> None:
    failed = [failed_task(host=f"web{number}") for number in range(3)] + [failed_task(task="Other")]
    page = render(report_document(playbook="site.yml", results={"run": ran(failed_tasks=failed)}))
    assert 'Failed tasks <span class="count">2</span>' in page


def test_a_hundred_long_messages_are_less_than_100_kb() -> None:
    failed = [failed_task(task=f"task {number}", msg=f"{number} is wrong: " + "<&\n" * 700) for number in range(100)]
    many = events(tasks=200, hosts=5)
    page = render(report_document(playbook="site.yml", results={"run": ran(failed_tasks=failed)}, events=many))
    assert len(page.encode()) <= 100_000
    assert [f"{number} is wrong: " in page for number in range(100)] == [True] * 100


@pytest.mark.parametrize("character", ["x", "ä", "設", "😀", "&", "'"])
def test_long_names_of_tasks_are_less_than_100_kb(character: str) -> None:
    """In whatever script, and with what is escaped. The document has them whole."""
    results = {"needs": needs(20), "built": built(), "run": ran(failed_tasks=[failed_task()] * 5)}
    named = []
    for event in events(tasks=200, hosts=5):
        named.append({**event, "task": f"{event['task']} {character * 150}"} if "task" in event else event)
    told = report_document(playbook="site.yml", results=results, events=named)
    assert all(character * 100 in row["name"] for row in told["timeline"]["tasks"])
    page = render(told)
    assert len(page.encode()) <= 100_000
    assert "web : Configure" in page and "…</bdi>" in page


def test_names_of_few_tasks_are_whole() -> None:
    named = [{**event, "task": "x" * 200} if "task" in event else event for event in events(tasks=4)]
    assert "x" * 200 in render(report_document(playbook="site.yml", results={}, events=named))


def test_the_worst_document_is_limited() -> None:
    long = "\u202e<" * 5000
    failed = [failed_task(task=f"{number}{long}", msg=long, host=long) for number in range(500)]
    stats = {f"{number}{long}": {"failures": 1} for number in range(3000)}
    results = [
        {"event": "result", "time": number, "task": f"{number}{long}", "host": f"{number % 300}{long}", "status": "ok"}
        for number in range(3000)
    ]
    evidence = [{"file": long, "line": number, "collection": f"{number}{long}"} for number in range(3000)]
    run = ran(failed_tasks=failed, stats=stats, artifacts=[f"{number}{long}" for number in range(3000)])
    told = report_document(playbook=long, results={"needs": {"evidence": evidence}, "run": run}, events=results)
    page = render(told)
    assert len(page) < 3_000_000
    for left_out in ("400 more failures", "2800 more hosts", "2000 more tasks", "2800 more files"):
        assert f"{left_out} not shown." in page


def test_nothing_is_fetched_or_run() -> None:
    page = render(document())
    assert "default-src 'none'" in page
    assert not re.findall(r"(?:https?:)?//\w", page)
    values = Parsed(page).values
    assert [value for value in values if ":" in value and value.startswith(("data", "javascript", "http"))] == [
        "data:,"
    ]


def test_a_failure_of_many_hosts_is_one_entry() -> None:
    failed = [failed_task(host=f"host{number:02}") for number in range(30)]
    page = render(report_document(playbook="p", results={"run": ran(failed_tasks=failed)}))
    assert page.count('<li class="failure">') == 1
    assert "<bdi>host09</bdi> and 20 other hosts" in page


def test_a_run_that_has_only_begun_is_a_page() -> None:
    page = render(report_document(playbook="site.yml", results=None))
    assert "The end of the run is not known" in page
    assert "<section" not in page
