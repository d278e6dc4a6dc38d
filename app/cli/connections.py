"""`vilt connections`: what is installed, how it is set up and whether it works; never a secret."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from app.cli.terminal import Refused, in_house
from app.services.activation import as_json as report_as_json
from app.services.clients import DEFAULT_TENANT
from app.services.installed import Integration
from app.wiring import House

app = typer.Typer(no_args_is_help=True, help="Connections: installed providers.")

AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
Key = Annotated[str, typer.Argument(help="As `vilt connections list` shows it.")]
Tenant = Annotated[str, typer.Option(help="The portal.")]


@app.command("list")
def list_connections(tenant: Tenant = DEFAULT_TENANT, as_json: AsJson = False) -> None:
    """Show every connection with its state and health."""

    async def deed(house: House) -> list[Integration]:
        return await house.integrations.all(await house.users.commanding(tenant))

    found = in_house(deed)
    if as_json:
        typer.echo(json.dumps([_plain(one) for one in found]))
        return
    for one in found:
        typer.echo(f"{one.key}  {one.name}  {one.provider_name}  {one.state}  {_health(one)}")


@app.command()
def show(key: Key, tenant: Tenant = DEFAULT_TENANT, as_json: AsJson = False) -> None:
    """Show one connection: its settings, which secrets are stored, and its last check."""

    async def deed(house: House) -> Integration:
        return await house.integrations.by_key(await house.users.commanding(tenant), key)

    one = in_house(deed)
    if as_json:
        typer.echo(json.dumps(_plain(one)))
        return
    for name, value in (
        ("key", one.key),
        ("name", one.name),
        ("provider", one.provider_name),
        ("state", one.state),
        ("health", _health(one)),
        *one.settings.items(),
        *((secret, "(stored, never shown)") for secret in one.secrets_stored),
    ):
        typer.echo(f"{name:<16}  {value}")


@app.command("test")
def try_out(key: Key, tenant: Tenant = DEFAULT_TENANT, as_json: AsJson = False) -> None:
    """Try a connection with its stored settings, step by step. Exit 1 when a step fails."""

    async def deed(house: House) -> dict[str, Any]:
        actor = await house.users.commanding(tenant)
        one = await house.integrations.by_key(actor, key)
        return report_as_json(await house.integrations.test(actor, one.id, {}))

    report = in_house(deed)
    if as_json:
        typer.echo(json.dumps(report))
    else:
        _tell(report)
    if not report["ok"]:
        raise Refused(f"The connection {key} does not work.")


def _tell(report: dict[str, Any]) -> None:
    for step in report["steps"]:
        typer.echo(f"{'ok    ' if step['ok'] else 'FAILED'}  {step['name']}  {step['detail']}".rstrip())
    for name, value in report["facts"].items():
        typer.echo(f"        {name}: {value}")
    for warning in report["warnings"]:
        typer.echo(f"        note: {warning}")


def _plain(one: Integration) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(asdict(one), default=str))
    return plain


def _health(one: Integration) -> str:
    if one.health is None or one.checked_at is None:
        return "not checked yet"
    return f"{'healthy' if one.health['ok'] else 'NOT HEALTHY'} at {one.checked_at:%Y-%m-%d %H:%M} UTC"
