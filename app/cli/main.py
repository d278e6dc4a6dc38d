"""The `vilt` command: its parts hung together, and how it says no (exit 1, one line; usage errors are 2)."""

import sys

import typer

from app.cli import (
    audit,
    clients,
    connections,
    keys,
    privacy,
    reconcile,
    server,
    simulate,
    users,
    welcome,
    worker,
)
from app.cli.terminal import Refused
from app.db.database import UNREACHABLE
from app.db.schema import NewerSchema
from app.db.sealed import Unopenable
from app.domain.errors import ConnectorError
from app.wiring import NotReady

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="The vILT connector.", pretty_exceptions_enable=False
)
app.command()(server.serve)
app.command()(worker.worker)
app.command()(reconcile.reconcile)
app.command()(server.migrate)
app.command()(server.status)
app.command()(server.openapi)
app.command()(welcome.welcome)
app.add_typer(clients.app, name="clients")
app.add_typer(connections.app, name="connections")
app.add_typer(audit.app, name="audit")
app.add_typer(keys.app, name="keys")
app.add_typer(users.app, name="users")
app.add_typer(worker.app, name="jobs")
app.add_typer(privacy.app, name="privacy")
app.add_typer(simulate.app, name="simulate")


def run() -> None:
    """The command that the arguments name."""
    try:
        app()
    except (Refused, NotReady, NewerSchema, ConnectorError) as exc:
        _refuse(str(exc))
    except Unopenable as exc:
        _refuse(
            f"{exc}. Is VILT_SECRET_KEY the one that this database was made with? "
            "If that is lost for good: vilt keys give-up"
        )
    except UNREACHABLE as exc:
        _refuse(f"The database cannot be reached ({type(exc).__name__}). Check VILT_DATABASE_URL.")


def _refuse(message: str) -> None:
    typer.echo(message, err=True)
    sys.exit(1)
