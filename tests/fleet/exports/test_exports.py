"""CSV and the API on the real server: right numbers, safe cells, and the document held against real answers."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from counterpoint.fleet.access.keys import MARK
from counterpoint.fleet.exports.api import BY_KEY
from counterpoint.fleet.exports.asked import ASKED
from counterpoint.fleet.exports.columns import HOURS_COLUMNS, PERIOD_COLUMNS, period_row
from counterpoint.fleet.exports.csv_lines import csv_lines
from counterpoint.fleet.exports.openapi import document
from counterpoint.fleet.exports.routes import export_routes
from counterpoint.fleet.store.opening import open_store
from counterpoint.fleet.store.rows import Annotation, Fact, Heard, Taken
from counterpoint.messages.schemas import Birth, HealthReport, State
from counterpoint.messages.summaries import FiveNumbers, HoursCell, HoursSummary, PeriodSummary
from fleet_messages import hour_window
from fleet_visitors import Answer, Place, Visitor, open_place
from json_schema import wrongs
from site_summaries import weeks_of

BIRTH = Birth(version="1.2.0", timezone="Europe/Berlin", fewest_visits=10, fewest_people=5, health_period_s=900)
HEALTH = HealthReport(sensor=None, waiting_file_count=0, clock_set=True, certificate_left_days=80)
WHOLE = "since=2025-W01&until=2026-W47"


def hours_of(site: str, told: FiveNumbers | None) -> HoursSummary:
    cells = (
        HoursCell(weekdays=(1, 2, 3, 4, 5), parts=("morning",), numbers=told),
        HoursCell(weekdays=(6, 7), parts=("morning", "midday", "afternoon", "evening"), numbers=None),
    )
    return HoursSummary(
        site=site,
        first_week="2026-W43",
        weeks=4,
        timezone="Europe/Berlin",
        fewest_visits=10,
        fewest_people=5,
        cells=cells,
    )


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    store = open_store(str(tmp_path / "fleet.db"))
    with store.writing() as writing:
        writing.name_site("north", '=HYPERLINK(0);"North",\nHall', "Europe/Berlin")
        writing.name_site("south", "Süd", "Europe/Berlin")
        for site in ("north", "south", "all"):
            told = weeks_of(site)
            writing.put_summaries([*told, hours_of(site, told[0].numbers)], 1)
        writing.annotate(Annotation("north", "2026-05-03", "New queue <system>", "manager", 1))
        writing.put_facts(
            [Fact("north", "2026-W40", "visitors", 1204.0), Fact("north", "2026-W40", "waiting_min", 6.5)]
        )
        writing.note_devices([Heard("north", f"device-{number}", BIRTH, 1_700_000_000 + number) for number in range(3)])
        writing.note_devices([Heard("north", "device-1", HEALTH, 1_700_000_900)])
        writing.note_devices([Heard("north", "device-2", State(state="lost"), 1_700_000_950)])
    with open_place(store, export_routes(store)) as opened:
        yield opened
    store.close()


def key_of(visitor: Visitor, *scopes: str, label: str = "test") -> str:
    page = visitor.post(
        "/account/keys", [("label", label), *(("scope", scope) for scope in scopes)], shown_on="/account"
    )
    found = re.search(f"{MARK}[A-Za-z0-9_-]{{43}}", page.text)
    assert found is not None, page.text
    return found[0]


def ask(place: Place, key: str, path: str, **headers: str) -> Answer:
    return place.visitor().get(path, authorization=f"Bearer {key}", **headers)


def rows_of(answer: Answer, delimiter: str = ",") -> list[dict[str, str]]:
    assert answer.status == 200
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_the_csv_holds_every_number_of_the_summaries(place: Place) -> None:
    anna = place.known("anna", "manager", sites=["north"])
    answer = anna.get(f"/export/periods.csv?{WHOLE}")
    rows = rows_of(answer)
    assert answer.body.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-disposition"] == 'attachment; filename="counterpoint-periods-2025-W01-2026-W47.csv"'
    assert list(rows[0]) == list(PERIOD_COLUMNS)
    told = weeks_of("north")
    assert [row["first_week"] for row in rows] == [one.first_week for one in told]
    for row, one in zip(rows, told, strict=True):
        numbers = one.numbers
        assert numbers is not None
        figure = numbers.talk_overs_per_100_min
        assert figure is not None
        assert float(row["talk_overs_per_100_min"]) == figure.value
        assert (float(row["talk_overs_per_100_min_low_95"]), int(row["talk_overs_per_100_min_base"])) == (
            figure.low,
            figure.base,
        )
        assert (row["told"], row["visits"], row["fewest_visits"]) == (
            "yes",
            str(numbers.visit_count),
            str(one.fewest_visits),
        )
        assert [row[name] for name in row if name.startswith("pauses_")] == [
            str(part.share_percent) for part in numbers.pauses or ()
        ]


def test_hours_are_a_row_a_cell_and_what_is_not_told_is_empty(place: Place) -> None:
    rows = rows_of(place.known("anna", "manager", sites=["south"]).get(f"/export/hours.csv?{WHOLE}"))
    assert [(row["weekdays"], row["parts_of_day"], row["told"]) for row in rows] == [
        ("1 2 3 4 5", "morning", "yes"),
        ("6 7", "morning midday afternoon evening", "no"),
    ]
    assert rows[1]["visits"] == ""
    assert list(rows[0]) == list(HOURS_COLUMNS)


def test_a_name_can_not_become_a_formula(place: Place) -> None:
    rows = rows_of(place.known("anna", "manager", sites=["north"]).get("/export/periods.csv"))
    assert {row["site_name"] for row in rows} == {'\'=HYPERLINK(0);"North",\nHall'}


@pytest.mark.parametrize("begin", ["=1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", "\uff201"])
def test_every_way_to_begin_a_formula_is_guarded(begin: str) -> None:
    assert csv_lines([[begin]], decimal_comma=False).lstrip('"').startswith("'")


def test_semicolons_and_decimal_commas_for_who_wants_them(place: Place) -> None:
    anna = place.known("anna", "manager", sites=["south"])
    plain, other = (
        rows_of(anna.get(f"/export/periods.csv?form={form}"), mark) for form, mark in (("", ","), ("semicolon", ";"))
    )
    name = "customer_talk_percent"
    assert other[0]["site_name"] == "Süd"
    assert [row[name].replace(",", ".") for row in other] == [row[name] for row in plain]
    assert any("," in row[name] for row in other)


def test_asking_again_gives_the_same_bytes(place: Place) -> None:
    anna = place.known("anna", "manager")
    assert anna.get(f"/export/periods.csv?{WHOLE}").body == anna.get(f"/export/periods.csv?{WHOLE}").body


def test_an_export_stands_in_the_log_without_a_figure(place: Place) -> None:
    place.known("anna", "manager", sites=["north"]).get(f"/export/periods.csv?{WHOLE}")
    assert ("anna", "exported", "periods of north, 2025-W01 to 2026-W47") in place.log()


@pytest.mark.parametrize(
    "query", ["since=2026", "since=2026-W54", "until=x", "since=9999-W99", "until=0000-W01", "until=0001-W10"]
)
def test_a_week_that_is_none_is_refused(place: Place, query: str) -> None:
    anna = place.known("anna", "manager")
    assert anna.get(f"/export/periods.csv?{query}").status == 400
    assert ask(place, key_of(anna, "figures"), f"/api/v1/sites/north/periods?{query}").status == 400


def test_the_document_describes_what_is_really_answered(place: Place) -> None:
    said = json.loads(place.visitor().get("/api/v1/openapi.json").body)
    assert said == json.loads(json.dumps(document()))
    assert said["openapi"] == "3.1.0"
    key = key_of(place.known("anna", "manager", "it"), "figures", "devices")
    for one in ASKED:
        operation = said["paths"][one.path]["get"]
        answer = ask(place, key, f"/api/v1{one.path.replace('{site}', 'north')}?{WHOLE if one.has_weeks else ''}")
        body = json.loads(answer.body)
        assert body["items"], one.path
        assert wrongs(body, operation["responses"]["200"]["content"]["application/json"]["schema"], said) == []
        refused = place.visitor().get(f"/api/v1{one.path}")
        assert refused.status == 401
        assert (
            wrongs(
                json.loads(refused.body), operation["responses"]["401"]["content"]["application/json"]["schema"], said
            )
            == []
        )


def test_the_check_of_the_document_finds_a_wrong_answer() -> None:
    said = json.loads(json.dumps(document()))
    schema = {"$ref": "#/components/schemas/Periods"}
    good: dict[str, Any] = {"items": [], "next": None}
    assert wrongs(good, schema, said) == []
    bads: list[Any] = [{"items": []}, good | {"x": 1}, good | {"next": 1}, good | {"items": [{"site": "NORTH"}]}, []]
    for bad in bads:
        assert wrongs(bad, schema, said) != []


def test_the_api_gives_the_summaries_as_they_are(place: Place) -> None:
    key = key_of(place.known("anna", "manager", sites=["north"]), "figures")
    items: list[dict[str, Any]] = []
    where: str | None = f"/api/v1/sites/north/periods?{WHOLE}&limit=7"
    while where is not None:
        page = json.loads(ask(place, key, where).body)
        assert 0 < len(page["items"]) <= 7
        items, where = items + page["items"], page["next"]
    told = weeks_of("north")
    assert [one["first_week"] for one in items] == [one.first_week for one in told]
    assert items[0]["numbers"]["visit_count"] == (told[0].numbers.visit_count if told[0].numbers else None)


def test_paging_ends_for_every_kind(place: Place) -> None:
    key = key_of(place.known("anna", "manager", "it"), "figures", "devices")
    for one in ASKED:
        where: str | None = f"/api/v1{one.path.replace('{site}', 'north')}?limit=1" + (
            f"&{WHOLE}" if one.has_weeks else ""
        )
        seen: list[str] = []
        while where is not None and len(seen) < 100:
            page = json.loads(ask(place, key, where).body)
            seen += [json.dumps(item) for item in page["items"]]
            where = page["next"]
        assert where is None
        assert len(seen) == len(set(seen)) > 0


@pytest.mark.parametrize("limit", ["0", "501", "-1", "1e2", "٣", "9" * 5000, "", " 1"])
def test_a_limit_that_is_none_is_refused(place: Place, limit: str) -> None:
    key = key_of(place.known("anna", "manager"), "figures")
    assert ask(place, key, f"/api/v1/sites?limit={quote(limit)}").status in (400, 414)


def test_who_has_the_answer_already_gets_none(place: Place) -> None:
    key = key_of(place.known("anna", "manager"), "figures")
    first = ask(place, key, f"/api/v1/sites/north/periods?{WHOLE}")
    again = ask(place, key, f"/api/v1/sites/north/periods?{WHOLE}", if_none_match=f'W/"x", {first.headers["etag"]}')
    assert (first.status, again.status, again.body) == (200, 304, b"")
    assert "no-store" not in first.headers["cache-control"]


def test_a_key_is_kept_as_a_digest_shown_once_and_ends_when_it_is_ended(place: Place, tmp_path: Path) -> None:
    anna = place.known("anna", "manager")
    key = key_of(anna, "figures", label="<b>Dash</b>")
    assert ask(place, key, "/api/v1/sites").status == 200
    assert key.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    page = anna.get("/account").text
    assert key not in page
    assert "&lt;b&gt;Dash&lt;/b&gt;" in page
    digest = page.split('name="digest" value="')[1].split('"')[0]
    place.known("ben", "manager").post("/account/keys/end", {"digest": digest}, shown_on="/account")
    assert ask(place, key, "/api/v1/sites").status == 200, "nobody ends another's key"
    anna.post("/account/keys/end", {"digest": digest}, shown_on="/account")
    assert ask(place, key, "/api/v1/sites").status == 401
    assert ("anna", "key.made", "<b>Dash</b>: figures") in place.log()


def test_a_key_never_sees_more_than_its_account(place: Place) -> None:
    anna = place.known("anna", "manager", sites=["north"])
    key = key_of(anna, "figures")
    refused = anna.post("/account/keys", {"label": "x", "scope": "devices"}, shown_on="/account")
    assert refused.status == 422
    answers = [ask(place, key, f"/api/v1/sites/{site}/periods").status for site in ("north", "south", "all", "nowhere")]
    assert answers == [200, 404, 404, 404]
    assert [one["code"] for one in json.loads(ask(place, key, "/api/v1/sites").body)["items"]] == ["north"]
    assert ask(place, key, "/api/v1/devices").status == 403
    place.known("anna", "auditor", sites=[])
    assert [ask(place, key, path).status for path in ("/api/v1/sites", "/api/v1/sites/north/periods")] == [403, 403]
    with place.store.writing() as writing:
        writing.access.remove_account("anna")
    assert ask(place, key, "/api/v1/sites").status == 401


def test_it_has_devices_and_no_figures(place: Place) -> None:
    key = key_of(place.known("ida", "it"), "devices")
    devices = json.loads(ask(place, key, "/api/v1/devices").body)["items"]
    assert [(one["id"], one["state"], one["clock_set"]) for one in devices] == [
        ("device-0", "unknown", None),
        ("device-1", "unknown", True),
        ("device-2", "lost", None),
    ]
    assert ask(place, key, "/api/v1/sites/north/periods").status == 403
    with place.store.writing() as writing:
        writing.note_closed("north", "2026-W45", "2026-W45")
    sites = json.loads(ask(place, key, "/api/v1/sites").body)["items"]
    assert [site["told_until"] for site in sites] == [None, None], "it says whether enough customers came"


def test_the_count_of_gaps_moves_with_weeks_and_not_with_windows(place: Place) -> None:
    key = key_of(place.known("ida", "it"), "devices")

    def gaps() -> int:
        return int(json.loads(ask(place, key, "/api/v1/devices").body)["items"][0]["gap_count"])

    def sends(*hours_ago: int) -> None:
        with place.store.writing() as writing:
            writing.take_windows([Taken("north", "device-0", hour_window(ago), 1) for ago in hours_ago])

    sends(24 * 7 * 5, 24 * 7 * 4)
    assert gaps() == 1
    for hours in (30, 20, 10):
        sends(hours)
        assert gaps() == 1, "nobody sees a window come"


def test_a_cookie_does_not_count_at_the_api(place: Place) -> None:
    assert place.known("anna", "manager").get("/api/v1/sites").status == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic eDp4", "Bearer x y", "Bearer " + "x" * 5000, "Bearer ' OR 1=1"]
)
def test_what_is_no_key_opens_nothing(place: Place, header: str) -> None:
    answer = place.visitor().get("/api/v1/sites", authorization=header)
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_too_many_questions_are_told_to_wait(place: Place) -> None:
    key = key_of(place.known("anna", "manager"), "figures")
    other = key_of(place.known("ben", "manager"), "figures")
    started = time.monotonic()
    statuses = [ask(place, key, "/api/v1/sites").status for _ in range(BY_KEY.at_once + 30)]
    allowed = BY_KEY.at_once + (time.monotonic() - started) / BY_KEY.every_s + 1
    assert statuses.count(200) <= allowed
    assert 429 in statuses
    refused = ask(place, key, "/api/v1/sites")
    if refused.status == 429:
        assert int(refused.headers["retry-after"]) >= 1
    assert ask(place, other, "/api/v1/sites").status == 200


def test_strange_addresses_are_404_in_json(place: Place) -> None:
    for path in ("/api", "/api/", "/api/v2/sites", "/api/v1/sites/north/", "/api/v1/../../etc/passwd"):
        answer = place.visitor().get(path)
        assert answer.status in (303, 404)
        assert b"passwd" not in answer.body


def test_the_page_says_how_it_goes(place: Place) -> None:
    page = place.known("anna", "manager").get("/export").text
    assert "curl" in page
    assert all(f"/api/v1{one.path}" in page for one in ASKED)
    assert place.known("ida", "it").get("/export").status == 200


def test_every_row_has_every_column() -> None:
    names: dict[str, str] = {}
    told: Sequence[PeriodSummary] = weeks_of("north", 3)
    assert {len(period_row(one, names)) for one in told} == {len(PERIOD_COLUMNS)}
