"""What the service itself can't do is shown to IT on the page of devices, and to nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterpoint.fleet.store.service_rows import note_troubles
from fleet_served import served


@pytest.mark.parametrize(("language", "says"), [("en", "runs 21 days or more ahead"), ("de", "geht 21 Tage")])
def test_it_sees_what_the_service_can_not_do_until_it_can_again(tmp_path: Path, language: str, says: str) -> None:
    with served(tmp_path) as house:
        cookie = house.cookie("ivo", roles=("it",))
        with house.store.writing() as writing:
            writing.name_site("bern", "Bern <b>", "Europe/Zurich")
            note_troubles(writing.line, "closing", {"bern": "not a window.v1", "all": "x"}, 1)
            note_troubles(writing.line, "clock", {"": "21"}, 1)
            note_troubles(writing.line, "tidying", {"": "KeyError at keeping.py:1"}, 1)
        text = house.get("/devices", cookie, language).text
        assert says in text
        assert "Bern &lt;b&gt;" in text
        assert "not a window.v1" in text
        assert text.count('class="notice"') == 4
        with house.store.writing() as writing:
            for kind in ("closing", "clock", "tidying"):
                note_troubles(writing.line, kind, {}, 2)
        assert 'class="notice"' not in house.get("/devices", cookie, language).text
