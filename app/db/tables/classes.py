"""Classes with those who teach them: what the LMS wants, and what the provider has."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    text,
)

from app.db.tables.kinds import Counter, Instant, metadata, now, some

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
    now(),
    now("updated_at"),
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
    now(),
    now("updated_at"),
    Column("cancelled_at", Instant),
    # For lists: the title casefolded; whether nobody is named, so that everyone in the registry teaches.
    Column("title_key", Text, nullable=False, server_default=""),
    Column("unnamed", Boolean, nullable=False, server_default=text("true")),
    UniqueConstraint("tenant_id", "session_key"),
    Index("ix_sessions_tenant_id_starts_at", "tenant_id", "starts_at", "id"),
    Index("ix_sessions_connection_id_starts_at", "connection_id", "starts_at", "id"),
    Index("ix_sessions_tenant_id_lo_id", "tenant_id", "lo_id"),
    some("ix_sessions_cancelled", "state = 'cancelled'", "tenant_id", "starts_at", "id"),
    some("ix_sessions_unnamed", "unnamed", "connection_id", "starts_at", "id"),
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
    now(),
    now("updated_at"),
    # The promise "one SessionId, one meeting", kept by the database itself.
    Index(
        "uq_meetings_session_id_not_cancelled",
        "session_id",
        unique=True,
        postgresql_where=text("state <> 'cancelled'"),
        sqlite_where=text("state <> 'cancelled'"),
    ),
    some("ix_meetings_pending", "pending_since IS NOT NULL", "session_id"),
)
