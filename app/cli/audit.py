"""`vilt audit verify`: whether anybody changed the audit trail."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from app.cli.terminal import Refused, in_house
from app.services.audit import Verdict
from app.wiring import House

app = typer.Typer(no_args_is_help=True, help="The audit trail.")


@app.callback()
def audit() -> None:
    """The audit trail."""


@app.command()
def verify(
    tenant: Annotated[str | None, typer.Option(help="One portal; else all of them.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Walk the chain of hashes and name the first row that is not as it was written; then exit 1.

    Note the head now and then in another place: a trail written anew from its beginning ends in another one.
    """

    async def deed(house: House) -> list[Verdict]:
        return await house.audit.verify(tenant)

    verdicts = in_house(deed)
    if as_json:
        typer.echo(json.dumps([asdict(verdict) for verdict in verdicts]))
    for verdict in verdicts if not as_json else ():
        typer.echo(_told(verdict))
    broken = [verdict.tenant for verdict in verdicts if verdict.broken_at is not None]
    if broken:
        raise Refused(f"The audit trail was changed: {', '.join(broken)}.")


def _told(verdict: Verdict) -> str:
    if verdict.broken_at is not None:
        return f"{verdict.tenant}: BROKEN at row {verdict.broken_at}: {verdict.reason}"
    erased = f", {verdict.erased} of them erased" if verdict.erased else ""
    return f"{verdict.tenant}: {verdict.rows} rows{erased}, whole. Head {verdict.head}"
