"""`vilt serve`, `migrate`, `status`, `openapi`: running the service and looking after its schema."""

import asyncio
import json
import os
import sys
from typing import Annotated

import typer
import uvicorn

from app.cli import terminal
from app.db import schema
from app.db.database import Database
from app.main import create_app
from app.settings import Settings
from app.telemetry import meters
from app.wiring import open_house

GRACEFUL_SECONDS = 20
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - listened on only when asked for


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", envvar="PORT")] = 8000,
    workers: Annotated[
        int, typer.Option(help="Processes; more than one needs no more than this.", min=1)
    ] = 1,
) -> None:
    """Serve until told to stop; requests in flight are finished first."""
    os.environ.setdefault("VILT_PUBLIC_URL", f"http://{'127.0.0.1' if host in EVERYWHERE else host}:{port}")
    settings = terminal.settings()
    asyncio.run(_check(settings))
    if workers > 1:
        meters.share_between_workers()
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",  # nothing here speaks WebSocket; an Upgrade header is answered as plain HTTP
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )


def migrate(
    target: Annotated[str, typer.Argument(help="A revision, `head`, `base` or `-1`.")] = "head",
) -> None:
    """Bring the database's schema to this version (or to TARGET)."""

    async def run() -> str | None:
        database = Database(terminal.settings().database_url)
        try:
            await schema.migrate(database, target)
            return await schema.present(database)
        finally:
            await database.close()

    typer.echo(f"The database has schema {asyncio.run(run()) or 'none'}.")


def status(as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False) -> None:
    """Say whether the database can be reached and this version may serve on its schema; exit 1 if not."""

    async def run() -> tuple[str | None, str | None]:
        database = Database(terminal.settings().database_url)
        try:
            return await schema.present(database), await schema.obstacle(database)
        finally:
            await database.close()

    (present, obstacle), needed = asyncio.run(run()), schema.needed()
    if as_json:
        typer.echo(json.dumps({"schema": present, "needed": needed, "ready": obstacle is None}))
    else:
        typer.echo(f"Schema {present or 'none'}, needed {needed}.")
    if obstacle is not None:
        if not as_json:
            typer.echo(obstacle, err=True)
        raise typer.Exit(1)


def openapi() -> None:
    """Print the OpenAPI document of the whole service."""
    json.dump(create_app(Settings()).openapi(), sys.stdout, indent=2, sort_keys=True)
    sys.stdout.write("\n")


async def _check(settings: Settings) -> None:
    async with open_house(settings) as house:
        await terminal.refuse_lost_key(house)
