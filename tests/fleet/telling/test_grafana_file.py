"""The Grafana dashboard, held against the API that it reads and against what Grafana documents of a dashboard's file.

It was not opened in Grafana here: what Grafana itself makes of it is not tested.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import counterpoint.fleet.telling
from counterpoint.fleet.access.keys import make_key
from counterpoint.fleet.access.people import Person
from counterpoint.fleet.exports.asked import ASKED
from counterpoint.fleet.exports.routes import export_routes
from counterpoint.fleet.store.rows import Account
from fleet_visitors import Place, open_place
from fleet_year import year_in

FILE = Path(counterpoint.fleet.telling.__file__).with_name("grafana.json")
INFINITY = "yesoreyeram-infinity-datasource"
COLUMNS = 24  # of Grafana's grid
WHOLE = ("id", "uid", "title", "panels", "schemaVersion", "templating", "annotations", "time", "timezone", "version")


@pytest.fixture(scope="module")
def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text())
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    store = year_in(tmp_path_factory.mktemp("grafana") / "year.db")
    with open_place(store, export_routes(store)) as place:
        yield place
    store.close()


@pytest.fixture(scope="module")
def key(place: Place) -> str:
    now_s = int(time.time())
    with place.store.writing() as writing:
        writing.access.put_account(Account("dash", "", frozenset({"manager"}), None, made_s=now_s))
        return make_key(writing, Person("dash", frozenset({"manager"}), None), "grafana", ["figures"], now_s)


def queries(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """Every question that the file asks, of panels and of variables."""
    asked = [target for panel in dashboard["panels"] for target in panel["targets"]]
    of_variables = [
        one["query"]["infinityQuery"] for one in dashboard["templating"]["list"] if isinstance(one["query"], dict)
    ]
    return [*asked, *of_variables]


def at(value: Any, selector: str) -> Any:
    for part in selector.split("."):
        if not isinstance(value, dict) or part not in value:
            return None
        value = value[part]
    return value


def test_every_question_is_answered_by_the_api_with_every_column(
    dashboard: dict[str, Any], place: Place, key: str
) -> None:
    with place.store.reading() as reading:
        sites = ["all", *(site.code for site in reading.sites())]
    for query in queries(dashboard):
        items = [item for site in sites for item in asked(place, key, query, site)]
        assert items or "/annotations" in query["url"]
        for column in query["columns"]:  # of some site: a small one has no numbers yet
            assert any(at(item, column["selector"]) is not None for item in items) or not items, column


def asked(place: Place, key: str, query: dict[str, Any], site: str) -> list[Any]:
    url = query["url"].replace("${site}", site).replace("${since}", "2026-W01")
    answer = place.visitor().get(url, authorization=f"Bearer {key}")
    assert answer.status == 200, url
    items: list[Any] = json.loads(answer.body)[query["root_selector"]]
    return items


def test_every_address_is_one_of_the_api(dashboard: dict[str, Any]) -> None:
    known = {f"/api/v1{one.path}" for one in ASKED}
    for query in queries(dashboard):
        assert urlsplit(query["url"]).path.replace("${site}", "{site}") in known
        assert (query["type"], query["source"]) == ("json", "url")


def test_it_has_what_grafana_documents_of_a_dashboards_file(dashboard: dict[str, Any]) -> None:
    """https://grafana.com/docs/grafana/latest, "Dashboard JSON model", the classic one."""
    assert set(WHOLE) <= set(dashboard)
    assert dashboard["id"] is None  # Grafana gives it
    assert dashboard["schemaVersion"] >= 36
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    required = {one["id"] for one in dashboard["__requires"] if one["type"] == "panel"}
    assert {panel["type"] for panel in dashboard["panels"]} == required
    inputs = {one["name"]: one["pluginId"] for one in dashboard["__inputs"]}
    for query in queries(dashboard):
        assert query["datasource"] == {"type": INFINITY, "uid": "${DS_COUNTERPOINT}"}
    assert inputs == {"DS_COUNTERPOINT": INFINITY}


def test_panels_lie_in_the_grid_and_not_over_each_other(dashboard: dict[str, Any]) -> None:
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= COLUMNS for place in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert beside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]


def test_a_bar_chart_names_its_weeks_by_a_column_that_it_asks_for(dashboard: dict[str, Any]) -> None:
    charts = [panel for panel in dashboard["panels"] if panel["type"] == "barchart"]
    assert charts
    for panel in charts:
        assert panel["options"]["xField"] in {column["text"] for column in panel["targets"][0]["columns"]}
