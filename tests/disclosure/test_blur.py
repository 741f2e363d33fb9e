"""The error on purpose: the same for the same windows, another for others."""

from __future__ import annotations

import numpy as np

from counterpoint.disclosure.blur import Blur


def test_the_same_windows_give_the_same_draw() -> None:
    assert Blur(b"ids").draw("talk-overs") == Blur(b"ids").draw("talk-overs")


def test_another_window_or_another_label_gives_another_draw() -> None:
    blur = Blur(b"ids")
    assert len({blur.draw("x"), blur.draw("y"), Blur(b"id").draw("x"), Blur(b"others").draw("x")}) == 4


def test_draws_are_standard_normal() -> None:
    draws = [Blur(str(number).encode()).draw("x") for number in range(4000)]
    assert abs(np.mean(draws)) < 0.05
    assert 0.95 < np.std(draws) < 1.05
