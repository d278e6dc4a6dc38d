"""`vilt keys`: the service's own keys, and the sealing of everything secret in the database."""

from collections import Counter
from typing import Annotated

import typer

from app.cli.terminal import Refused, in_house
from app.services.keys import Rotation
from app.wiring import House

app = typer.Typer(no_args_is_help=True, help="Signing keys and sealing at rest.")


@app.callback()
def keys() -> None:
    """Signing keys and sealing at rest."""


@app.command()
def rotate() -> None:
    """Seal everything with the first text of VILT_SECRET_KEY; renew the signing keys, with overlap.

    To change VILT_SECRET_KEY: put the new text behind the old one and restart every process; put it in front
    and restart again; run this; then drop the old text.
    """

    async def deed(house: House) -> Rotation:
        return await house.keys.rotate()

    done = in_house(deed)
    for word, count in done.resealed.items():
        typer.echo(f"Sealed anew: {count} of kind {word}.")
    for purpose, key_id in done.renewed.items():
        typer.echo(f"New key for {purpose.value}: {key_id}. The old one verifies for its overlap.")
    typer.echo(f"Removed: {done.removed} keys whose overlap was over.")
    if done.unopenable:
        names = ", ".join(done.unopenable)
        raise Refused(f"Keep the old texts in VILT_SECRET_KEY: no text of the ring opens {names}.")


@app.command("give-up")
def give_up(
    sure: Annotated[bool, typer.Option("--yes", help="Do it; without, only say what would be.")] = False,
) -> None:
    """Give up what no text of VILT_SECRET_KEY opens, for when the text is lost for good.

    Then make new client secrets (`vilt clients rotate`) and enter the providers' passwords again. Meetings
    are looked for at the provider; links that people have stop working, the LMS makes new ones.
    """

    async def deed(house: House) -> Counter[str]:
        return await house.key_loss.give_up(dry_run=not sure)

    lost = in_house(deed)
    for word, count in lost.items():
        typer.echo(f"Does not open: {count} of kind {word}.")
    if not sure and lost.total():
        typer.echo("Nothing was changed. If the text is lost for good: vilt keys give-up --yes")
