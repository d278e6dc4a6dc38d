"""The correlation id: what the LMS sent, made harmless, else a new one (contract C)."""

import re
from uuid import uuid4

MOST_CHARS = 128
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def correlation_id(given: bytes | None) -> str:
    """The header's value, capped and without control characters; a new id where nothing is left."""
    if not given:
        return str(uuid4())
    try:
        text = given.decode()
    except UnicodeDecodeError:
        text = given.decode("latin-1")
    return _CONTROLS.sub("", text).strip()[:MOST_CHARS] or str(uuid4())
