"""Draws the sign for customers; one rule: it says what privacy.md says.

`python tests/sign_pictures.py` writes device/docs/sign-a5*.svg: A5 upright, in millimetres, black on white for any
printer; the two lights are told by words and place, not by colour alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

DOCUMENTS: Final = Path(__file__).parents[1] / "device" / "docs"
TEXTS: Final = {
    "sign-a5.svg": (
        "en",
        "So that you can finish",
        ("A box at this counter notices", "when we talk over you,", "and reminds us with a light."),
        ("Nothing is recorded.", "No words, no voices, no names", "are kept or sent."),
        ("White light: it listens.", "Red light: it does not."),
        ("Rather not? Press here.", "Your service is the same."),
        "Who is responsible, and your rights:",
    ),
    "sign-a5-de.svg": (
        "de",
        "Damit Sie ausreden können",
        ("Ein Gerät hier am Schalter merkt,", "wenn wir Ihnen ins Wort fallen,", "und erinnert uns mit einem Licht."),
        ("Nichts wird aufgenommen.", "Keine Worte, Stimmen oder Namen", "werden behalten oder gesendet."),
        ("Weißes Licht: es hört zu.", "Rotes Licht: es hört nicht zu."),
        ("Lieber nicht? Hier drücken.", "Sie werden genauso bedient."),
        "Verantwortlich, und Ihre Rechte:",
    ),
}
BUBBLES: Final = (
    '<path d="M4 6h16a3 3 0 0 1 3 3v7a3 3 0 0 1-3 3H11l-5 5v-5H4a3 3 0 0 1-3-3V9a3 3 0 0 1 3-3z" fill="#111"/>'
    '<path d="M6 11h12M6 14.5h9" stroke="#fff" stroke-width="1.4"/>'
    '<path d="M16 22h10a2.5 2.5 0 0 1 2.5 2.5v3a2.5 2.5 0 0 1-2.5 2.5h-1v3.5l-3.5-3.5h-5.5" '
    'fill="none" stroke="#111" stroke-width="1.2" stroke-dasharray="1.6 1.3"/>'
)
NO_TAPE: Final = (
    '<rect x="3" y="9" width="26" height="16" rx="2.5" fill="none" stroke="#111" stroke-width="1.6"/>'
    '<circle cx="10.5" cy="17" r="3.4" fill="none" stroke="#111" stroke-width="1.6"/>'
    '<circle cx="21.5" cy="17" r="3.4" fill="none" stroke="#111" stroke-width="1.6"/>'
    '<path d="M10.5 20.4h11" stroke="#111" stroke-width="1.6"/>'
    '<path d="M4 30 28 4" stroke="#fff" stroke-width="5"/><path d="M4 30 28 4" stroke="#111" stroke-width="2.4"/>'
)
LIGHTS: Final = (
    '<circle cx="9" cy="17" r="5.5" fill="#fff" stroke="#111" stroke-width="1.6"/>'
    '<path d="M9 7.5v-3M9 29.5v-3M-.5 17h3M15.5 17h2.5M2.3 10.3l-2-2M15.7 10.3l2-2'
    'M2.3 23.7l-2 2M15.7 23.7l2 2" '
    'stroke="#111" stroke-width="1.3"/>'
    '<circle cx="26" cy="17" r="5.5" fill="#b3261e" stroke="#111" stroke-width="1.6"/>'
    '<path d="M22.5 17h7" stroke="#fff" stroke-width="1.8"/>'
)
PRESS: Final = (
    '<rect x="2" y="25" width="28" height="6" rx="2" fill="none" stroke="#111" stroke-width="1.6"/>'
    '<rect x="10" y="20.5" width="12" height="4.5" rx="1.5" fill="#111"/>'
    '<path d="M13 2h6v9h4l-7 7.5-7-7.5h4z" fill="#111"/>'
)
ROW_MM: Final = 31
FIRST_MM: Final = 46


def sign(name: str) -> str:
    """The sign of that file name as SVG."""
    language, title, *rows, whose = TEXTS[name]
    pictures = (BUBBLES, NO_TAPE, LIGHTS, PRESS)
    body = "".join(
        _row(FIRST_MM + number * ROW_MM, picture, lines)
        for number, (picture, lines) in enumerate(zip(pictures, rows, strict=True))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" lang="{language}" width="148mm" height="210mm" viewBox="0 0 148 210" '
        f'font-family="DejaVu Sans, Arial, sans-serif" role="img" aria-label="{title}">\n'
        f'<rect width="148" height="210" fill="#fff"/>\n'
        f'<text x="12" y="26" font-size="7.8" font-weight="bold" fill="#111">{title}</text>\n'
        f'<path d="M12 34h124" stroke="#111" stroke-width="0.8"/>\n{body}'
        f'<path d="M12 176h124" stroke="#111" stroke-width="0.4"/>\n'
        f'<text x="12" y="184" font-size="4" fill="#111">{whose}</text>\n'
        f'<path d="M12 193h124M12 201h124" stroke="#777" stroke-width="0.3"/>\n</svg>\n'
    )


def _row(top_mm: int, picture: str, lines: tuple[str, ...]) -> str:
    middle = top_mm + 13 - (len(lines) - 1) * 3.6
    words = "".join(
        f'<text x="48" y="{middle + number * 6.6:.1f}" font-size="4.4" font-weight="{weight}" fill="#111">'
        f"{line}</text>\n"
        for number, (line, weight) in enumerate(zip(lines, ("bold", *["normal"] * 2), strict=False))
    )
    return f'<g transform="translate(14 {top_mm - 4}) scale(0.9)">{picture}</g>\n{words}'


if __name__ == "__main__":
    for file in TEXTS:
        (DOCUMENTS / file).write_text(sign(file), encoding="utf-8")
