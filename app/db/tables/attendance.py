"""Who was there: what was asked for and seen, and what people say of it."""

from sqlalchemy import (
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
)

from app.db.tables.kinds import Counter, Instant, metadata, some

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
    some("ix_watches_held", "claim_token IS NOT NULL", "claimed_until"),
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
