"""`vilt privacy`: everything about one person as JSON, taking a name away, and how long names are kept."""

import json
from typing import Annotated

import typer

from app.cli.terminal import Refused, in_house
from app.services.clients import DEFAULT_TENANT
from app.services.privacy import Erased, Forgotten, Periods
from app.wiring import House

app = typer.Typer(no_args_is_help=True, help="Privacy: export, erasure and retention of people's names.")

Email = Annotated[str, typer.Argument(help="The person's e-mail address.")]
Tenant = Annotated[str, typer.Option(help="The portal.")]
Days = Annotated[int | None, typer.Option(help="Days; 0 means for ever; left out stays.")]


@app.command()
def export(email: Email, tenant: Tenant = DEFAULT_TENANT) -> None:
    """Print everything that is stored about a person, as JSON."""

    async def deed(house: House) -> dict[str, object]:
        return await house.privacy.export(await house.users.commanding(tenant), email)

    typer.echo(json.dumps(in_house(deed), indent=2, ensure_ascii=False))


@app.command()
def erase(
    email: Email,
    yes: Annotated[bool, typer.Option("--yes", help="It cannot be undone: say that you mean it.")] = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Put a pseudonym in a person's place, everywhere."""
    if not yes:
        raise Refused(f"This cannot be undone. To erase {email}, say so: --yes")

    async def deed(house: House) -> Erased:
        return await house.privacy.erase(await house.users.commanding(tenant), email)

    done = in_house(deed)
    typer.echo(f"Erased from {done.total} rows; in their place stands {done.pseudonym}")


@app.command()
def retention(
    class_days: Days = None,
    login_days: Days = None,
    audit_days: Days = None,
    apply: Annotated[bool, typer.Option("--apply", help="Take away now what is over.")] = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Show how long names are kept; change it; apply it now."""

    async def deed(house: House) -> tuple[Periods, Forgotten | None]:
        actor = await house.users.commanding(tenant)
        known = await house.privacy.periods(actor)
        new = Periods(
            _days(class_days, known.class_days),
            _days(login_days, known.login_days),
            _days(audit_days, known.audit_days),
        )
        if (class_days, login_days, audit_days) != (None, None, None):
            known = await house.privacy.decide(actor, new, known.revision)
        return known, await house.privacy.apply(actor) if apply else None

    known, done = in_house(deed)
    for name in ("class_days", "login_days", "audit_days"):
        typer.echo(f"{name:11} {getattr(known, name) or 'for ever'}")
    if done:
        typer.echo(f"applied     {done.people} names, {done.logins} logins, {done.deeds} audit entries")


def _days(said: int | None, known: int | None) -> int | None:
    return known if said is None else said or None
