"""Secrets made unreadable, and values made plain: what may be kept of a deed."""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

MASK = "•••"  # always three: not even the length is told
_SECRET = re.compile(r"password|secret|token|passphrase|credential|private_?key|api_?key|authorization", re.I)


def masked(value: Any, name: str = "") -> Any:
    """`value` as plain JSON; a field called like a secret, and whatever is no plain value, is masked."""
    if value is None or isinstance(value, bool):
        return value
    if _SECRET.search(name):
        return MASK
    if isinstance(value, Mapping):
        return {str(key): masked(item, str(key)) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: masked(getattr(value, field.name), field.name) for field in fields(value)}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return MASK
