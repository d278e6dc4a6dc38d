"""What a Jitsi Meet of one's own can do, and what it cannot, in words for a buyer and flags for services."""

from app.domain.attendance import Policy, Rule
from app.providers.base import AttendanceSource, Card, Idempotency, IdentityStrength

JITSI_MEET = Card(
    key="jitsi",
    name="Jitsi Meet",
    summary="Jitsi Meet on your own server. It tells who joins and leaves by itself (event_sync).",
    keeps_schedule=False,
    idempotency=Idempotency.CHOSEN_ID,
    attendance=AttendanceSource.PUSH,
    identity=IdentityStrength.PLANTED_ID,
    default_policy=Policy(Rule.PRESENT, without_presence=Rule.OPENED),
    join_link_per_person=True,
    limits=(
        "The server must ask for a token (JWT): otherwise rooms are open to whoever knows their name.",
        "Only instructors' links ask for moderation; the server follows that with the plugin "
        "token_affiliation, and without it the first to enter moderates.",
        "There is nothing to delete: a cancelled class is closed by giving out no more links.",
        "Attendance needs the plugin event_sync; without it attendance means who opened the link.",
        "Guests without a link of this service are not counted.",
    ),
)
