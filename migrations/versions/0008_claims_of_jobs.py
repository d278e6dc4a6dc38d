"""A meeting's claim says whether background work holds it, so that a busy LMS does not keep that waiting."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
serves_since = "0006"  # older code leaves the column alone: its claims count as those of requests


def upgrade() -> None:
    in_background = sa.Column("in_background", sa.Boolean(), server_default=sa.false(), nullable=False)
    with op.batch_alter_table("meetings") as batch_op:
        batch_op.add_column(in_background)


def downgrade() -> None:
    with op.batch_alter_table("meetings") as batch_op:
        batch_op.drop_column("in_background")
