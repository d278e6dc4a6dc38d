"""`vilt`, which is `python -m app` too."""

import gc

gc.disable()  # what imports make stays: to look for garbage among it would be a tenth of the start

from app.cli.main import run  # noqa: E402 - the collector is to sleep meanwhile

gc.enable()  # here, not in a function: further processes of uvicorn import this file and run nothing of it

if __name__ == "__main__":
    run()
