"""What keeps the house in order: work to do, privacy, the audit trail, the schema itself."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from app.db.tables.kinds import Counter, Instant, metadata, now

# What shall be done beside meetings, once or again and again. What is due, and by whom it is held.
jobs = Table(
    "jobs",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("due_at", Instant, index=True),
    Column("claim_token", Uuid),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("last_error_kind", Text, nullable=False),
    Column("parked_at", Instant),
    now(),
    now("updated_at"),
)

reconciliations = Table(
    "reconciliations",
    metadata,
    Column("connection_id", ForeignKey("connections.id"), primary_key=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("report", JSON, nullable=False),
)

answers = Table(
    "answers",
    metadata,
    Column("tenant_id", ForeignKey("tenants.id"), primary_key=True),
    Column("actor", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request", LargeBinary, nullable=False),
    Column("status", Integer),
    Column("headers", JSON),
    Column("body", LargeBinary),
    Column("created_at", Instant, nullable=False, index=True),
)

# For how many days people's names are kept, per tenant; none: for ever.
retentions = Table(
    "retentions",
    metadata,
    Column("tenant_id", ForeignKey("tenants.id"), primary_key=True),
    Column("class_days", Integer),
    Column("login_days", Integer),
    Column("audit_days", Integer),
    Column("revision", Integer, nullable=False),
    Column("applied_at", Instant),
    now("updated_at"),
)

# Who was erased, by keyed digests of all their addresses: so that a late report cannot bring the name back.
erasures = Table(
    "erasures",
    metadata,
    Column("tenant_id", ForeignKey("tenants.id"), primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("pseudonym", Text, nullable=False),
    Column("erased_at", Instant, nullable=False),
)

# Append-only. What names a person stands under `digest`, so that an erasure leaves the chain whole.
audit = Table(
    "audit",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("erased_at", Instant),
    UniqueConstraint("tenant_id", "number"),
    Index("ix_audit_tenant_id_subject", "tenant_id", "subject"),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("tenant_id", ForeignKey("tenants.id"), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)

# The revisions whose code may serve on the schema as it is (app/db/schema.py).
schema_serves = Table("schema_serves", metadata, Column("revision", Text, primary_key=True))
