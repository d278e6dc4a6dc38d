"""What an administrator of the simulated server may decide: limits, lifetimes, policies, names."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_USER = "svc-lms@contoso.example"
DEFAULT_PASSWORD = "Practice-2013"  # noqa: S105 - of a simulated account, known to everybody

ACCESS_LEVELS = ("SameEnterprise", "Locked", "Invited", "Everyone")
LEADER_ASSIGNMENTS = ("Disabled", "SameEnterprise", "Everyone")
ANNOUNCEMENTS = ("Unsupported", "Disabled", "Enabled")
SWITCH = ("Disabled", "Enabled")


@dataclass(frozen=True)
class Options:
    """The documentation gives few numbers; every number below that it does not give is a [judge]."""

    sip_domains: tuple[str, ...] = ()  # empty: the domain of the user
    extra_names: tuple[str, ...] = ()  # more names on the certificate, beside localhost and 127.0.0.1
    path_prefix: str = "/ucwa/oauth/v1"  # the reference pages print /ucwa/v1: clients must not care
    allowed_origins: tuple[str, ...] = ()

    lockout_after: int = 5
    lockout_seconds: float = 1800.0
    token_seconds: int = 28289  # [doc] from a printed trace

    application_ttl: float = 1800.0
    max_applications: int = 10
    user_agents_banned: tuple[str, ...] = ()

    max_meetings: int = 10_000
    max_subject: int = 250
    default_expiry: float = 8 * 3600.0  # [doc]
    assigned_meeting: bool = True
    dial_in: bool = True
    strict_directory: bool = (
        False  # True: leaders and attendees must be in the directory, not only in the domain
    )
    access_levels: tuple[str, ...] = ACCESS_LEVELS
    leader_assignments: tuple[str, ...] = LEADER_ASSIGNMENTS
    announcements: tuple[str, ...] = ANNOUNCEMENTS
    lobby_bypass: tuple[str, ...] = SWITCH
    default_access_level: str = "SameEnterprise"
    default_leader_assignment: str = "Disabled"
    default_announcement: str = "Disabled"
    default_lobby_bypass: str = "Disabled"
    meeting_size: int = 250

    search_allowed: bool = True
    shortest_poll: float = 180.0  # [doc] both the default and the minimum of the long poll's timeout
    aggregation: float = 0.0  # seconds that events are held together; 0 sends them at once
    resume_after: float = 900.0  # no poll for so long: conversations are closed and `resume` is answered

    slow_seconds: float = 5.0
    seed: int | None = None
