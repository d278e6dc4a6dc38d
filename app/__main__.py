"""`vilt`, which is `python -m app` too."""

import gc

gc.disable()  # what imports make stays: to look for garbage among it would be a tenth of the start

from app.cli.main import run as command  # noqa: E402 - the collector is to sleep meanwhile


def run() -> None:
    """The entry point of the shell."""
    gc.enable()
    command()


if __name__ == "__main__":
    run()
