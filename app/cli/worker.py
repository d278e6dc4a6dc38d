"""`vilt worker`: background work apart from serving; and a look at what is parked."""

import asyncio
import json
import signal
from typing import Annotated

import typer

from app.cli import terminal
from app.db.jobs import Parked
from app.services.jobs import Job
from app.settings import Settings
from app.telemetry import logs
from app.wiring import House, open_house
from app.worker import watching, working

app = typer.Typer(no_args_is_help=True, help="Background work that was set aside.")


def worker(
    concurrency: Annotated[int | None, typer.Option(help="Jobs at once in this process.", min=2)] = None,
    once: Annotated[bool, typer.Option(help="Do what is due, then end.")] = False,
) -> None:
    """Do background work until told to stop; what is in hand then is finished first."""
    settings = terminal.settings()
    if concurrency:
        settings = settings.model_copy(update={"worker_concurrency": concurrency})
    logs.configure(settings.log_level)
    if once:
        typer.echo(f"Done: {terminal.in_house(_sweep)}.")
    else:
        asyncio.run(_work(settings))


@app.command("parked")
def parked(as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False) -> None:
    """Show what nobody tries any more."""

    async def deed(house: House) -> list[Parked]:
        return await house.jobs.parked()

    found = terminal.in_house(deed)
    if as_json:
        typer.echo(json.dumps([_plain(one) for one in found]))
        return
    for one in found:
        since = f"{one.since:%Y-%m-%d %H:%M}"
        typer.echo(f"{one.kind} {one.subject}  since {since}  {one.error_kind}: {one.error}")


@app.command("wake")
def wake(
    kind: Annotated[str, typer.Argument(help="As `vilt jobs parked` shows it.")],
    subject: Annotated[str, typer.Argument(help="The same.")] = "",
) -> None:
    """Try a parked job again."""

    async def deed(house: House) -> bool:
        return await house.jobs.wake(Job(kind, subject))

    if not terminal.in_house(deed):
        raise terminal.Refused(f"Nothing is parked as {kind} {subject}".strip() + ".")
    typer.echo("It will be tried again.")


async def _sweep(house: House) -> int:
    return await house.jobs.sweep()


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    async with open_house(settings) as house:
        await terminal.refuse_lost_key(house)
        async with (
            working(house.jobs, settings.database_url, settings.worker_concurrency),
            watching(house.watches),
        ):
            typer.echo("Working. Stop with Ctrl-C.", err=True)
            await stop.wait()


def _plain(one: Parked) -> dict[str, object]:
    return {
        "kind": one.kind,
        "subject": one.subject,
        "error": one.error,
        "error_kind": one.error_kind,
        "attempts": one.attempts,
        "since": one.since.isoformat(),
    }
