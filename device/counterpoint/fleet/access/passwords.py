"""How passwords are kept and judged: Argon2id; one rule: a wrong name costs exactly what a wrong password costs."""

from __future__ import annotations

import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 12
LONGEST: Final = 256
"""Characters; more than a sentence, and not enough to keep the server busy."""
FEWEST_DIFFERENT: Final = 5
PASSES: Final = 3
MEMORY_KIB: Final = 32_768
LANES: Final = 1
"""RFC 9106's second choice is 3 passes over 64 MiB; half of it suits a server with 512 MB that checks two at a time."""


class Passwords:
    """Argon2id with our parameters."""

    def __init__(self, *, passes: int = PASSES, memory_kib: int = MEMORY_KIB) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=LANES)
        self._nobodys = self._hasher.hash("a password that nobody has")

    def keep(self, password: str) -> str:
        """What is kept of a password: Argon2id's own text, with its parameters and salt."""
        return self._hasher.hash(_same(password))

    def fits(self, kept: str, password: str) -> bool:
        """Whether this is the password of which `kept` was kept; "" (nobody, none yet) takes as long and never is."""
        try:
            right = self._hasher.verify(kept or self._nobodys, _same(password))
        except (VerificationError, InvalidHashError):
            return False
        return right and bool(kept)

    def is_outdated(self, kept: str) -> bool:
        """Whether it was kept with other parameters than today's: keep it anew while the password is at hand."""
        return self._hasher.check_needs_rehash(kept)


def weakness(password: str, name: str) -> str | None:
    """Which rule a new password breaks, None for none: its text's name under `password.` in the texts."""
    same = _same(password)
    if len(same) < SHORTEST:
        return "short"
    if len(same) > LONGEST:
        return "long"
    if len(set(same)) < FEWEST_DIFFERENT or name.casefold() in same.casefold():
        return "simple"
    return None


def _same(password: str) -> str:
    """One keyboard writes an umlaut in one character, another in two: NFKC makes them the same (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password[: LONGEST * 2])
