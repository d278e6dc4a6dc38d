"""Who was erased, as keyed digests; and what the company's sign-in wants to see when a login ends."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("erased_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_erasures_tenant_id_tenants"),
        sa.PrimaryKeyConstraint("tenant_id", "digest", name="pk_erasures"),
    )
    with op.batch_alter_table("logins") as logins:
        logins.add_column(sa.Column("sealed_hint", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("logins") as logins:
        logins.drop_column("sealed_hint")
    op.drop_table("erasures")
