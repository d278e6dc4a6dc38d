"""The unit of every ratio: a FastAPI endpoint that returns a dict, and nothing around it."""

from fastapi import FastAPI


def bare() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def answer() -> dict[str, str]:
        return {"status": "Success"}

    return app
