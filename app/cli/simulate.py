"""`vilt simulate lync`: a practice server that speaks the provider's protocol; no account is needed."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.terminal import Refused
from app.simulators.lync import DEFAULT_PASSWORD, DEFAULT_USER, FAULTS
from app.simulators.lync import run as run_lync

app = typer.Typer(no_args_is_help=True, help="Practice servers that speak a provider's protocol.")


@app.callback()
def simulate() -> None:
    """Practice servers that speak a provider's protocol."""


@app.command()
def lync(
    port: Annotated[int, typer.Option(help="HTTPS port on 127.0.0.1; 0 takes a free one.")] = 8443,
    user: Annotated[str, typer.Option(help="The account that may sign in.")] = DEFAULT_USER,
    password: Annotated[
        str | None,
        typer.Option(help="Its password; one for practice when not given.", envvar="VILT_SIMULATE_PASSWORD"),
    ] = None,
    ca_out: Annotated[Path | None, typer.Option(help="Write the certificate authority (PEM) here.")] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="NAME[=RATE], repeatable; `help` lists the names.", metavar="NAME[=RATE]"),
    ] = None,
) -> None:
    """A Lync / Skype for Business server (UCWA 2.0) to practise on, until stopped."""
    if fault == ["help"]:
        for name, meaning in sorted(FAULTS.items()):
            typer.echo(f"{name:24} {meaning}")
        return
    if password is None:
        typer.echo(f"Practice password {DEFAULT_PASSWORD}")  # known to everybody, so no secret
    try:
        run_lync(port, user, password, str(ca_out) if ca_out else None, fault or ())
    except (ValueError, OSError) as exc:
        raise Refused(str(exc)) from exc
