"""`vilt users`: who administers. A one-time link is printed once; by it the person sets a password."""

import json
from typing import Annotated

import typer

from app.cli.terminal import in_house
from app.domain.actor import Actor, Grant
from app.domain.errors import NotFound
from app.domain.people import person_key
from app.services.clients import DEFAULT_TENANT
from app.services.users import Invitation, ListedUser, Newcomer, UserChange
from app.wiring import House

app = typer.Typer(no_args_is_help=True, help="Administrators: who may open the pages.")

AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
Email = Annotated[str, typer.Argument(help="The person's e-mail address.")]
Tenant = Annotated[str, typer.Option(help="The portal.")]


@app.command()
def add(
    email: Email,
    role: Annotated[list[str], typer.Option(help="A role; may come several times.")],
    tenant: Annotated[str, typer.Option(help="The portal; a new one is made.")] = DEFAULT_TENANT,
    name: Annotated[str, typer.Option(help="For people.")] = "",
    as_json: AsJson = False,
) -> None:
    """Add an administrator and print the link by which to set a password."""

    async def deed(house: House) -> Invitation:
        actor = await house.users.commanding(tenant, make=True)
        return await house.users.invite(actor, Newcomer(email, name, role))

    _show(in_house(deed), as_json)


@app.command("list")
def list_users(tenant: Tenant = DEFAULT_TENANT, as_json: AsJson = False) -> None:
    """Show every administrator of a portal."""

    async def deed(house: House) -> list[ListedUser]:
        return await house.users.list(await house.users.commanding(tenant))

    found = in_house(deed)
    if as_json:
        typer.echo(json.dumps([_plain(listed) for listed in found]))
        return
    for listed in found:
        typer.echo(f"{listed.user.email}  {_state(listed)}  {' '.join(_lines(listed))}")


@app.command()
def deactivate(email: Email, tenant: Tenant = DEFAULT_TENANT) -> None:
    """Sign a person out everywhere and close the way in."""

    async def deed(house: House) -> None:
        actor, listed = await _find(house, email, tenant)
        await house.users.change(actor, listed.user.id, listed.user.revision, UserChange(active=False))

    in_house(deed)
    typer.echo(f"Deactivated {email}.")


@app.command()
def activate(email: Email, tenant: Tenant = DEFAULT_TENANT) -> None:
    """Let a deactivated person in again."""

    async def deed(house: House) -> None:
        actor, listed = await _find(house, email, tenant)
        await house.users.change(actor, listed.user.id, listed.user.revision, UserChange(active=True))

    in_house(deed)
    typer.echo(f"Activated {email}.")


@app.command()
def reset(email: Email, tenant: Tenant = DEFAULT_TENANT, as_json: AsJson = False) -> None:
    """End a person's password and print a link by which to set a new one."""

    async def deed(house: House) -> Invitation:
        actor, listed = await _find(house, email, tenant)
        return await house.users.reset(actor, listed.user.id, listed.user.revision)

    _show(in_house(deed), as_json)


async def _find(house: House, email: str, tenant: str) -> tuple[Actor, ListedUser]:
    actor = await house.users.commanding(tenant)
    for listed in await house.users.list(actor):
        if listed.user.key == person_key(email):
            return actor, listed
    raise NotFound(f"There is no user {email} in the tenant {tenant}.")


def _show(invitation: Invitation, as_json: bool) -> None:
    if as_json:
        expires_at = invitation.expires_at.isoformat()
        typer.echo(json.dumps({"email": invitation.email, "link": invitation.link, "expires_at": expires_at}))
        return
    typer.echo(f"for    {invitation.email}")
    typer.echo(f"link   {invitation.link}")
    typer.echo(f"works  once, until {invitation.expires_at:%Y-%m-%d %H:%M} UTC")


def _plain(listed: ListedUser) -> dict[str, object]:
    user = listed.user
    return {"email": user.email, "name": user.name, "state": _state(listed), "given": _lines(listed)}


def _state(listed: ListedUser) -> str:
    if not listed.user.active:
        return "deactivated"
    return "active" if listed.user.password else "invited"


def _lines(listed: ListedUser) -> list[str]:
    return [line.role or " ".join(_permission(grant) for grant in line.grants) for line in listed.given]


def _permission(grant: Grant) -> str:
    return f"{grant.scope} (constrained)" if grant.constraint else str(grant.scope)
