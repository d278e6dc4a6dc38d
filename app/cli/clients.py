"""`vilt clients`: who may call. A secret is printed once, when it is made."""

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

import typer

from app.cli.terminal import in_house
from app.domain.permissions import CONTRACT_SCOPES
from app.services.clients import DEFAULT_CONNECTION, DEFAULT_TENANT, ListedClient, NewClient
from app.wiring import House

app = typer.Typer(no_args_is_help=True, help="API clients: who may call the service.")

AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
ClientId = Annotated[str, typer.Argument(help="As `vilt clients list` shows it.")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="For people: which LMS this is.")],
    tenant: Annotated[str, typer.Option(help="The portal; a new one gets a practice room.")] = DEFAULT_TENANT,
    connection: Annotated[str, typer.Option(help="Its activated provider.")] = DEFAULT_CONNECTION,
    scope: Annotated[
        list[str] | None, typer.Option(help="May come several times; else the contract's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a client and print its secret, once."""

    async def deed(house: House) -> NewClient:
        return await house.clients.add(name, tenant, connection, scope or CONTRACT_SCOPES)

    _show(in_house(deed), as_json)


@app.command("list")
def list_clients(as_json: AsJson = False) -> None:
    """Show every client, never a secret."""

    async def deed(house: House) -> list[ListedClient]:
        return await house.clients.list()

    found = in_house(deed)
    if as_json:
        typer.echo(json.dumps([asdict(client) for client in found], default=datetime.isoformat))
        return
    for client in found:
        typer.echo(f"{client.id}  {client.name}  {client.tenant}/{client.connection}  {_state(client)}")


@app.command()
def revoke(client_id: ClientId) -> None:
    """Close a client for good: its secrets and tokens are refused from now on."""

    async def deed(house: House) -> None:
        await house.clients.revoke(client_id)

    in_house(deed)
    typer.echo(f"Revoked {client_id}.")


@app.command()
def rotate(
    client_id: ClientId,
    overlap_hours: Annotated[
        float, typer.Option(help="How long the old secret still works.", min=0, max=2160)
    ] = 24,
    as_json: AsJson = False,
) -> None:
    """Give a client a new secret and print it, once; the old one works on for the overlap."""

    async def deed(house: House) -> NewClient:
        return await house.clients.rotate(client_id, timedelta(hours=overlap_hours))

    _show(in_house(deed), as_json)


def _show(client: NewClient, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(client), default=datetime.isoformat))
        return
    typer.echo(f"client id      {client.client_id}")
    typer.echo(f"client secret  {client.client_secret}   (not shown again)")
    typer.echo(f"for            {client.tenant}/{client.connection}")
    typer.echo(f"scopes         {' '.join(client.scopes)}")
    if client.old_secret_until is not None:
        typer.echo(f"old secret     works until {client.old_secret_until:%Y-%m-%d %H:%M} UTC")


def _state(client: ListedClient) -> str:
    if client.revoked_at is not None:
        return f"revoked {client.revoked_at:%Y-%m-%d}"
    return f"{client.secrets} secret{'s' if client.secrets != 1 else ''}"
