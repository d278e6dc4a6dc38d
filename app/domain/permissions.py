"""The permission catalogue: every permission by its exact name, the scope behind it, and the roles.

The words are the product's own. A scope for a machine and a permission for a person are the same thing.
"""

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """`resource:verb`."""

    INSTRUCTOR_CREATE = "vilt-instructor:create"
    INSTRUCTOR_UPDATE = "vilt-instructor:update"
    SESSION_CREATE = "vilt-session:create"
    SESSION_UPDATE = "vilt-session:update"
    SESSION_CANCEL = "vilt-session:cancel"
    SESSION_LAUNCH = "vilt-session:launch"
    ATTENDANCE_READ = "vilt-attendance:read"

    EDGE_INTEGRATIONS_MANAGE = "edge-integrations:manage"
    EDGE_MARKETPLACE_MANAGE = "edge-marketplace:manage"
    ILT_VENDORS_VIEW = "ilt-vendors:view"
    ILT_VENDORS_CREATE = "ilt-vendors:create"
    ILT_VENDORS_UPDATE = "ilt-vendors:update"
    LYNC_PREFERENCES_MANAGE = "lync-preferences:manage"
    ILT_SESSIONS_VIEW = "ilt-sessions:view"
    ILT_SESSIONS_CREATE = "ilt-sessions:create"
    ILT_SESSIONS_CANCEL = "ilt-sessions:cancel"
    ILT_ROSTER_VIEW = "ilt-roster:view"
    ILT_ROSTER_MANAGE = "ilt-roster:manage"
    API_CLIENTS_MANAGE = "api-clients:manage"
    USERS_MANAGE = "users:manage"
    AUDIT_VIEW = "audit:view"


CONTRACT_SCOPES: tuple[Scope, ...] = (
    Scope.INSTRUCTOR_CREATE,
    Scope.INSTRUCTOR_UPDATE,
    Scope.SESSION_CREATE,
    Scope.SESSION_UPDATE,
    Scope.SESSION_CANCEL,
    Scope.SESSION_LAUNCH,
    Scope.ATTENDANCE_READ,
)


class Limit(StrEnum):
    """By what a permission may be constrained, in the product's words."""

    INSTRUCTOR = "Instructor"
    USER_AS_INSTRUCTOR = "User as Instructor"
    ILT_PROVIDER = "ILT Provider"
    USERS_ILT_PROVIDER = "User's ILT Provider"


EDGE = "Edge"
LEARNING = "Learning - Administration"
CLASSES = "Learning"
CONTRACT = "LMS contract"
SERVICE = "Service administration"


@dataclass(frozen=True, slots=True)
class Permission:
    """One entry. `needs`: works only together with it. Without `limits` it cannot be constrained."""

    name: str
    scope: Scope
    category: str
    description: str
    needs: Scope | None = None
    limits: tuple[Limit, ...] = ()

    @property
    def constrainable(self) -> bool:
        return bool(self.limits)

    @property
    def for_machines(self) -> bool:
        """Held by the LMS's credential only: there is no page on which a person could use it."""
        return self.category == CONTRACT


