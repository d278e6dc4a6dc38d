"""A vendor that was made by hand has instructors too: they belong to it, and to no connection.

What ran before goes on: its rows have a connection, and it asks for those of a connection. Going back takes
the instructors of vendors made by hand away, for there is no place for them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with _renames_aside(), op.batch_alter_table("instructors") as table:
        table.alter_column("connection_id", existing_type=sa.Uuid(), nullable=True)
        table.add_column(sa.Column("vendor_id", sa.Uuid(), nullable=True))
        table.create_foreign_key(op.f("fk_instructors_vendor_id_vendors"), "vendors", ["vendor_id"], ["id"])
        table.create_unique_constraint(op.f("uq_instructors_vendor_id_email_key"), ["vendor_id", "email_key"])


def downgrade() -> None:
    op.execute(
        "DELETE FROM instructor_renames WHERE instructor_id IN"
        " (SELECT id FROM instructors WHERE connection_id IS NULL)"
    )
    op.execute("DELETE FROM instructors WHERE connection_id IS NULL")
    with _renames_aside(), op.batch_alter_table("instructors") as table:
        table.drop_constraint(op.f("uq_instructors_vendor_id_email_key"), type_="unique")
        table.drop_constraint(op.f("fk_instructors_vendor_id_vendors"), type_="foreignkey")
        table.drop_column("vendor_id")
        table.alter_column("connection_id", existing_type=sa.Uuid(), nullable=False)


@contextmanager
def _renames_aside() -> Iterator[None]:
    """SQLite makes the table anew, and would miss what refers to the old one."""
    if op.get_bind().dialect.name != "sqlite":
        yield
        return
    op.execute("CREATE TEMPORARY TABLE kept_renames AS SELECT * FROM instructor_renames")
    op.execute("DELETE FROM instructor_renames")
    yield
    op.execute("INSERT INTO instructor_renames SELECT * FROM kept_renames")
    op.execute("DROP TABLE kept_renames")
