# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Whatever the results, events and status of a run are, its report conforms to the schema, and is a page."""

from __future__ import annotations

import json
import random
from typing import Any

import jsonschema
import pytest
from places import ROOT

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.document import report_document
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.each_host import together
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.render import render
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.plugin_utils._run_report import samples

_SCHEMA = json.loads((ROOT / "docs" / "reference" / "report.schema.json").read_text())
_VALIDATOR = jsonschema.Draft202012Validator(_SCHEMA)
_JUNK: list[Any] = [
    None, True, -1, 0, 1.5, 1e308, float("inf"), float("nan"), 10**400, 1 << 60, [], {}, [[]], [None], [{}], {"a": 1},
    {"": {"": ""}}, "2026-11-27T09:00:00", "9999-12-31T23:59:59-23:59", "running", "died", "failed",
    ["x"] * 300, {str(number): {"ok": -number} for number in range(300)}, {1: 2, None: []}, *samples.HOSTILE,
]  # fmt: skip


def everything() -> dict[str, Any]:
    """All that a report is made of."""
    failed = [samples.failed_task(), samples.failed_task(ignored=True)]
    run = samples.ran(failed_tasks=failed, unmatched_plays=["Nobody"])
    results = {"needs": samples.needs(), "built": samples.built(), "run": run, "torrent": samples.receipt()}
    status = {"state": "failed", "id": "01", "started": samples.at(0), "updated": samples.at(9), "microdollars": 7}
    events: list[dict[str, Any]] = list(samples.events(failing=2))
    events.append({**events[-2], "msg": "x", "number": 3, "ignored": True, "path": "site.yml:3"})
    return {"playbook": "site.yml", "results": results, "events": events, "status": status}


def parts(documents: dict[str, Any]) -> dict[str, Any]:
    """What the reports of hosts come to."""
    return together(documents, directory="result")


def of_hosts() -> dict[str, Any]:
    """Reports of hosts that ran a playbook for themselves."""
    run = {"needs": samples.needs(), "built": samples.built(), "run": samples.ran()}
    first = report_document(playbook="site.yml", results=run)
    second = report_document(playbook="site.yml", results={"built": {**samples.built(), "python": {}}})
    return {"web1": first, "web2": second}


def spoilt(value: Any, choose: random.Random, rate: float) -> Any:
    """The same with other things in some places."""
    if isinstance(value, dict):
        return {key: _or_junk(item, choose, rate) for key, item in value.items()}
    return [_or_junk(item, choose, rate) for item in value] if isinstance(value, list) else value


def _or_junk(value: Any, choose: random.Random, rate: float) -> Any:
    return choose.choice(_JUNK) if choose.random() < rate else spoilt(value, choose, rate)


def check(given: dict[str, Any]) -> str:
    document = json.loads(json.dumps(report_document(**given), allow_nan=False))
    _VALIDATOR.validate(document)
    return render(document)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(_SCHEMA)


def test_a_report_conforms_to_the_schema() -> None:
    assert "Failed on 1 of 2 hosts" in check(everything())
    check({"playbook": "site.yml", "results": None})
    check({"playbook": "", "results": {}})
    assert "out/data.csv" in check({**everything(), "parts": parts(of_hosts())})


def test_the_schema_knows_every_key() -> None:
    """Without it a key that is not documented would not be noticed."""
    document = report_document(**everything())
    assert set(document) == set(_SCHEMA["properties"]) == set(_SCHEMA["required"])


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("seed", range(60))
def test_what_is_not_what_it_should_be_is_left_out(seed: int, rate: float) -> None:
    choose = random.Random(seed)
    given = everything()
    # Who makes a report gives texts and dictionaries; what is in them comes from others.
    results = spoilt(given["results"], choose, rate)
    status = spoilt(given["status"], choose, rate)
    events = [event for event in spoilt([*given["events"]], choose, rate) if isinstance(event, dict)]
    check({"playbook": choose.choice(samples.HOSTILE), "results": results, "events": events, "status": status})
    reports = {choose.choice(samples.HOSTILE): dict(spoilt(one, choose, rate)) for one in of_hosts().values()}
    check({"playbook": "site.yml", "results": results, "parts": parts(reports)})