_ANY = tuple(Limit)
_ENTRIES = (
    Permission(
        "Edge Integrations - Manage",
        Scope.EDGE_INTEGRATIONS_MANAGE,
        EDGE,
        "The Integrations service for Edge Integrate: configure, enable and disable third-party "
        "integrations.",
    ),
    Permission(
        "Edge Marketplace - Manage",
        Scope.EDGE_MARKETPLACE_MANAGE,
        EDGE,
        "The Marketplace, where an integration is found and installed.",
    ),
    Permission(
        "ILT Vendors - View",
        Scope.ILT_VENDORS_VIEW,
        LEARNING,
        "View only: the ILT Vendors and Instructors page.",
    ),
    Permission(
        "ILT Vendors - Create",
        Scope.ILT_VENDORS_CREATE,
        LEARNING,
        "Create new training vendors (providers).",
        needs=Scope.ILT_VENDORS_VIEW,
    ),
    Permission(
        "ILT Vendors - Update",
        Scope.ILT_VENDORS_UPDATE,
        LEARNING,
        "Edit vendors (providers).",
        needs=Scope.ILT_VENDORS_VIEW,
    ),
    Permission(
        "MS Lync Portal Preferences - Manage",
        Scope.LYNC_PREFERENCES_MANAGE,
        LEARNING,
        "The API username, password and endpoint for MS Lync.",
    ),
    # The product's list does not say by what Sessions may be constrained; an instructor who sees the own
    # classes only needs it, so it is the same as for the roster.
    Permission("Sessions - View", Scope.ILT_SESSIONS_VIEW, CLASSES, "See ILT sessions.", limits=_ANY),
    Permission(
        "Sessions - Create",
        Scope.ILT_SESSIONS_CREATE,
        CLASSES,
        "Schedule ILT sessions.",
        needs=Scope.ILT_SESSIONS_VIEW,
        limits=_ANY,
    ),
    Permission(
        "Sessions - Cancel",
        Scope.ILT_SESSIONS_CANCEL,
        CLASSES,
        "Cancel ILT sessions.",
        needs=Scope.ILT_SESSIONS_VIEW,
        limits=_ANY,
    ),
    Permission("Roster - View", Scope.ILT_ROSTER_VIEW, CLASSES, "See attendance.", limits=_ANY),
    Permission(
        "Roster - Manage",
        Scope.ILT_ROSTER_MANAGE,
        CLASSES,
        "Correct and complete attendance.",
        needs=Scope.ILT_ROSTER_VIEW,
        limits=_ANY,
    ),
    Permission(
        "API Clients - Manage",
        Scope.API_CLIENTS_MANAGE,
        SERVICE,
        "Make, renew and revoke the credentials of machines.",
    ),
    Permission("Users - Manage", Scope.USERS_MANAGE, SERVICE, "Invite people, give roles and permissions."),
    Permission("Audit - View", Scope.AUDIT_VIEW, SERVICE, "See who did what, when and from where."),
    Permission("vILT Instructor - Create", Scope.INSTRUCTOR_CREATE, CONTRACT, "The LMS adds an instructor."),
    Permission(
        "vILT Instructor - Update", Scope.INSTRUCTOR_UPDATE, CONTRACT, "The LMS changes an instructor."
    ),
    Permission("vILT Session - Create", Scope.SESSION_CREATE, CONTRACT, "The LMS schedules a session."),
    Permission("vILT Session - Update", Scope.SESSION_UPDATE, CONTRACT, "The LMS changes a session."),
    Permission("vILT Session - Cancel", Scope.SESSION_CANCEL, CONTRACT, "The LMS cancels a session."),
    Permission("vILT Session - Launch", Scope.SESSION_LAUNCH, CONTRACT, "The LMS asks for a person's link."),
    Permission("vILT Attendance - Read", Scope.ATTENDANCE_READ, CONTRACT, "The LMS reads attendance."),
)
CATALOGUE: dict[Scope, Permission] = {entry.scope: entry for entry in _ENTRIES}


@dataclass(frozen=True, slots=True)
class Bundle:
    """A role: permissions under one name. `own_classes`: what can be narrowed is, to the user's classes."""

    key: str
    name: str
    description: str
    scopes: tuple[Scope, ...]
    own_classes: bool = False


ROLES: dict[str, Bundle] = {
    role.key: role
    for role in (
        Bundle(
            "system-administrator",
            "System administrator",
            "Everything.",
            tuple(entry.scope for entry in _ENTRIES if not entry.for_machines),
        ),
        Bundle(
            "integration-administrator",
            "Integration administrator",
            "Finds, installs and activates integrations.",
            (
                Scope.EDGE_INTEGRATIONS_MANAGE,
                Scope.EDGE_MARKETPLACE_MANAGE,
                Scope.LYNC_PREFERENCES_MANAGE,
                Scope.ILT_VENDORS_VIEW,
                Scope.API_CLIENTS_MANAGE,
            ),
        ),
        Bundle(
            "training-administrator",
            "Training administrator",
            "Vendors, instructors, sessions and rosters.",
            tuple(entry.scope for entry in _ENTRIES if str(entry.scope).startswith("ilt-")),
        ),
        Bundle(
            "instructor",
            "Instructor",
            "The own classes and their rosters.",
            (Scope.ILT_SESSIONS_VIEW, Scope.ILT_ROSTER_VIEW, Scope.ILT_ROSTER_MANAGE),
            own_classes=True,
        ),
        Bundle(
            "auditor",
            "Auditor",
            "Looks at everything about classes and the audit trail, changes nothing.",
            (Scope.AUDIT_VIEW, Scope.ILT_VENDORS_VIEW, Scope.ILT_SESSIONS_VIEW, Scope.ILT_ROSTER_VIEW),
        ),
    )
}
