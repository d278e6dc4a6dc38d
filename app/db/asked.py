"""Many questions as one table: rows handed in as parameters, joined like any other table.

The statement's text is the same for one row or five hundred, so it is prepared once. PostgreSQL unnests
arrays; SQLite reads a JSON list.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import DateTime, Subquery, Text, Uuid, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.db.database import Tx

Kind = Text | Uuid[UUID] | DateTime
Columns = Mapping[str, Kind]

MOMENT = DateTime(timezone=True)


def asked(dialect: str, columns: Columns) -> Subquery:
    """A table `asked` with these columns and `place`, the row's number from 0; fill it with `rows`."""
    if dialect == "sqlite":
        each = func.json_each(bindparam("asked")).table_valued("key", "value")
        parts = [
            func.json_extract(each.c.value, f"$[{place}]", type_=kind).label(name)
            for place, (name, kind) in enumerate(columns.items())
        ]
        return select(each.c.key.label("place"), *parts).subquery("asked")
    arrays = [cast(bindparam(f"asked_{name}"), ARRAY(kind)) for name, kind in columns.items()]
    names = [column(name, kind) for name, kind in columns.items()]
    table = func.unnest(*arrays).table_valued(*names, with_ordinality="number").render_derived()
    return select((table.c.number - 1).label("place"), *(table.c[name] for name in columns)).subquery("asked")


def rows(tx: Tx, columns: Columns, values: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    """The parameters that fill `asked` with `values`, one tuple a row, in the order of `columns`."""
    if tx.dialect.name == "sqlite":
        return {"asked": orjson.dumps([[_plain(value) for value in row] for row in values]).decode()}
    return {f"asked_{name}": [row[place] for row in values] for place, name in enumerate(columns)}


def _plain(value: Any) -> Any:
    """As SQLite keeps it."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return value
