"""`vilt keys`: the service's own keys, and the sealing of everything secret in the database."""

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
