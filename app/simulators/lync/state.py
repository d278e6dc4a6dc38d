"""Everything the simulated server remembers: people, tokens, applications, meetings, who is in them."""

from __future__ import annotations

import random
import threading
import uuid
from dataclasses import dataclass, field
from urllib.parse import quote

from app.simulators.lync.channel import Channel
from app.simulators.lync.clock import Clock
from app.simulators.lync.faults import Faults
from app.simulators.lync.journal import Journal
from app.simulators.lync.options import Options


@dataclass
class Person:
    """Somebody of the organisation; only accounts with a password can sign in."""

    address: str  # without sip:
    name: str
    email: str = ""
    title: str = ""
    department: str = ""
    phone: str = ""
    password: str | None = field(default=None, repr=False)
    failures: int = 0
    locked_until: float = 0.0

    @property
    def uri(self) -> str:
        """The SIP address as a URI."""
        return f"sip:{self.address}"


@dataclass
class Token:
    """A web ticket."""

    owner: Person
    expires_at: float


@dataclass
class Extension:
    """Custom data kept beside a meeting."""

    id: str
    type: str
    etag: str
    extra: dict[str, object] = field(default_factory=dict)


@dataclass
class Meeting:
    """A scheduled room. There is no start and no end, only an expiry."""

    id: str
    number: int
    organizer: Person
    rel: str
    expires_at: float
    etag: str
    access_level: str
    leader_assignment: str
    announcement: str
    lobby_bypass: str
    phone_admission: str = "Disabled"
    subject: str | None = None
    description: str | None = None
    leaders: list[str] = field(default_factory=list)
    attendees: list[str] = field(default_factory=list)
    conference_id: str = ""
    conversation_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    odd_property: str = field(default_factory=lambda: str(uuid.uuid4()))
    extensions: dict[str, Extension] = field(default_factory=dict)

    @property
    def uri(self) -> str:
        """The globally unique name."""
        return f"{self.organizer.uri};gruu;opaque=app:conf:focus:id:{self.id}"


@dataclass
class Participant:
    """Somebody who is in a meeting right now, or in its lobby."""

    uri: str
    name: str
    role: str = "Attendee"
    anonymous: bool = False
    in_lobby: bool = False
    organizer: bool = False
    source_network: str = "SameEnterprise"
    phone: str = ""

    @property
    def place(self) -> str:
        """The collection in which this participant is listed."""
        if self.in_lobby:
            return "lobby"
        return "leaders" if self.role == "Leader" else "attendees"


@dataclass(eq=False)
class Conversation:
    """One application's seat in a meeting."""

    id: str
    application: Application
    room: Room
    local_uri: str
    state: str = "Conferencing"
    subject: str = ""
    importance: str = "Normal"
    created_at: float = 0.0

    def href(self, *parts: str) -> str:
        """Where this conversation, or something below it, lives."""
        return self.application.href("communication", "conversations", self.id, *parts)


@dataclass(eq=False)
class Room:
    """The people in one meeting, and the conversations that hear of them."""

    meeting: Meeting
    participants: dict[str, Participant] = field(default_factory=dict)
    conversations: list[Conversation] = field(default_factory=list)


@dataclass(eq=False)
class Invitation:
    """One joinOnlineMeeting under way or done."""

    id: str
    conversation: Conversation
    meeting_uri: str
    operation_id: str
    importance: str
    subject: str
    state: str = "Connecting"


@dataclass(eq=False)
class Application:
    """One running application of one user; all its links hang below its own address."""

    id: str
    owner: Person
    prefix: str
    culture: str
    endpoint_id: str
    user_agent: str
    type: str
    instance_id: str
    last_seen: float
    odd_property: str
    channel: Channel = field(default_factory=Channel)
    available: bool = False
    conversations: dict[str, Conversation] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)

    def href(self, *parts: str) -> str:
        """A relative link, as UCWA writes them."""
        escaped = (quote(part, safe="@;=:+!") for part in parts)
        return "/".join((f"{self.prefix}/applications/{self.id}", *escaped))


class Pool:
    """The whole server. Whoever reads or writes it from another thread holds `lock`."""

    def __init__(self, options: Options, clock: Clock) -> None:
        self.options, self.clock = options, clock
        self.lock = threading.RLock()
        self.faults = Faults(options.seed)
        self.journal = Journal()
        self.random = random.Random(options.seed)  # noqa: S311 - names and numbers, not keys
        self.authority = ""  # host:port of discovery, known once the listener is bound
        self.ucwa_port: int | None = None
        self.ucwa_authority = ""  # set while the fault other-host is on
        self.sip_domains: tuple[str, ...] = ()
        self.odd_property = str(uuid.uuid4())  # new at every server start
        self.people: dict[str, Person] = {}
        self.tokens: dict[str, Token] = {}
        self.applications: dict[str, Application] = {}
        self.meetings: dict[str, Meeting] = {}
        self.rooms: dict[str, Room] = {}
        self.numbered = 600  # the last number given to a meeting

    def digits(self, count: int) -> str:
        """A random number of so many digits, not beginning with zero."""
        return str(self.random.randrange(10 ** (count - 1), 10**count))

    def link(self, call_authority: str, path: str) -> str:
        """An absolute link on the host that the client used."""
        return f"https://{call_authority or self.authority}{path}"
