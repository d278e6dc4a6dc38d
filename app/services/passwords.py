"""Passwords of people: which are accepted, and argon2id in threads, few at a time.

Rules after NIST SP 800-63B: length counts, no rules about kinds of characters, nothing that anybody would
try first. Parameters after OWASP: 19 MiB, two passes; a stored hash carries its own.
"""

import asyncio
import unicodedata
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.domain.errors import Busy, InvalidRequest

T = TypeVar("T")

SHORTEST, LONGEST = 12, 256
AT_ONCE = 2  # of 19 MiB each
MOST_WAITING = 50
FEWEST_CHARACTERS = 5
SHORTEST_REST = 6  # beside what anybody would try
KNOWN_WORDS = ("password", "passwort", "letmein", "iloveyou", "welcome", "admin", "changeme", "vilt")
RUNS = ("abcdefghijklmnopqrstuvwxyz", "0123456789", "9876543210", "qwertyuiop", "qwertzuiop", "asdfghjkl")


def check_rules(password: str, email: str) -> None:
    """Raise InvalidRequest, with a sentence about what is wrong, for a password that is not good enough."""
    plain = _folded(password)
    if len(password) < SHORTEST:
        raise InvalidRequest(f"The password is too short: at least {SHORTEST} characters.")
    if len(password) > LONGEST:
        raise InvalidRequest(f"The password is too long: at most {LONGEST} characters.")
    if len(set(plain)) < FEWEST_CHARACTERS:
        raise InvalidRequest("The password repeats too few characters.")
    if _rest(plain, (_folded(email), *_folded(email).split("@"))) < SHORTEST_REST:
        raise InvalidRequest("The password must not be the e-mail address.")
    neighbours = (run[start : start + 4] for run in RUNS for start in range(len(run) - 3))
    if _rest(plain, (*KNOWN_WORDS, *neighbours)) < SHORTEST_REST:
        raise InvalidRequest("The password is one of the first that anybody would try.")


def _rest(plain: str, known: tuple[str, ...]) -> int:
    """How many characters are left when everything known is taken out, the longest first."""
    for word in sorted((word for word in known if len(word) > 3), key=len, reverse=True):
        plain = plain.replace(word, "")
    return len(plain)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


class Passwords:
    """Hashes and compares. A flood of sign-ins waits in a short line here, the rest of the house goes on."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._free = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._nobodys: str | None = None

    async def hashed(self, password: str) -> str:
        """The form in which `password` is stored."""
        return await self._one_of_few(self._hasher.hash, _typed(password))

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the stored one. Without a stored one it costs the same and is False."""
        if self._nobodys is None:
            self._nobodys = await self.hashed("nobody's password")
        right = await self._one_of_few(self._verify, stored or self._nobodys, _typed(password))
        return right and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether it was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _one_of_few(self, deed: Callable[..., T], *arguments: str) -> T:
        if self._waiting >= MOST_WAITING:
            raise Busy("Too many people are signing in at this moment. Please try again in a minute.")
        self._waiting += 1
        try:
            async with self._free:
                return await asyncio.to_thread(deed, *arguments)
        finally:
            self._waiting -= 1


def _typed(password: str) -> str:
    """Keyboards differ in how they compose an ä; cut, so that a megabyte costs no more than a line."""
    return unicodedata.normalize("NFKC", password[: LONGEST * 4])
