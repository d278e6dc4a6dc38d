"""What the server's policies offer for a meeting, and how a wish is fitted in without hiding it."""

from dataclasses import dataclass

from app.providers.lync.application import Application
from app.providers.lync.wire import Resource, body

# Field of a meeting → list of its eligible values.
ELIGIBLE = {
    "accessLevel": "accessLevels",
    "automaticLeaderAssignment": "automaticLeaderAssignments",
    "entryExitAnnouncement": "entryExitAnnouncements",
    "lobbyBypassForPhoneUsers": "lobbyBypassForPhoneUsersSettings",
}
NAMES = {
    "accessLevel": "who enters without waiting",
    "automaticLeaderAssignment": "who presents automatically",
    "entryExitAnnouncement": "announcements at the door",
    "lobbyBypassForPhoneUsers": "phone users skip the lobby",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """Eligible and default values; both empty where the server does not tell."""

    eligible: Resource
    defaults: Resource

    def values(self, name: str) -> tuple[str, ...]:
        found = self.eligible.get(ELIGIBLE[name])
        return tuple(str(value) for value in found) if isinstance(found, list) else ()

    def fit(self, wishes: dict[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
        """The wishes as the server takes them, and a sentence for each that had to change."""
        fitted, downgrades = dict(wishes), []
        for name, wanted in wishes.items():
            offered = self.values(name)
            if not offered or wanted in offered:
                continue
            default = str(self.defaults.get(name, ""))
            fitted[name] = default if default in offered else offered[0]
            downgrades.append(f"Wanted {wanted} for “{NAMES[name]}”, the server allows {fitted[name]}.")
        return fitted, tuple(downgrades)


async def offer_of(application: Application) -> Offer:
    """The policies of this account; asked once per application."""
    if "offer" not in application.kept:
        application.kept["offer"] = Offer(
            await _optional(application, "onlineMeetingEligibleValues"),
            await _optional(application, "onlineMeetingDefaultValues"),
        )
    kept: Offer = application.kept["offer"]
    return kept


async def _optional(application: Application, rel: str) -> Resource:
    url = application.link(rel)
    if url is None:
        return {}
    response = await application.call("GET", url)
    return body(response) if response.status_code == 200 else {}
