"""Jitsi Meet keeps the contract: its rooms are names of ours, so nothing can be lost or doubled."""

import pytest

from tests.providers.contract import ProviderContract
from tests.providers.jitsi.bench import JitsiBench


class TestJitsi(ProviderContract):
    @pytest.fixture
    def bench(self):
        return JitsiBench()
