"""`vilt`, with a clock that the harness moves: `STORM_CLOCK` names a file with the seconds it is wrong by."""

import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.domain import clock

LOOK_SECONDS = 0.02


class Wrong:
    """The machine's clock, put forward or back by what the file says at the moment."""

    def __init__(self, file: Path) -> None:
        self._file, self._by, self._looked = file, timedelta(), 0.0

    def __call__(self) -> datetime:
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._by = timedelta(seconds=float(self._file.read_text()))
            self._looked = time.monotonic()
        return datetime.now(UTC) + self._by


def main() -> None:
    """Before anything else is imported, so that every part takes this clock for the machine's."""
    clock.utc_now = Wrong(Path(os.environ["STORM_CLOCK"]))  # type: ignore[assignment]
    from app.cli.main import run

    sys.argv[0] = "vilt"
    run()


if __name__ == "__main__":
    main()
