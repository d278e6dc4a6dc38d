"""The server process: `python -m bench.serve bare|service PORT`, both with the same uvicorn settings."""

import cProfile
import os
import sys
from typing import Any

import uvicorn
from fastapi import FastAPI

from app.main import create_app
from app.providers.registry import providers
from app.settings import Settings
from bench import vendor
from bench.passthrough import passthrough


def bare() -> FastAPI:
    """The unit of every ratio: an endpoint that returns a dict, and nothing around it."""
    app = FastAPI()

    @app.get("/")
    async def answer() -> dict[str, str]:
        return {"status": "Success"}

    return app


def service() -> FastAPI:
    """The whole service as `vilt serve` runs it, with the simulated vendor where one is told."""
    told = vendor.from_environment()
    return create_app(Settings(), catalogue={**providers(), **({told.card.key: told} if told else {})})


PROFILE = "BENCH_PROFILE"  # in the environment: where to leave a profile at the end
KINDS: dict[str, Any] = {"bare": bare, "service": service, "passthrough": passthrough}


def main() -> None:
    kind, port = sys.argv[1:]
    if file := os.environ.get(PROFILE):
        with cProfile.Profile() as profile:
            _run(KINDS[kind](), int(port))
        profile.dump_stats(file)
    else:
        _run(KINDS[kind](), int(port))


def _run(app: FastAPI, port: int) -> None:
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
