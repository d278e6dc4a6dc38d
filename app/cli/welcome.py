"""`vilt welcome`: on the first start a ready client, and three lines that take somebody around the loop."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from textwrap import dedent

import typer

from app.cli import terminal
from app.services.clients import NewClient
from app.wiring import House

LEARNER = "dana.lee@example.com"
PRACTICE_CLASS = "practice-1"
_WIRE = "%Y-%m-%dT%H:%M:%S"  # UTC without a suffix, as the LMS writes it (contract A4)

_JOIN_URL = """python3 -c 'import json, sys; print(json.load(sys.stdin)["data"]["joinUrl"])'"""


def welcome() -> None:
    """Make a first client, if there is none yet, and print what to try with it."""
    made = terminal.in_house(_first_client)
    if made is not None:
        typer.echo(first_steps(terminal.settings().public_url, made, datetime.now(UTC)))


async def _first_client(house: House) -> NewClient | None:
    return None if await house.clients.list() else await house.clients.add("First steps")


def first_steps(base_url: str, client: NewClient, now: datetime) -> str:
    """The client with its secret, and three curl lines for a class that is running at `now`."""
    base_url = base_url.rstrip("/")
    sign_in = f"-u '{client.client_id}:{client.client_secret}'"
    person = b64encode(LEARNER.encode()).decode()
    launch = f"curl -s {sign_in} {base_url}/session/{PRACTICE_CLASS}/user/{person}/url"
    begins, ends = (moment.strftime(_WIRE) for moment in (now, now + timedelta(hours=2)))
    return dedent(f"""
        Welcome. A client was made for you; its secret is shown this once:

          user name  {client.client_id}
          password   {client.client_secret}

        When the service runs, try this in another terminal. Make a class that is running right now:

        curl -s {sign_in} {base_url}/session -H 'Content-Type: application/json' -d '{_session(begins, ends)}'

        Get the personal link of a learner ({LEARNER}):

        {launch}

        Open it in a browser (the link has the token; the page needs nothing else):

        python3 -m webbrowser "$({launch} | {_JOIN_URL})"

        The API is described at {base_url}/docs
    """)


def _session(begins: str, ends: str) -> str:
    return (
        f'{{"SessionId": "{PRACTICE_CLASS}", "Title": "A first class", "CreatorEmail": "admin@example.com", '
        f'"DateBegin": "{begins}", "DateEnd": "{ends}", "TimeZone": {{"UTCOffset": "+00:00"}}}}'
    )
