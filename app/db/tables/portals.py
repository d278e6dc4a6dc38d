"""Who calls, and where it leads: portals, their connections and vendors, credentials and keys."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from app.db.tables.kinds import Instant, metadata, now

tenants = Table(
    "tenants",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    now(),
)

connections = Table(
    "connections",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("sealed_secrets", LargeBinary),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("health", JSON),
    Column("checked_at", Instant),
    Column("check_at", Instant, index=True),
    now(),
    now("updated_at"),
    UniqueConstraint("tenant_id", "key"),
)

provider_tickets = Table(
    "provider_tickets",
    metadata,
    Column("connection_id", ForeignKey("connections.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("revision", Integer, nullable=False),  # of the connection's settings
    Column("sealed", LargeBinary),
    Column("expires_at", Instant),
    Column("claim", Uuid),
    Column("claimed_until", Instant),
    Column("left_alone_until", Instant),
)

vendors = Table(
    "vendors",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    Column("connection_id", ForeignKey("connections.id"), unique=True),  # none: made by hand
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    now(),
    now("updated_at"),
    UniqueConstraint("tenant_id", "name_key"),
)

clients = Table(
    "clients",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    Column("connection_id", ForeignKey("connections.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    now(),
    Column("revoked_at", Instant),
)

client_secrets = Table(
    "client_secrets",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("client_id", ForeignKey("clients.id"), nullable=False, index=True),
    Column("digest", LargeBinary, nullable=False),
    now(),
    Column("expires_at", Instant),
)

keys = Table(
    "keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("purpose", Text, nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    now(),
    Column("retires_at", Instant),
)

revoked_tokens = Table(
    "revoked_tokens",
    metadata,
    Column("jti", Text, primary_key=True),
    Column("expires_at", Instant, nullable=False, index=True),
)
