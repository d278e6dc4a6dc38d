"""Who follows a class live, where the provider tells of joins and leaves while it runs.

For some hours this table was made by 0001, so it may be there already.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
serves_since = "0006"  # it only adds

HELD = sa.text("claim_token IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "watches",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("claim_token", sa.Uuid(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("partial", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_watches_session_id_sessions")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_watches")),
        if_not_exists=True,
    )
    op.create_index(
        "ix_watches_held",
        "watches",
        ["claimed_until"],
        postgresql_where=HELD,
        sqlite_where=HELD,
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_index("ix_watches_held", "watches")
    op.drop_table("watches")
