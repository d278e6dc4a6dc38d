"""Every table, once. The migrations build the same; a guard test fails when the two differ."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
    false,
    text,
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC moment on both databases (SQLite keeps no zone of its own)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a zone reached the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Counter = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts by itself only in INTEGER


def _now(name: str = "created_at") -> Column[datetime]:
    return Column(name, Instant, nullable=False)


def _some(name: str, where: str, *columns: str) -> Index:
    """An index over the few rows for which `where` is true."""
    return Index(name, *columns, postgresql_where=text(where), sqlite_where=text(where))


tenants = Table(
    "tenants",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    _now(),
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
    _now(),
    _now("updated_at"),
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
    _now(),
    _now("updated_at"),
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
    _now(),
    Column("revoked_at", Instant),
)

client_secrets = Table(
    "client_secrets",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("client_id", ForeignKey("clients.id"), nullable=False, index=True),
    Column("digest", LargeBinary, nullable=False),
    _now(),
    Column("expires_at", Instant),
)

keys = Table(
    "keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("purpose", Text, nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    _now(),
    Column("retires_at", Instant),
)

revoked_tokens = Table(
    "revoked_tokens",
    metadata,
    Column("jti", Text, primary_key=True),
    Column("expires_at", Instant, nullable=False, index=True),
)

instructors = Table(
    "instructors",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    Column("connection_id", ForeignKey("connections.id")),  # none: of a vendor that was made by hand
    Column("vendor_id", ForeignKey("vendors.id")),  # of such a vendor only
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("provider_identity", Text),
    Column("revision", Integer, nullable=False),
    _now(),
    _now("updated_at"),
    UniqueConstraint("connection_id", "email_key"),
    UniqueConstraint("vendor_id", "email_key"),
    Index("ix_instructors_tenant_id_email_key", "tenant_id", "email_key"),
)

instructor_renames = Table(
    "instructor_renames",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("instructor_id", ForeignKey("instructors.id"), nullable=False, index=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    Column("old_key", Text, nullable=False),
    Column("old_email", Text, nullable=False),
    Column("new_email", Text, nullable=False),
    Column("renamed_at", Instant, nullable=False),
    Index("ix_instructor_renames_tenant_id_old_key", "tenant_id", "old_key"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    Column("connection_id", ForeignKey("connections.id"), nullable=False),
    Column("session_key", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("utc_offset_minutes", Integer),
    Column("creator_email", Text, nullable=False),
    Column("lo_id", Text),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    _now(),
    _now("updated_at"),
    Column("cancelled_at", Instant),
    # For lists: the title casefolded; whether nobody is named, so that everyone in the registry teaches.
    Column("title_key", Text, nullable=False, server_default=""),
    Column("unnamed", Boolean, nullable=False, server_default=text("true")),
    UniqueConstraint("tenant_id", "session_key"),
    Index("ix_sessions_tenant_id_starts_at", "tenant_id", "starts_at", "id"),
    Index("ix_sessions_connection_id_starts_at", "connection_id", "starts_at", "id"),
    Index("ix_sessions_tenant_id_lo_id", "tenant_id", "lo_id"),
    _some("ix_sessions_cancelled", "state = 'cancelled'", "tenant_id", "starts_at", "id"),
    _some("ix_sessions_unnamed", "unnamed", "connection_id", "starts_at", "id"),
)

# What became of a session: asked by the LMS, tried at the provider. In the transaction of the deed itself.
session_events = Table(
    "session_events",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("session_id", ForeignKey("sessions.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("deed", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("details", JSON, nullable=False),
    Index("ix_session_events_session_id", "session_id", "id"),
)

session_instructors = Table(
    "session_instructors",
    metadata,
    Column("session_id", ForeignKey("sessions.id"), primary_key=True),
    Column("email_key", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("removed_at", Instant),
    Index(
        "ix_session_instructors_email_key",
        "email_key",
        postgresql_ops={"email_key": "text_pattern_ops"},  # for "begins with", in any collation
    ),
)

meetings = Table(
    "meetings",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("session_id", ForeignKey("sessions.id"), nullable=False, index=True),
    Column("connection_id", ForeignKey("connections.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("sealed_ref", LargeBinary),
    Column("synced_revision", Integer),
    Column("tried_revision", Integer),
    Column("claim_token", Uuid),
    Column("claimed_until", Instant),
    Column("in_background", Boolean, nullable=False, server_default=false()),  # who claimed it: a job
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("last_error_kind", Text, nullable=False),
    Column("last_tried_at", Instant),
    Column("next_try_at", Instant, index=True),  # none: nothing to do; the sweep asks for what is due
    Column("pending_since", Instant),
    Column("parked_at", Instant),
    Column("expired_at", Instant),
    Column("missed_at", Instant),
    _now(),
    _now("updated_at"),
    # The promise "one SessionId, one meeting", kept by the database itself.
    Index(
        "uq_meetings_session_id_not_cancelled",
        "session_id",
        unique=True,
        postgresql_where=text("state <> 'cancelled'"),
        sqlite_where=text("state <> 'cancelled'"),
    ),
    _some("ix_meetings_pending", "pending_since IS NOT NULL", "session_id"),
)

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
    _now(),
    _now("updated_at"),
)

reconciliations = Table(
    "reconciliations",
    metadata,
    Column("connection_id", ForeignKey("connections.id"), primary_key=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("report", JSON, nullable=False),
)

launches = Table(
    "launches",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("session_id", ForeignKey("sessions.id"), nullable=False),
    Column("person_key", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Index("ix_launches_session_id_person_key", "session_id", "person_key"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("session_id", ForeignKey("sessions.id"), nullable=False),
    Column("launch_id", Uuid),
    Column("person_key", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("instance", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("recorded_at", Instant, nullable=False),
    Column("superseded_at", Instant),  # a later report of the provider no longer says so; kept, not counted
    UniqueConstraint("session_id", "source", "instance"),
    Index("ix_evidence_session_id_person_key", "session_id", "person_key"),
)

# What a provider pushed and nobody could use: it made no sense, or its meeting is not known (yet).
# `name` says what it is, so that the same told twice is one.
parked_pushes = Table(
    "parked_pushes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("connection_id", ForeignKey("connections.id"), nullable=False),
    Column("meeting_id", Uuid, index=True),  # none: unreadable
    Column("name", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("recorded_at", Instant, nullable=False, index=True),
    UniqueConstraint("connection_id", "name"),
)

# Who follows a class live, and whether some of it was missed. `seen_at`: the watcher's last sign of life.
watches = Table(
    "watches",
    metadata,
    Column("session_id", ForeignKey("sessions.id"), primary_key=True),
    Column("source", Text, nullable=False),
    Column("claim_token", Uuid),
    Column("claimed_until", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("partial", Boolean, nullable=False),
    _some("ix_watches_held", "claim_token IS NOT NULL", "claimed_until"),
)

# `revision` counts what people changed; `fetched_at`: when somebody last asked the provider again.
rosters = Table(
    "rosters",
    metadata,
    Column("session_id", ForeignKey("sessions.id"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("fetched_at", Instant),
    Column("fetched_by", Text, nullable=False),
    Column("fetch_note", Text, nullable=False),
)

# What people say of attendance, apart from the evidence. The one that is not removed counts.
roster_marks = Table(
    "roster_marks",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("session_id", ForeignKey("sessions.id"), nullable=False),
    Column("person_key", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("attended", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("removed_by", Text, nullable=False),
    Column("removed_at", Instant),
    Index("ix_roster_marks_session_id_person_key", "session_id", "person_key"),
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
    _now("updated_at"),
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

# --- administrators -----------------------------------------------------------------------------

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
    _now(),
    _now("updated_at"),
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
    _now(),
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
    _now(),
)

# Who somebody is at the company's own sign-in.
identities = Table(
    "identities",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False, index=True),
    _now(),
    Column("seen_at", Instant, nullable=False),
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

# The secret addresses under which instructors' calendars are read: one for each user.
calendar_feeds = Table(
    "calendar_feeds",
    metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    _now(),
    Column("read_at", Instant),
)

# The revisions whose code may serve on the schema as it is (app/db/schema.py).
schema_serves = Table("schema_serves", metadata, Column("revision", Text, primary_key=True))
