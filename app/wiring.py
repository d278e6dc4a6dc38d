"""Builds the parts and carries them in. The only place that knows every concrete class."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta

from app import outward
from app.db import schema
from app.db.clock import shared_clock
from app.db.database import UNREACHABLE, Database
from app.db.meetings import Meetings
from app.db.sealed import Sealer
from app.domain.clock import Clock
from app.outward import NotReady as NotReady
from app.providers.base import Provider
from app.providers.registry import providers
from app.secret_ring import secret_ring
from app.services.access import Access
from app.services.activation import Activation
from app.services.answers import Answers
from app.services.attendance import Attendance
from app.services.attendance_files import AttendanceFiles
from app.services.attendees import Attendees
from app.services.audit import Audit
from app.services.clients import Clients
from app.services.connections import Connections
from app.services.credentials import Credentials
from app.services.erasures import Erasures
from app.services.faculties import Faculties
from app.services.feeds import Feeds
from app.services.guesses import Guesses
from app.services.health import Health
from app.services.hooks import Hooks
from app.services.identity import Identity
from app.services.imports import Imports
from app.services.instructors import Instructors
from app.services.integrations import Integrations
from app.services.jobs import Jobs
from app.services.key_loss import KeyLoss
from app.services.keys import Keys
from app.services.launches import DoorHours, Launches
from app.services.leftovers import Leftovers
from app.services.links import Links
from app.services.logins import Logins
from app.services.meetings import Converging, Patience
from app.services.outside import OutsideTokens
from app.services.preferences import PreferencesPages
from app.services.privacy import Privacy
from app.services.reconciliation import KIND as RECONCILIATION
from app.services.reconciliation import Reconciliation
from app.services.refusals import Refusals
from app.services.rooms import Rooms
from app.services.rosters import Rosters
from app.services.schedules import Schedules
from app.services.sessions import Sessions, Tolerance
from app.services.stories import Stories
from app.services.substitutes import Substitutes
from app.services.throttle import Throttle
from app.services.tickets import TicketStore
from app.services.tokens import Tokens
from app.services.upkeep import Upkeep
from app.services.users import Users
from app.services.vendors import Vendors
from app.services.watches import Watches
from app.settings import Settings

OBSTACLE_SECONDS = 3.0  # a probe asks again soon


@dataclass(frozen=True, slots=True)
class House:
    """Every part that a door may need."""

    db: Database
    keys: Keys
    key_loss: KeyLoss
    clients: Clients
    access: Access
    tokens: Tokens
    connections: Connections
    meetings: Converging
    sessions: Sessions
    instructors: Instructors
    launches: Launches
    rooms: Rooms
    attendance: Attendance
    users: Users
    logins: Logins
    identity: Identity
    outside: OutsideTokens
    answers: Answers
    audit: Audit
    refusals: Refusals
    integrations: Integrations
    preferences: PreferencesPages
    vendors: Vendors
    health: Health
    faculties: Faculties
    imports: Imports
    credentials: Credentials
    stories: Stories
    rosters: Rosters
    attendance_files: AttendanceFiles
    attendees: Attendees
    privacy: Privacy
    schedules: Schedules
    substitutes: Substitutes
    feeds: Feeds
    jobs: Jobs
    reconciliation: Reconciliation
    watches: Watches
    hooks: Hooks

    async def obstacle(self) -> str | None:
        """Why this house cannot serve right now, in words for anyone; None when it can."""
        try:
            async with asyncio.timeout(OBSTACLE_SECONDS):
                return await schema.obstacle(self.db)
        except UNREACHABLE:
            return "The database does not answer."


@asynccontextmanager
async def open_house(
    settings: Settings, clock: Clock | None = None, catalogue: Mapping[str, type[Provider]] | None = None
) -> AsyncIterator[House]:
    """The house, built from `settings`; closed when the block ends. Raises NotReady on an unfit schema.

    `clock`: the one that everybody on this database shares when not handed in. `catalogue`: the providers
    there are; those found by their folders when not handed in.
    """
    database = Database(settings.database_url, pool_size=settings.database_pool)
    try:
        obstacle = await schema.obstacle(database)
        if obstacle is not None:
            raise NotReady(obstacle)
        async with nullcontext(clock) if clock else shared_clock(database) as agreed:
            house = _build(settings, database, agreed, providers() if catalogue is None else catalogue)
            try:
                yield house
            finally:
                await house.watches.stop()
                await house.meetings.finish()
                await house.connections.close()
    finally:
        await database.close()


def _build(
    settings: Settings, database: Database, clock: Clock, catalogue: Mapping[str, type[Provider]]
) -> House:
    sealer = Sealer(secret_ring(settings))
    store, keys = Meetings(sealer), Keys(database, sealer, clock)
    tokens = Tokens(keys, clock, settings.public_url, settings.token_lifetime_seconds)
    outbound = outward.outbound(settings, TicketStore(database, sealer, clock))
    connections = Connections(database, sealer, catalogue, outbound)
    patience = Patience(settings.budget, lease=timedelta(seconds=settings.claim_lease_seconds))
    converging = Converging(database, store, connections, clock, patience)
    clients, audit = Clients(database, keys, clock), Audit(database, clock)
    refusals = Refusals(database, audit, clock)
    logins = Logins(database, Guesses(keys, clock), refusals, audit, clock, settings.public_url)
    activation = Activation(database, clients, audit, clock, settings.public_url)
    health = Health(database, connections)
    erasures = Erasures(database, keys)
    attendance = Attendance(database, store, connections, erasures, clock, settings.budget)
    upkeep = Upkeep(database, store, attendance, health, timedelta(days=settings.meeting_grace_days))
    reconciliation = Reconciliation(database, store, connections, clock)
    rosters, privacy = Rosters(database, attendance, audit, clock), Privacy(database, erasures, audit, clock)
    leftovers = Leftovers(database, sealer, erasures, clock)
    chores = {**upkeep.chores(), **privacy.chores(), RECONCILIATION: reconciliation.chore}
    chores[Leftovers.KIND] = leftovers.chore
    jobs = Jobs(database, store, converging, chores, clock)
    instructors = Instructors(database, connections, audit, clock, jobs.hasten)
    faculties = Faculties(database, instructors)
    hours = DoorHours(
        early=timedelta(minutes=settings.early_minutes),
        early_for_instructors=timedelta(minutes=settings.early_minutes_instructor),
        late=timedelta(minutes=settings.late_minutes),
    )
    tolerance = Tolerance(settings.unknown_session == "lenient", settings.provider_trouble == "accept")
    return House(
        db=database,
        keys=keys,
        key_loss=KeyLoss(database, sealer, clock),
        clients=clients,
        access=Access(database, keys, tokens, Throttle(clock), clock),
        tokens=tokens,
        connections=connections,
        meetings=converging,
        sessions=Sessions(database, converging, clock, tolerance),
        instructors=instructors,
        launches=Launches(database, store, connections, Links(keys, settings.public_url), clock, hours),
        rooms=Rooms(database, clock),
        attendance=attendance,
        users=Users(database, clock, audit, settings.public_url),
        answers=Answers(database, sealer, clock),
        logins=logins,
        identity=Identity(
            database, keys, sealer, logins, audit, refusals, clock, outward.company(settings, clock)
        ),
        outside=outward.outside(settings, database, clock),
        audit=audit,
        refusals=refusals,
        integrations=Integrations(database, connections, activation, clock),
        preferences=PreferencesPages(database, connections, activation, clock),
        vendors=Vendors(database, audit, clock),
        health=health,
        faculties=faculties,
        imports=Imports(database, instructors, faculties, audit),
        credentials=Credentials(database, clients, audit, clock),
        stories=Stories(database, converging),
        rosters=rosters,
        attendance_files=AttendanceFiles(database, store, connections, erasures, audit, clock),
        attendees=Attendees(database, rosters),
        privacy=privacy,
        schedules=Schedules(database, clock),
        substitutes=Substitutes(database, converging, audit, clock),
        feeds=Feeds(database, audit, clock, settings.public_url),
        jobs=jobs,
        reconciliation=reconciliation,
        watches=Watches(database, store, connections, clock),
        hooks=Hooks(database, connections, leftovers, erasures, Throttle(clock), clock),
    )
