"""Request bytes to fields: JSON whatever the headers call it, names in any case, bad values refused by name.

Only fields that are asked for can be wrong; what nobody asks for is ignored (contract C).
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from app.domain.errors import InvalidRequest

DEEPEST = 32
_SURROGATE = re.compile("[\ud800-\udfff]")
_CHARSET = re.compile(r"charset\s*=\s*\"?\s*((?:iso-?8859|windows|cp|latin|utf)[-_\w]{0,20})", re.IGNORECASE)


class Fields:
    """One JSON object with its names folded. A name that came twice is refused when it is asked for."""

    def __init__(self, pairs: Iterable[tuple[str, Any]]) -> None:
        self._values: dict[str, Any] = {}
        self._twice: set[str] = set()
        for name, value in pairs:
            key = name.casefold()
            if key in self._values:
                self._twice.add(key)
            self._values[key] = value

    def raw(self, name: str) -> Any:
        """The value as JSON had it, None when it is missing. Raises InvalidRequest when it came twice."""
        if name.casefold() in self._twice:
            raise InvalidRequest(f"{name} is given twice.")
        return self._values.get(name.casefold())

    def text(self, name: str) -> str:
        """Required text, trimmed and not empty. Raises InvalidRequest naming the field."""
        text = self.optional_text(name)
        if not text:
            raise InvalidRequest(f"{name} is missing.")
        return text

    def optional_text(self, name: str) -> str:
        """Text, trimmed; empty for missing and null."""
        value = self.raw(name)
        if value is None:
            return ""
        return sound(value, name).strip()

    def flag(self, name: str) -> bool | None:
        """true, false, or None for missing and null; the words in quotes are taken too."""
        value = self.raw(name)
        if isinstance(value, str):
            value = {"true": True, "false": False}.get(value.strip().lower(), value)
        if value is None or isinstance(value, bool):
            return value
        raise InvalidRequest(f"{name} must be true or false.")

    def values(self) -> Iterable[Any]:
        return self._values.values()


def read(body: bytes, content_type: str = "") -> Fields:
    """The JSON object in `body`. Raises InvalidRequest with a sentence that says what is wrong."""
    if not body.strip():
        raise InvalidRequest("The request is empty.")
    try:
        value = json.loads(_decoded(body, content_type), object_pairs_hook=Fields)
    except RecursionError as exc:
        raise InvalidRequest("The request is nested too deeply.") from exc
    except ValueError as exc:
        raise InvalidRequest("The request is not valid JSON.") from exc
    if not isinstance(value, Fields):
        raise InvalidRequest("The request must be a JSON object.")
    _require_shallow(value)
    return value


def sound(value: Any, name: str) -> str:
    """`value` as text that every database can hold. Raises InvalidRequest naming the field."""
    if not isinstance(value, str):
        raise InvalidRequest(f"{name} must be text.")
    if "\0" in value or not (value.isascii() or _SURROGATE.search(value) is None):
        raise InvalidRequest(f"{name} holds a character that cannot be stored.")
    return value


def _decoded(body: bytes, content_type: str) -> str:
    """By what the bytes are (UTF-8, 16 or 32, with or without a mark), else by what the header says."""
    try:
        return body.decode(json.detect_encoding(body)).removeprefix("\ufeff")
    except UnicodeDecodeError:
        declared = _CHARSET.search(content_type)
        if declared is None:
            raise
    try:
        return body.decode(declared[1])
    except LookupError as exc:
        raise InvalidRequest("The request's character set is not known here.") from exc


def _require_shallow(value: Any) -> None:
    """By levels and without recursion, so that depth itself cannot hurt."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise InvalidRequest("The request is nested too deeply.")
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, (Fields, list))]


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, Fields) else value
