"""The server process: `python -m bench.serve bare|service PORT`, both with the same uvicorn settings."""

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
    return create_app(Settings(), catalogue=providers() | ({told.card.key: told} if told else {}))


KINDS: dict[str, Any] = {"bare": bare, "service": service, "passthrough": passthrough}


def main() -> None:
    kind, port = sys.argv[1:]
    uvicorn.run(
        KINDS[kind](),
        host="127.0.0.1",
        port=int(port),
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
