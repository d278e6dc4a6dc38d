"""The whole service as `vilt serve` runs it, with the simulated vendor where one is told."""

from fastapi import FastAPI

from app.main import create_app
from app.providers.registry import providers
from app.settings import Settings
from bench import vendor


def service() -> FastAPI:
    told = vendor.from_environment()
    return create_app(Settings(), catalogue={**providers(), **({told.card.key: told} if told else {})})
