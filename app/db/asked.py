"""Many questions as one table: rows handed in as one JSON text, joined like any other table.

The statement is the same for one row or five hundred, so it is prepared once, and one text is the cheapest
thing that a driver can be given.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    JSON,
    ColumnClause,
    DateTime,
    Integer,
    Subquery,
    Text,
    Uuid,
    bindparam,
    cast,
    column,
    func,
    select,
)

Kind = Text | Uuid[UUID] | DateTime
Columns = Mapping[str, Kind]

MOMENT = DateTime(timezone=True)


def asked(dialect: str, columns: Columns) -> Subquery:
    """A table `asked` with these columns and `place`, the row's number from 0; fill it with `rows`."""
    given = bindparam("asked", type_=Text())
    if dialect == "sqlite":
        each = func.json_each(given).table_valued("key", "value")
        parts = [
            func.json_extract(each.c.value, f"$[{place}]", type_=kind).label(name)
            for place, (name, kind) in enumerate(columns.items())
        ]
        return select(each.c.key.label("place"), *parts).subquery("asked")
    names: list[ColumnClause[Any]] = [column("place", Integer())]
    names += [column(name, kind) for name, kind in columns.items()]
    table = func.json_to_recordset(cast(given, JSON)).table_valued(*names).render_derived(with_types=True)
    return select(*table.c).subquery("asked")


def rows(dialect: str, columns: Columns, values: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    """The parameters that fill `asked` with `values`, one tuple a row, in the order of `columns`."""
    table: list[Any]
    if dialect == "sqlite":
        table = [[_as_text(value) for value in row] for row in values]
    else:
        table = [{"place": place, **dict(zip(columns, row, strict=True))} for place, row in enumerate(values)]
    return {"asked": orjson.dumps(table, default=str).decode()}  # str: the driver's own kind of UUID


def _as_text(value: Any) -> Any:
    """As SQLite keeps it."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return value
