"""People as the LMS names them: by e-mail address, spelled in more than one way."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

_PLAIN = re.compile(r"[\x21-\x7e]+")


class Role(StrEnum):
    """What a person may do in a class."""

    LEARNER = "learner"
    INSTRUCTOR = "instructor"


def person_key(email: str) -> str:
    """The form of an address by which two spellings of one person are compared; never shown."""
    return unicodedata.normalize("NFC", email.strip()).casefold()


def is_email(text: str) -> bool:
    """Whether `text` can be an address at all: something, one last @, something, no spaces or controls."""
    local, at, host = text.rpartition("@")
    if not (at and local and host and len(text) <= 320):
        return False
    # The pattern answers for nearly everybody, far sooner than the letters one by one.
    return _PLAIN.fullmatch(text) is not None or not any(c.isspace() or not c.isprintable() for c in text)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as spelled by the LMS (`email`), with a name where one is known.

    `identity` is the provider's own name for the person (a SIP address, say), where it is known.
    """

    email: str
    name: str = ""
    identity: str = ""

    @property
    def key(self) -> str:
        return person_key(self.email)


@dataclass(frozen=True, slots=True)
class InstructorDraft:
    """What the LMS says of an instructor (contract A4). `active` None means: unchanged."""

    email: str
    first_name: str
    last_name: str
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class InstructorChange:
    """UpdateInstructor (contract A4): the address known so far, and the record as it shall be."""

    old_email: str
    record: InstructorDraft
