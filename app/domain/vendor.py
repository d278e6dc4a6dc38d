"""Vendors: what the LMS shows for whoever holds its classes. Who made one, and how one may be called."""

import unicodedata
from enum import StrEnum

from app.domain.errors import InvalidRequest

LONGEST_NAME = 100  # the LMS's own limit (contract A8)


class Origin(StrEnum):
    """Who made a vendor, and so where it is deactivated."""

    CONNECTOR = "connector"
    MANUAL = "manual"


def vendor_name(text: str) -> str:
    """The name, trimmed. Raises InvalidRequest for one that cannot be shown or is too long."""
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidRequest(f"The name must have 1 to {LONGEST_NAME} printable characters.")
    return name


def name_key(name: str) -> str:
    """The form in which two spellings of a name are the same."""
    return unicodedata.normalize("NFC", name.strip()).casefold()
