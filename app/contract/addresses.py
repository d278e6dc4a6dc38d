"""E-mail addresses on the wire: single ones, lists of them, and the base64 one in a launch path."""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

from app.contract.reading import Fields, sound
from app.domain.errors import InvalidRequest
from app.domain.people import is_email, person_key

MOST_INSTRUCTORS = 500
_BETWEEN = re.compile(r"[\s;,]+")
# Newer LMS builds add instructors to a session; how the field is called over REST is not known (contract B3).
INSTRUCTOR_NAMES = ("InstructorEmails", "Instructors", "InstructorEmail")


def email(fields: Fields, name: str) -> str:
    """The required address `name`, as spelled. Raises InvalidRequest naming the field."""
    text = fields.text(name)
    if not is_email(text):
        raise InvalidRequest(f"{name} is not an e-mail address.")
    return text


def instructor_emails(fields: Fields) -> tuple[str, ...] | None:
    """Every instructor once, as spelled first; None when the LMS does not say."""
    for name in INSTRUCTOR_NAMES:
        value = fields.raw(name)
        if value is not None:
            return _list(value, name)
    return None


def address_in(segment: str) -> str:
    """The address in a launch path, still percent-encoded (contract C).

    Base64 of either alphabet, padded or not, else plain. Raises InvalidRequest when none can be read.
    """
    text = _text(unquote_to_bytes(segment)).strip()
    # A slash at an end belongs to the base64 or to the base URL: first the one reading, then the other.
    for read, part in ((_from_base64, text), (_from_base64, text.strip("/")), (str, text.strip("/"))):
        if is_email(reading := read(part)):
            return reading
    raise InvalidRequest("The e-mail address in this launch request cannot be read.")


def _list(value: Any, name: str) -> tuple[str, ...]:
    found: dict[str, str] = {}
    words = list(_entries(value, name))
    for word in words:
        if is_email(word):
            found.setdefault(person_key(word), word)
        elif "@" in word:
            raise InvalidRequest(f"{name} holds something that is not an e-mail address.")
    if words and not found:  # names beside addresses are passed over, names alone are not
        raise InvalidRequest(f"{name} holds no e-mail address.")
    if len(found) > MOST_INSTRUCTORS:
        raise InvalidRequest(f"{name} holds more than {MOST_INSTRUCTORS} addresses.")
    return tuple(found.values())


def _entries(value: Any, name: str) -> Iterator[str]:
    """Words of a text, or of every item of an array; an item may be an object with an `Email`."""
    for item in value if isinstance(value, list) else [sound(value, name)]:
        text = item.raw("Email") if isinstance(item, Fields) else item
        if text is not None:
            yield from (word.strip("<>") for word in _BETWEEN.split(sound(text, name)) if word.strip("<>"))


def _from_base64(text: str) -> str:
    """The text in the base64; empty when it is none. A space is a plus that somebody decoded."""
    plain = text.replace("-", "+").replace("_", "/").replace(" ", "+").rstrip("=")
    try:
        return _text(b64decode(plain + "=" * (-len(plain) % 4), validate=True)).strip()
    except (NotBase64, ValueError):
        return ""


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
