"""The short form of the storm: sixty sessions through everything that can go wrong at once."""

import pytest

from tests.faults.disk import NO_COMPILER
from tests.faults.storm import storm
from tests.faults.strikes import DECK


@pytest.mark.timeout(420)
@pytest.mark.parametrize("seed", [20261121])
async def test_nothing_lost_and_nothing_doubled_in_a_storm(seed: int) -> None:
    verdict = await storm(seed, sessions=60, at_once=12)
    assert verdict.holds, str(verdict)
    missing = set(DECK) - set(verdict.strikes)
    assert not missing or (missing == {"disk full"} and NO_COMPILER in str(verdict))
