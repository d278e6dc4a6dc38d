"""`vilt reconcile`: compare every provider with the database now, and heal by rule."""

import json
from typing import Annotated

import typer

from app.cli.terminal import in_house
from app.domain.reconciliation import Report
from app.wiring import House


def reconcile(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Compare what the providers have with what is wanted; exit 1 if a provider could not be asked."""

    async def deed(house: House) -> list[Report]:
        return await house.reconciliation.run(dry_run=dry_run)

    found = in_house(deed)
    if as_json:
        typer.echo(json.dumps([report.as_json() for report in found]))
    else:
        for report in found:
            _show(report)
    if any(report.error for report in found):
        raise typer.Exit(1)


def _show(report: Report) -> None:
    listed = "cannot list" if report.listed is None else f"{report.listed} listed"
    typer.echo(f"{report.connection}  {report.error or f'{listed}, {report.compared} compared'}")
    for line in report.lines:
        healed = "healed" if line.healed else "to do" if report.dry_run else "waiting"
        what = line.session or line.provider_id
        typer.echo(f"  {line.finding:9}  {healed:7}  {what}  {line.detail}".rstrip())
