"""The database says whose code may serve on its schema, so that an old version can go on beside a new one."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
serves_since = "0006"  # older code does not ask


def upgrade() -> None:
    op.create_table(
        "schema_serves",
        sa.Column("revision", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_schema_serves")),
    )


def downgrade() -> None:
    op.drop_table("schema_serves")
