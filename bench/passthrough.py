"""The design that this service avoids: every launch asks the provider, four at a time, and waits for it."""

import asyncio
import random
from typing import Any

from fastapi import FastAPI, HTTPException

from bench import vendor

AT_ONCE = 4


def passthrough() -> FastAPI:
    """One provider call per launch, with the simulated vendor's slowness and errors; no database at all."""
    told = vendor.from_environment()
    assert told is not None, "the pass-through design needs a vendor"
    behaviour, luck, seats = told.behaviour, random.Random(7), asyncio.Semaphore(AT_ONCE)
    app = FastAPI()

    @app.get("/session/{session_id}/user/{email}/url")
    async def launch(session_id: str, email: str) -> dict[str, Any]:
        async with seats:
            await asyncio.sleep(behaviour.pause)
        if luck.random() < behaviour.failing:
            raise HTTPException(502, "The provider failed.")
        return {"status": "Success", "data": {"joinUrl": f"https://meet.example/{session_id}"}}

    @app.get("/")
    async def answer() -> dict[str, str]:
        return {"status": "Success"}

    return app
