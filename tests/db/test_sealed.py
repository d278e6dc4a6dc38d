"""Sealed values open only with their ring and under their name."""

import pytest

from app.db.sealed import Sealer, Unopenable


def test_what_is_sealed_opens_under_its_name_only() -> None:
    sealer = Sealer("a" * 32)
    sealed = sealer.seal(b"secret", "connection:1")
    assert b"secret" not in sealed
    assert sealer.open(sealed, "connection:1") == b"secret"
    with pytest.raises(Unopenable):
        sealer.open(sealed, "connection:2")


def test_the_newest_seals_and_every_one_opens() -> None:
    old = Sealer("o" * 32).seal(b"x", "n")
    ring = Sealer("n" * 32 + "," + "o" * 32)
    assert ring.open(old, "n") == b"x"
    assert not ring.is_newest(old)
    assert ring.is_newest(ring.seal(b"x", "n"))
    with pytest.raises(Unopenable, match="no key"):
        Sealer("n" * 32).open(old, "n")


@pytest.mark.parametrize("place", [0, 5, -1])
def test_a_changed_byte_is_noticed(place: int) -> None:
    sealer = Sealer("a" * 32)
    sealed = bytearray(sealer.seal(b"secret", "n"))
    sealed[place] ^= 1
    with pytest.raises(Unopenable):
        sealer.open(bytes(sealed), "n")
