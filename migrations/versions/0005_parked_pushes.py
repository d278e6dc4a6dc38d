"""What providers pushed and nobody could use: kept sealed, so that no evidence is lost."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "parked_pushes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_parked_pushes_connection_id_connections"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked_pushes")),
        sa.UniqueConstraint("connection_id", "name", name=op.f("uq_parked_pushes_connection_id_name")),
    )
    op.create_index(op.f("ix_parked_pushes_meeting_id"), "parked_pushes", ["meeting_id"])
    op.create_index(op.f("ix_parked_pushes_recorded_at"), "parked_pushes", ["recorded_at"])


def downgrade() -> None:
    op.drop_table("parked_pushes")
