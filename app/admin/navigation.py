"""The places of this door. A new page is one line here; whoever may not open it does not see it."""

from dataclasses import dataclass

from app.domain.actor import Actor
from app.domain.permissions import Scope


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation and of the home page. `scope` None: for everybody who is signed in."""

    section: str
    label: str
    path: str
    says: str
    scope: Scope | None = None


PLACES: tuple[Place, ...] = (
    Place(
        "Edge",
        "Edge Marketplace",
        "/admin/marketplace",
        "Find and install an integration: what it can do stands there.",
        Scope.EDGE_MARKETPLACE_MANAGE,
    ),
    Place(
        "Edge",
        "Edge Integrate",
        "/admin/integrations",
        "Settings, health, activating and deactivating of integrations.",
        Scope.EDGE_INTEGRATIONS_MANAGE,
    ),
    Place(
        "Learning",
        "ILT Vendors and Instructors",
        "/admin/vendors",
        "Vendors with their state, and the instructors of each.",
        Scope.ILT_VENDORS_VIEW,
    ),
    Place(
        "Learning",
        "Learning Preferences",
        "/admin/preferences",
        "ILT Preferences: sign-in and address of a meeting provider.",
        Scope.LYNC_PREFERENCES_MANAGE,
    ),
    Place(
        "Classes",
        "View Your Sessions",
        "/admin/schedule",
        "Your classes: launch, roster, week, free times, and an address for your own calendar.",
        Scope.ILT_SESSIONS_VIEW,
    ),
    Place(
        "Classes",
        "Sessions",
        "/admin/sessions",
        "Find a class; what was asked, what became of it, who came.",
        Scope.ILT_SESSIONS_VIEW,
    ),
    Place(
        "Administration",
        "Users",
        "/admin/users",
        "Invite people, give roles and permissions.",
        Scope.USERS_MANAGE,
    ),
    Place(
        "Administration",
        "Privacy",
        "/admin/privacy",
        "How long names are kept; all about one person; taking a name away.",
        Scope.USERS_MANAGE,
    ),
    Place(
        "Administration",
        "Audit trail",
        "/admin/audit",
        "Who did what, when and from where.",
        Scope.AUDIT_VIEW,
    ),
    Place(
        "Administration",
        "Background work",
        "/admin/background",
        "What was given up and waits for you; what the last comparison with the provider found.",
        Scope.EDGE_INTEGRATIONS_MANAGE,
    ),
    Place("Administration", "Permissions", "/admin/permissions", "Every permission, and what it opens."),
)


def places_of(actor: Actor) -> dict[str, list[Place]]:
    """What this actor may open, by section."""
    found: dict[str, list[Place]] = {}
    for place in PLACES:
        if place.scope is None or actor.may(place.scope):
            found.setdefault(place.section, []).append(place)
    return found
