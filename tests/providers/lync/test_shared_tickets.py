"""Two processes, one account: the password is sent once, and trying a connection out always sends it."""

import asyncio

from sqlalchemy import select

from app.db.sealed import Sealer
from app.db.tables import connections
from app.providers.lync import PROVIDER
from app.services.tickets import TicketStore
from tests.conftest import SECRET
from tests.providers.contract import a_class, a_marker
from tests.providers.lync.bench import against, over_tls
from tests.providers.lync.test_faults import asked


async def test_b15_two_processes_send_the_password_once(simulator, house, db, clock):
    await house.clients.add("lms")
    async with db.read() as tx:
        connection_id = (await tx.execute(select(connections.c.id))).scalars().first()
    providers = []
    for _ in range(2):
        http = over_tls(simulator)
        http.tickets = TicketStore(db, Sealer(SECRET), clock).of(connection_id, 1)
        providers.append(PROVIDER(against(simulator), http))
    await asyncio.gather(*(provider.create(a_class(), a_marker()) for provider in providers * 5))
    assert asked(simulator, "POST", "oauthtoken") == 1
    assert (await providers[0].check()).ok
    assert asked(simulator, "POST", "oauthtoken") == 2
    for provider in providers:
        await provider.aclose()
