"""The practice room keeps the contract: its ids are ours, so nothing can be lost or doubled."""

import pytest

from app.domain.attendance import Rule
from app.providers.http import ProviderHttp
from app.providers.sandbox import CARD, PROVIDER
from tests.providers.contract import Bench, ProviderContract, a_class, a_marker


class PracticeBench(Bench):
    def __init__(self) -> None:
        self.provider = PROVIDER(PROVIDER.Settings(), ProviderHttp())


class TestSandbox(ProviderContract):
    @pytest.fixture
    def bench(self):
        return PracticeBench()

    async def test_a_second_create_with_the_same_marker_is_the_same_room(self, bench):
        marker = a_marker()
        first = await bench.provider.create(a_class(), marker)
        assert await bench.provider.create(a_class(), marker) == first

    async def test_presence_decides_with_the_minutes_of_the_form(self):
        strict = PROVIDER(PROVIDER.Settings(minimum_minutes=20, minimum_percent=80), ProviderHttp())
        assert strict.policy.rule is Rule.PRESENT
        assert strict.policy.minimum.total_seconds() == 20 * 60
        assert strict.policy.percent == 80
        assert CARD.hosted
