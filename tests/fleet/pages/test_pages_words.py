"""What the pages say of summaries: only what moved beyond chance, why nothing is told, and what to do."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from counterpoint.disclosure.sites import SiteRules
from counterpoint.fleet.pages.cards import about
from counterpoint.fleet.pages.choice import Choice, is_week
from counterpoint.fleet.pages.devices import ago, listed, rank
from counterpoint.fleet.pages.freshness import first_day, freshness, told_day, told_week
from counterpoint.fleet.pages.hours import hours, last_told, next_hours, parts_name
from counterpoint.fleet.pages.language import LANGUAGES, language
from counterpoint.fleet.pages.listening import SKILLS, acts, acts_days
from counterpoint.fleet.pages.measures import MEASURES, OPENINGS
from counterpoint.fleet.pages.overview import overview
from counterpoint.fleet.pages.places import find, place
from counterpoint.fleet.pages.privacy import calculate, left_out, rules_in_words
from counterpoint.fleet.pages.report import Noted, new_weeks, report
from counterpoint.fleet.pages.stretches import look
from counterpoint.fleet.pages.trends import Axis, before_after, drawing, own_facts, rows
from counterpoint.fleet.store.rows import Annotation, DeviceState, Fact, Site, SiteName, Told
from counterpoint.fleet.store.weeks import monday, weeks_later
from counterpoint.messages.schemas import Birth, HealthReport, SensorHealth
from counterpoint.messages.summaries import Figure, PeriodSummary
from site_summaries import LAST_WEEK, ZONE, drawn, hours_of, numbers, period, weeks_of

EN = language("en")
TODAY = date(2026, 11, 23)
SITE = Site("bern", "Bern", ZONE, 4, 5, LAST_WEEK)
CHOICE = Choice(SITE, 4, LAST_WEEK, (SITE,))
NOW_S = 1_800_000_000
FINE = HealthReport(
    sensor=SensorHealth(microphone="fine", words="on", light="pins", frames_lost_count=0, disk_free_mb=9000),
    waiting_file_count=0,
    clock_set=True,
    certificate_left_days=200,
)
BIRTH = Birth(version="0.1.0", timezone=ZONE, fewest_visits=10, fewest_people=5, health_period_s=900)


def quiet_weeks(count: int = 12) -> list[PeriodSummary]:
    """Weeks in which nothing happens at all."""
    same = numbers(random.Random(1))  # noqa: S311 - made-up numbers, no secrets
    return [period("bern", weeks_later(LAST_WEEK, at - count + 1), same) for at in range(count)]


ORDINARY = DeviceState(
    id="d1",
    site="bern",
    label="",
    first_seen_s=NOW_S - 9999,
    last_seen_s=NOW_S - 60,
    state="online",
    state_s=NOW_S,
    birth=BIRTH,
    health=FINE,
    health_s=NOW_S - 60,
    gaps=(),
    told_until_s=None,
    apart_count=0,
    late_count=0,
    quarantined=False,
)


def device(name: str = "d1", **of: Any) -> DeviceState:
    return replace(ORDINARY, id=name, **of)


NOTHING_NOTED = Noted([], [])


def troubles(state: DeviceState) -> list[str]:
    return [trouble.name for trouble in listed(EN, rank([state], {}, NOW_S), NOW_S, "").shown[0].troubles]


def test_quiet_weeks_say_that_nothing_changed() -> None:
    view = overview(EN, CHOICE, quiet_weeks(), TODAY, 5)
    assert view.sentence == EN.say("sentence.nothing")
    assert view.stale == ""


def test_a_change_is_told_in_the_numbers_own_words() -> None:
    view = overview(EN, CHOICE, weeks_of("bern", better_since=4), TODAY, 5)
    assert view.sentence.startswith("Openings let finish went from ")
    assert all(word not in view.sentence.lower() for word in ("better", "worse", "good", "bad"))


def test_four_weeks_are_held_against_the_four_before() -> None:
    view = overview(EN, CHOICE, weeks_of("bern"), TODAY, 5)
    assert view.days == "19 October to 15 November 2026"
    assert view.before_key.startswith("21 September to 18 October 2026")


def test_the_first_numbers_are_compared_with_nothing() -> None:
    view = overview(EN, CHOICE, quiet_weeks(4), TODAY, 5)
    assert view.is_told
    assert view.sentence == EN.say("sentence.first")
    assert view.before_key == ""


def test_a_shorter_stretch_before_is_none() -> None:
    seen = look(quiet_weeks(7), 4)
    assert seen is not None
    assert (seen.now.weeks, seen.before) == (4, None)


def test_a_stretch_never_reaches_over_a_gap() -> None:
    weeks = quiet_weeks(12)
    seen = look(weeks[:6] + weeks[10:], 4)
    assert seen is not None
    assert (seen.now.weeks, seen.before) == (2, None)


def test_runs_of_four_weeks_are_taken_whole() -> None:
    told = numbers(drawn("a"))
    runs = [period("davos", weeks_later(LAST_WEEK, -4 * at - 3), told, weeks=4) for at in (3, 2, 1, 0)]
    seen = look(runs, 1)
    assert seen is not None
    assert seen.before is not None
    assert (seen.now.weeks, seen.before.weeks) == (4, 4)


@pytest.mark.parametrize(
    ("site", "why"),
    [
        (replace(SITE, counter_count=0, people=0), "no_counters"),
        (replace(SITE, people=1), "one_person"),
        (replace(SITE, people=4), "few_people"),
        (replace(SITE, people=5), "first"),
        (replace(SITE, people=0), "first"),
    ],
)
def test_where_nothing_is_told_the_page_says_why_and_when(site: Site, why: str) -> None:
    view = overview(EN, replace(CHOICE, site=site), [], TODAY, 5)
    assert not view.is_told
    asked = {"people": 5, "weeks": 12, "present": "21 January 2027", "following": "15 April 2027"}
    assert view.why == EN.say(f"overview.why.{why}", **asked)


def test_too_few_visits_are_told_as_too_few() -> None:
    view = overview(EN, CHOICE, [period("bern", LAST_WEEK, None)], TODAY, 5)
    assert "a number would have shown single people" in view.why
    assert "told about 21 January 2027 at the latest" in view.why


@pytest.mark.parametrize(("days", "is_stale"), [(0, False), (17, False), (19, True), (60, True)])
def test_numbers_that_should_have_been_followed_are_stale(days: int, is_stale: bool) -> None:
    end = monday(LAST_WEEK) + timedelta(days=6)
    view = overview(EN, CHOICE, quiet_weeks(), end + timedelta(days=days), 5)
    assert bool(view.stale) == is_stale


def test_a_number_that_can_not_be_told_is_said_so_on_its_card() -> None:
    untold = {"openings_let_finish_percent": None, "pauses": None}
    weeks = [
        msgspec.structs.replace(week, numbers=msgspec.structs.replace(week.numbers, **untold))
        for week in quiet_weeks()
        if week.numbers
    ]
    view = overview(EN, CHOICE, weeks, TODAY, 5)
    assert view.openings is not None
    assert (view.openings.value, view.openings.drawing, view.pauses) == ("", None, None)


def test_the_devices_own_error_is_told_in_tenths() -> None:
    view = overview(EN, CHOICE, quiet_weeks(), TODAY, 5)
    assert view.sure is not None
    assert (view.sure.found, view.sure.wrong) == ("7", "5")


def test_hours_name_both_ends_and_what_was_told_together() -> None:
    view = hours(EN, hours_of("bern"), OPENINGS)
    assert view.has_pooled
    assert any(row.days == "Monday to Friday" and row.is_pooled for row in view.rows)
    assert any(row.says == EN.say("dial.untold") for row in view.rows)
    assert "%" in view.highest
    assert view.differs


def test_hours_that_differ_by_no_more_than_chance_have_no_ends_and_one_shade() -> None:
    summary = hours_of("bern")
    one = next(cell.numbers for cell in summary.cells if cell.numbers)
    same = [msgspec.structs.replace(cell, numbers=one) for cell in summary.cells]
    view = hours(EN, msgspec.structs.replace(summary, cells=tuple(same)), OPENINGS)
    assert not view.differs
    assert set(re.findall(r"shade-\d", view.drawing)) == {"shade-3"}


@pytest.mark.parametrize(("code", "says"), [("en", "from 17"), ("de", "ab 17")])
def test_a_part_of_the_day_is_small_within_a_sentence(code: str, says: str) -> None:
    assert parts_name(language(code), ("afternoon", "evening")).endswith(f", {says}")


def test_a_place_that_is_told_by_twelve_weeks_says_so_when_fewer_are_asked_for() -> None:
    run = msgspec.structs.replace(quiet_weeks()[-1], weeks=12)
    assert overview(EN, CHOICE, [run], TODAY, 5).days.endswith(", told 12 weeks at a time")
    assert "at a time" not in overview(EN, CHOICE, quiet_weeks(), TODAY, 5).days


def test_listening_shows_acts_in_the_order_of_the_page() -> None:
    seen = look(quiet_weeks(), 4)
    assert seen is not None
    assert [row.name for row in acts(EN, seen.now, seen.before)] == list(SKILLS)


def test_acts_that_stand_are_of_the_days_on_which_they_were_first_told() -> None:
    told, again, anew = quiet_weeks(3)
    runs = [
        msgspec.structs.replace(told, act_visits_percent=None),
        msgspec.structs.replace(again, held_since=told.first_week),
        msgspec.structs.replace(anew, held_since=told.first_week, act_visits_percent=again.act_visits_percent),
    ]
    seen = look(runs, 1)
    assert seen is not None
    assert acts_days(seen, runs) == (date(2026, 11, 2), date(2026, 11, 8))
    seen = look([told], 1)
    assert seen is not None
    assert acts_days(seen, [told]) is None


def test_without_words_there_are_no_acts_and_not_zero() -> None:
    seen = look([msgspec.structs.replace(week, act_visits_percent=None) for week in quiet_weeks()], 4)
    assert seen is not None
    assert acts(EN, seen.now, None) == ()


def test_sites_keep_their_order_whatever_they_are_searched_for() -> None:
    sites = [SiteName(f"s{at}", f"Place {at:03d}", None) for at in range(60)]
    assert [site.code for site in find(sites, "place 01", "").sites] == [f"s{at}" for at in range(10, 20)]
    assert (find(sites, "", "99").page, find(sites, "", "-1").page, find(sites, "", "x").page) == (3, 1, 1)
    assert find(sites, "nowhere", "").sites == ()


def test_who_may_not_see_figures_gets_neither_line_nor_sentence_nor_how_far_it_is_told() -> None:
    shown = place(EN, SITE, None, 4)
    assert (shown.line, shown.sentence, shown.told) == (None, "", "")


def test_before_and_after_leave_the_week_itself_out() -> None:
    runs = weeks_of("bern", 30, better_since=9)
    note = Annotation("bern", "2026-09-14", "New queue system", "anna", 0, 7)
    shown = before_after(EN, runs, note, 1, 4.0)
    assert shown.before_days.endswith("13 September 2026")
    assert shown.after_days.startswith("21 September")
    openings = shown.rows[0]
    assert (openings.title, openings.changed) == ("Openings let finish", True)
    assert openings.needed.endswith(("week", "weeks"))


def test_what_happened_last_week_has_no_after_yet() -> None:
    runs = weeks_of("bern", 30)
    assert before_after(EN, runs, Annotation("bern", "2026-11-12", "x", "anna", 0), 1, 4.0).rows == ()


def test_a_trend_shows_only_the_time_asked_for() -> None:
    axis = Axis(weeks_later(LAST_WEEK, -12), 13)
    chart = drawing(EN, axis, weeks_of("bern", 30), OPENINGS, [])
    assert chart.count('class="hit"') == 13


def test_own_facts_have_a_chart_each_on_the_same_axis() -> None:
    axis = Axis(weeks_later(LAST_WEEK, -12), 13)
    facts = [
        Fact("bern", weeks_later(axis.since, at), kind, 100.5 + at)
        for kind in ("visitors", "Lärm <b>")
        for at in range(9)
    ]
    shown = own_facts(EN, axis, facts)
    assert [fact.title for fact in shown] == ["Visitors", "Lärm <b>"]
    assert all(fact.drawing.count('class="hit"') == 13 for fact in shown)
    assert "<b>" not in shown[1].drawing


def test_a_report_is_a_week_against_the_four_before() -> None:
    shown = report(EN, weeks_of("bern"), LAST_WEEK, NOTHING_NOTED)
    assert shown is not None
    assert (shown.days, shown.before_days) == ("9 to 15 November 2026", "12 October to 8 November 2026")
    assert report(EN, [], LAST_WEEK, NOTHING_NOTED) is None


def test_a_report_of_a_week_that_brought_nothing_says_so_and_when_the_next_come() -> None:
    told = period("bern", weeks_later(LAST_WEEK, -14), numbers(drawn("a")), weeks=12)
    assert new_weeks([told]) == {weeks_later(LAST_WEEK, -3)}
    shown = [report(EN, [told], weeks_later(LAST_WEEK, at), NOTHING_NOTED) for at in (-3, -2, 0)]
    assert [page.is_new for page in shown if page] == [True, False, False]
    assert {page.days for page in shown if page} == {"3 August to 25 October 2026"}
    assert {page.told for page in shown if page} == {"Told on 29 October 2026."}
    assert {page.due for page in shown if page} == {
        "Whether the numbers still stand is looked at next about 26 November 2026."
    }


def test_a_report_says_what_the_site_counted_itself_in_that_week() -> None:
    facts = [
        Fact("bern", week, "visitors", value) for week, value in ((weeks_later(LAST_WEEK, -1), 90), (LAST_WEEK, 80))
    ]
    shown = report(EN, quiet_weeks(), LAST_WEEK, Noted([], facts))
    assert shown is not None
    assert [(own.title, own.now, own.before) for own in shown.own] == [("Visitors", "80", "90")]


def test_a_report_has_room_for_the_last_notes_alone() -> None:
    notes = [Annotation("bern", "2026-09-14", f"note {at}", "anna", 0, at) for at in range(20)]
    shown = report(EN, quiet_weeks(), LAST_WEEK, Noted(notes, []))
    assert shown is not None
    assert [event.text for event in shown.events] == [f"note {at}" for at in range(16, 20)]
    assert shown.trend.count('class="flag"') == 4


def blocks(*told: bool) -> list[PeriodSummary]:
    """Runs of twelve weeks, the last of which ended three weeks before LAST_WEEK; False: too little."""
    first = weeks_later(LAST_WEEK, -2 - 12 * len(told))
    runs = [(weeks_later(first, 12 * at), is_told) for at, is_told in enumerate(told)]
    return [period("bern", week, numbers(drawn(week)) if is_told else None, weeks=12) for week, is_told in runs]


def test_too_little_at_the_end_hides_no_earlier_numbers() -> None:
    view = overview(EN, CHOICE, blocks(True, True, False), TODAY, 5)
    assert view.is_told
    assert view.days == "11 May to 2 August 2026, told 12 weeks at a time"
    assert view.before_key.startswith("16 February to 10 May 2026")
    assert view.since.startswith("3 August to 25 October 2026: too little to tell.")
    assert view.fresh == (
        "Told on 6 August 2026. Whether the numbers still stand is looked at next about 26 November 2026."
    )


def test_what_could_not_be_told_in_between_is_left_out_and_said() -> None:
    seen = look(blocks(True, False, True), 30)
    assert seen is not None
    assert (seen.now.weeks, seen.now.untold_weeks, seen.since) == (36, 12, None)
    view = overview(EN, replace(CHOICE, weeks=13), blocks(True, False, True), TODAY, 5)
    assert view.gap == ""
    assert view.before_key.startswith("16 February to 10 May 2026")
    assert overview(EN, CHOICE, blocks(False, True), TODAY, 5).sentence == EN.say("sentence.no_before")
    wide = overview(EN, replace(CHOICE, weeks=52), blocks(True, False, True), TODAY, 5)
    assert wide.gap.startswith("12 weeks of these are not in the numbers")


def test_numbers_say_when_they_were_told_and_when_the_next_come() -> None:
    assert overview(EN, CHOICE, quiet_weeks(), TODAY, 5).fresh == (
        "Told on 19 November 2026. The next numbers come about 26 November 2026."
    )


def test_of_the_past_nothing_is_said_to_come() -> None:
    assert overview(EN, replace(CHOICE, newest=weeks_later(LAST_WEEK, 1)), quiet_weeks(), TODAY, 5).fresh == ""


@pytest.mark.parametrize(
    ("weeks", "last"), [(1, date(2026, 11, 26)), (4, date(2026, 11, 26)), (12, date(2026, 11, 26))]
)
def test_the_next_numbers_come_at_the_pace_of_the_place(weeks: int, last: date) -> None:
    run = period("bern", weeks_later("2026-W43", 1 - weeks), numbers(drawn("a")), weeks=weeks)
    fresh = freshness([run], TODAY)
    assert fresh is not None
    assert (fresh.due, fresh.is_late) == (last, weeks == 1)


def test_numbers_of_few_weeks_stand_for_no_longer_than_their_block() -> None:
    first = period("bern", "2026-W28", numbers(drawn("a")), weeks=12)
    moved = period("bern", "2026-W40", numbers(drawn("b")), weeks=4)
    fresh = freshness([first, moved], TODAY)
    assert fresh is not None
    assert fresh.due == date(2027, 1, 21)


def test_before_anything_was_told_the_first_numbers_come_with_a_block() -> None:
    fresh = freshness([period("bern", "2026-W43", None)], TODAY)
    assert fresh is not None
    assert (fresh.told, fresh.due) == (None, date(2027, 1, 21))


def test_a_week_is_told_on_the_thursday_after_it() -> None:
    days = [date(2026, 11, 23) + timedelta(days=at) for at in range(7)]
    assert [told_week(day) for day in days] == ["2026-W46"] * 3 + ["2026-W47"] * 4
    assert told_day("2026-W47") == date(2026, 11, 26)


def test_wide_ranges_are_said_to_be_wide_on_purpose() -> None:
    rate = Figure(value=10, low=5, high=15, base=100)
    weeks = [
        msgspec.structs.replace(week, numbers=msgspec.structs.replace(week.numbers, talk_overs_per_100_min=rate))
        for week in quiet_weeks()
        if week.numbers
    ]
    assert overview(EN, replace(CHOICE, weeks=1), weeks, TODAY, 5).wide
    assert not overview(EN, CHOICE, quiet_weeks(), TODAY, 5).wide


@pytest.mark.parametrize(
    ("count", "says"),
    [(0, "0"), (95, "95"), (8750, "8\N{NARROW NO-BREAK SPACE}750"), (227_130, "227\N{NARROW NO-BREAK SPACE}000")],
)
def test_a_count_has_no_more_digits_than_it_means(count: int, says: str) -> None:
    assert about(EN, count) == says


def test_hours_that_could_not_be_told_hide_no_earlier_ones() -> None:
    full = hours_of("bern")
    empty = msgspec.structs.replace(full, first_week=weeks_later(full.first_week, 4), cells=())
    assert last_told([full, empty]) is full
    assert last_told([empty]) is None
    assert next_hours(EN, full, TODAY) == "The next hours come about 21 October 2027."
    assert next_hours(EN, full, date(2027, 11, 1)) == ""
    # What was too little is tried again with the next block, not a year later.
    assert next_hours(EN, empty, TODAY) == "The next hours come about 14 January 2027."


def test_silent_devices_come_first_and_fine_ones_last() -> None:
    states = [
        device("fine"),
        device("deaf", health=msgspec.structs.replace(FINE, sensor=None)),
        device("gone", state="lost", last_seen_s=NOW_S - 4000),
    ]
    page = listed(EN, rank(states, {"bern": "Bern"}, NOW_S), NOW_S, "1")
    assert [shown.id for shown in page.shown] == ["gone", "deaf", "fine"]
    assert (page.silent, page.trouble, page.fine) == (1, 1, 1)


@pytest.mark.parametrize(
    ("of", "names"),
    [
        ({}, []),
        ({"last_seen_s": NOW_S - 4000}, ["silent"]),
        ({"last_seen_s": 0, "birth": None, "health": None}, ["never"]),
        ({"state": "stopped"}, ["stopped"]),
        ({"state": "lost"}, ["line"]),
        ({"state": "lost", "last_seen_s": NOW_S - 4000}, ["silent"]),
        ({"quarantined": True}, ["quarantined"]),
        ({"apart_count": 3, "late_count": 2}, ["apart", "late"]),
        ({"birth": msgspec.structs.replace(BIRTH, fewest_people=0)}, ["alone"]),
        ({"health": msgspec.structs.replace(FINE, clock_set=False, certificate_left_days=9)}, ["clock", "certificate"]),
        (
            {"health": msgspec.structs.replace(FINE, certificate_left_days=0, waiting_file_count=90)},
            ["expired", "waiting"],
        ),
    ],
)
def test_each_trouble_is_named(of: dict[str, Any], names: list[str]) -> None:
    assert troubles(device(**of)) == names


def test_the_sensors_troubles_are_named_one_by_one() -> None:
    sensor = SensorHealth(microphone="fault", words="missing", light="none", frames_lost_count=0, disk_free_mb=100)
    found = troubles(device(health=msgspec.structs.replace(FINE, sensor=sensor)))
    assert found == ["microphone", "words", "light", "disk"]


def test_how_many_windows_came_too_late_or_stay_apart_is_told_nowhere() -> None:
    few, many = (rank([device(apart_count=count, late_count=count)], {}, NOW_S)[0].troubles for count in (1, 40))
    assert few == many
    counts = [left_out(Told(None, 0, 0, late=count, rejected=count)) for count in (45, 54)]
    assert counts[0] == counts[1] == {"merged": 0, "dropped": 0, "late": 50, "rejected": 50}


def test_every_trouble_says_what_to_do() -> None:
    for name in ("never", "silent", "line", "stopped", "quarantined", "alone", "clock", "certificate", "expired",
                 "waiting", "sensor", "microphone", "words", "light", "disk", "apart", "late"):  # fmt: skip
        assert EN.say(f"device.{name}.what", amount="3")
        assert EN.say(f"device.{name}.do")


@pytest.mark.parametrize(
    ("seconds", "says"), [(5, "a moment ago"), (65, "1 minute ago"), (7300, "2 hours ago"), (90_000, "1 day ago")]
)
def test_how_long_ago_is_told_in_one_unit(seconds: int, says: str) -> None:
    assert ago(EN, NOW_S - seconds, NOW_S) == says


@pytest.mark.parametrize("typed", ["", "0", "-3", "9999999999", "٣", "1e9", "<b>", "12abc"])
def test_the_calculator_takes_whatever_is_typed(typed: str) -> None:
    answer = calculate(EN, dict.fromkeys(("people", "counters", "visits", "hours", "days"), typed), SiteRules(), TODAY)
    assert all(number >= 1 for number in answer.asked.values())
    assert answer.told


def test_the_calculator_says_when_the_first_numbers_come() -> None:
    assert [first_day(TODAY, weeks) for weeks in (1, 4, 12)] == [
        date(2026, 11, 30),
        date(2026, 12, 21),
        date(2027, 1, 18),
    ]
    assert calculate(EN, {"counters": "1"}, SiteRules(), TODAY).first == (
        "If you begin now, the first numbers come about 15 April 2027:"
        " the 12 weeks begin on the same day everywhere, next on 18 January 2027."
    )


def test_the_calculator_says_why_a_desk_of_one_sees_nothing() -> None:
    answer = calculate(EN, {"people": "1", "counters": "1"}, SiteRules(), TODAY)
    assert answer.told == EN.say("calculator.told.nothing")
    assert (answer.first, answer.error) == ("", "")


def test_every_rule_in_force_has_words_in_both_languages() -> None:
    for code in LANGUAGES:
        assert len(rules_in_words(language(code), SiteRules())) == len(SiteRules.__struct_fields__) + 2


def test_the_rules_in_force_are_told_with_their_numbers() -> None:
    assert any("at least 250 visits" in rule for rule in rules_in_words(EN, SiteRules(fewest_visits=250)))


@pytest.mark.parametrize(
    ("text", "right"),
    [("2026-W46", True), ("2026-W53", True), ("2025-W53", False), ("2026-W00", False), ("2026-46", False), ("", False)],
)
def test_a_week_of_the_address_is_one_of_the_calendar(text: str, right: bool) -> None:
    assert is_week(text) == right


def test_each_number_has_words_and_an_exercise() -> None:
    for measure in MEASURES.values():
        assert EN.say(f"numbers.{measure.name}.title")
        assert EN.say(f"skill.{measure.skill}.how")


def held(*anew: bool) -> list[PeriodSummary]:
    """A block told anew, then a look every four weeks until LAST_WEEK: True told anew, False earlier ones stand."""
    first = weeks_later(LAST_WEEK, 1 - 12 - 4 * len(anew))
    runs = [period("bern", first, numbers(drawn("block")), weeks=12)]
    for at, is_anew in enumerate(anew):
        week, last = weeks_later(first, 12 + 4 * at), runs[-1]
        if is_anew:
            runs.append(period("bern", week, numbers(drawn(week), openings=40), weeks=4))
        else:
            since = last.held_since or last.first_week
            runs.append(msgspec.structs.replace(last, first_week=week, weeks=4, held_since=since))
    return runs


def test_numbers_that_stand_are_dated_by_when_they_were_measured() -> None:
    view = overview(EN, CHOICE, held(False, False), TODAY, 5)
    assert view.sentence == EN.say("sentence.stands")
    assert view.days == "19 October to 15 November 2026"
    assert view.now_key == "29 June to 20 September 2026"
    assert view.before_key == ""
    assert view.fresh.startswith("Looked at again on 19 November 2026: as before.")


def test_numbers_that_moved_are_held_against_those_that_stood() -> None:
    view = overview(EN, CHOICE, held(False, True), TODAY, 5)
    assert view.sentence.startswith("Openings let finish went from ")
    assert (view.stands, view.before_key[:9]) == ("", "21 Septem")


def test_a_report_tells_new_numbers_from_old_ones_that_stand_and_from_none() -> None:
    runs = held(True, False)
    pages = [report(EN, runs[: at + 1], week, NOTHING_NOTED) for at, week in ((1, "2026-W42"), (2, LAST_WEEK))]
    assert [(page.is_new, page.is_same) for page in pages if page] == [(True, False), (False, True)]
    later = report(EN, runs, weeks_later(LAST_WEEK, 1), NOTHING_NOTED)
    assert later is not None
    assert (later.is_new, later.is_same, later.days) == (False, False, "21 September to 18 October 2026")
    assert new_weeks(runs) == {"2026-W38", "2026-W42"}


def test_a_trend_has_a_dot_where_numbers_were_told_anew() -> None:
    axis = Axis(weeks_later(LAST_WEEK, -25), 26)
    assert drawing(EN, axis, held(False, False, True), OPENINGS, []).count('class="dot now"') == 2
    assert [row.says.endswith(", as before") for row in rows(EN, held(False, True), OPENINGS)] == [False, True, False]


def test_what_happened_while_numbers_stood_moved_nothing_that_can_be_told() -> None:
    note = Annotation("bern", "2026-10-14", "New queue system", "anna", 0, 7)
    shown = before_after(EN, held(False, False, False), note, 1, 4.0)
    assert shown.rows == ()
    assert shown.stands.startswith("The numbers of 1 June to 23 August 2026 stand on both sides of it")
    assert "Talk-overs would have had to move by about" in shown.stands


def test_numbers_that_stand_since_a_run_in_which_it_happened_are_of_neither_side() -> None:
    runs = held(True, False, False)
    note = Annotation("bern", "2026-08-31", "New queue system", "anna", 0, 7)
    assert before_after(EN, runs, note, 1, 4.0).rows == ()
    moved = msgspec.structs.replace(runs[-1], held_since=None)
    compared = before_after(EN, [*runs[:-1], moved], note, 1, 4.0)
    assert compared.after_days == "19 October to 15 November 2026"
