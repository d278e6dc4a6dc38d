"""What MS Lync can do, and what it cannot, in words for a buyer and flags for the services."""

from app.domain.attendance import Policy, Rule
from app.domain.permissions import Scope
from app.providers.base import AttendanceSource, Card, Idempotency, IdentityStrength, PreferencesPage

MS_LYNC = Card(
    key="lync",
    name="MS Lync",
    summary="Lync Server 2013 and Skype for Business Server on your own premises, through UCWA 2.0.",
    keeps_schedule=False,
    idempotency=Idempotency.MARKER,
    attendance=AttendanceSource.NONE,
    identity=IdentityStrength.CLAIMED_EMAIL,
    default_policy=Policy(Rule.OPENED),
    checks_people=True,
    plants_presenters=True,
    calls_at_once=4,  # UCWA throttles an account and publishes no numbers
    limits=(
        "The server does not report who came: by default attendance means who opened the link.",
        "A live roster misses what happens while its connection is broken, and is then marked partial.",
        "Guests of the web client and phone users cannot be told apart by name.",
        "Everybody gets the same link; presenters are known by their account.",
    ),
    preferences=PreferencesPage(
        path="lync",
        title="MS Lync Preferences",
        scope=Scope.LYNC_PREFERENCES_MANAGE,
        fields=("username", "password", "api_endpoint"),
    ),
)
