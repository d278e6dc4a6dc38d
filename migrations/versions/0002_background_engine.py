"""The tables of the engine that hands out background work, on PostgreSQL, in a schema of their own.

The text is the engine's, for the names of app/worker/queue.py. A newer engine that wants more gets a
migration of its own. SQLite needs none: there the engine works in memory.
"""

from alembic import op
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NAMES = DBSettings(db_schema="vilt_jobs", channel=Channel("vilt_jobs"), durability=Durability.volatile)


def upgrade() -> None:
    _run(QueryBuilderEnvironment(settings=NAMES).build_install_query())


def downgrade() -> None:
    _run("DROP SCHEMA IF EXISTS vilt_jobs CASCADE")


def _run(script: str) -> None:
    """Several statements at once, in the transaction that is open, past SQLAlchemy's prepared statements."""
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        bind.connection.dbapi_connection.run_async(lambda raw: raw.execute(script))  # type: ignore[union-attr]
