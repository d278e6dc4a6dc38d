"""Calls that this service did not make, so as not to press a provider that is in trouble or full."""

from datetime import timedelta

from app.domain.errors import ProviderUnavailable


class HeldBack(ProviderUnavailable):
    """Nothing was sent. `reason` is one word for the numbers, `advice` a sentence for an administrator."""

    def __init__(self, reason: str, advice: str, seconds: float) -> None:
        super().__init__(retry_after=timedelta(seconds=max(seconds, 0.0)))
        self.reason, self.advice = reason, advice
