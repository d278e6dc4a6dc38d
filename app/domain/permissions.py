"""The permission catalogue: every OAuth scope of the service, in one place.

The words stand in the product's permission list; a scope for a machine and a permission for a person
are the same thing.
"""

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
