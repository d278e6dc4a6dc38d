"""The Lync adapter keeps the contract against the simulator."""

import pytest

from tests.providers.contract import ProviderContract
from tests.providers.lync.bench import LyncBench


class TestLync(ProviderContract):
    @pytest.fixture
    async def bench(self, simulator):
        bench = LyncBench(simulator)
        yield bench
        await bench.provider.aclose()
