"""Administrators and everybody else who signs in here: accounts, logins, rights."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, LargeBinary, Table, Text, Uuid

from app.db.tables.kinds import Instant, metadata, now

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False, index=True),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password", Text),
    Column("active", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    now(),
    now("updated_at"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("expires_at", Instant, nullable=False),
)

logins = Table(
    "logins",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False, index=True),
    Column("address", Text, nullable=False),
    now(),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    # The ID token with which the company's sign-in let this browser in: shown there when the login ends.
    Column("sealed_hint", LargeBinary),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False, index=True),
    Column("role", Text),
    Column("scope", Text),
    Column("constraint", JSON),
    Column("from_groups", Boolean, nullable=False),  # told by the company's sign-in, not given here
    now(),
)

# Who somebody is at the company's own sign-in.
identities = Table(
    "identities",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False, index=True),
    now(),
    Column("seen_at", Instant, nullable=False),
)

# The secret addresses under which instructors' calendars are read: one for each user.
calendar_feeds = Table(
    "calendar_feeds",
    metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    now(),
    Column("read_at", Instant),
)
