"""An office whose Marketplace has a vendor with a form and a password, and its administrator's browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.main import create_app
from app.providers.registry import providers
from app.settings import Settings
from tests.admin.conftest import BASE, SECRET, Office
from tests.conftest import Hands
from tests.providers.formed import Formed

ADA, BEN = "ada@example.com", "ben@example.com"
TYPED = {"set.username": "svc@x.example", "set.password": "pass:&+#%ü", "set.endpoint": "x.example"}
REST = {"set.level": "Any", "set.days": "3"}


@asynccontextmanager
async def filled_office(url: str, clock: Hands, formed: type[Formed]) -> AsyncIterator[Office]:
    settings = Settings(database_url=url, secret_key=SECRET, public_url=BASE)
    app = create_app(settings, clock, {**providers(), "formed": formed})
    async with app.router.lifespan_context(app):
        office = Office(app, clock)
        for email in (ADA, BEN):
            await office.hire(email, "system-administrator")
        yield office
