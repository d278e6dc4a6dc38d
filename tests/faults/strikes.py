"""What strikes: drawn by the seed from a deck, so that even a short storm has met everything once."""

import asyncio
import time
from collections import Counter
from random import Random

from tests.faults.scene import Process, Scene, is_ready

FAULTS = ("answer-lost", "request-lost", "throttled", "unavailable", "server-error", "bad-gateway", "slow",
          "token-expired", "application-gone", "precondition-failed")  # fmt: skip
DECK = {
    "provider": 5,
    "api killed": 2,
    "worker killed": 1,
    "database crashed": 1,
    "database restarted": 1,
    "database hung": 1,
    "clock jumped": 2,
    "disk full": 1,
}
JUMP_SECONDS = 90.0  # far beyond a lease and a budget, short enough to wait for after the storm
AIR_SECONDS = 30.0
LONGEST_HANG = 12.0  # longer than a launch waits for it
DATA, LOG = "/base/", "/pg_wal/"  # PostgreSQL refuses single statements, or goes down as a whole


class Strikes:
    """Strikes until it is cancelled. `dealt`: the whole deck has been through."""

    def __init__(self, scene: Scene, chance: Random) -> None:
        self._scene, self._chance = scene, chance
        self._deck: list[str] = []
        self.counts: Counter[str] = Counter()

    @property
    def dealt(self) -> bool:
        return set(self.counts) == set(self.kinds)

    @property
    def kinds(self) -> list[str]:
        """Without a compiler there is no shim, and the disk is never full."""
        return [kind for kind in DECK if kind != "disk full" or self._scene.postgres.disk]

    async def go_on(self) -> None:
        while True:
            await asyncio.sleep(1 + 2 * self._chance.random())
            self._scene.restart_the_dead()
            await self._let_somebody_serve()
            if not self._deck:
                self._deck = [kind for kind in self.kinds for _ in range(DECK[kind])]
                self._chance.shuffle(self._deck)
            kind = self._deck.pop()
            await self._strike(kind)
            self.counts[kind] += 1

    async def _let_somebody_serve(self) -> None:
        """Where a start takes long (a slow machine), blow upon blow would only show that nobody is there."""
        deadline = time.monotonic() + AIR_SECONDS
        while time.monotonic() < deadline:
            if any([await asyncio.to_thread(is_ready, port) for port in self._scene.ports]):
                return
            await asyncio.sleep(0.1)

    async def _strike(self, kind: str) -> None:
        scene, chance = self._scene, self._chance
        match kind:
            case "provider":
                scene.simulator.fault_off()
                for fault in chance.sample(FAULTS, k=2):
                    scene.simulator.fault_on(fault, rate=0.2)
            case "api killed":
                await self._kill(chance.choice(scene.apis))
            case "worker killed":
                await self._kill(scene.worker)
            case "clock jumped":
                self._jump()
            case "database crashed":
                await scene.postgres.crash()
            case "database restarted":
                await scene.postgres.restart(chance.random(), chance.choice(("fast", "immediate")))
            case "database hung":
                await scene.postgres.hang(LONGEST_HANG * chance.random())
            case "disk full":
                await scene.postgres.be_full(0.5 + chance.random(), chance.choice((DATA, LOG)))

    async def _kill(self, process: Process) -> None:
        await asyncio.to_thread(process.kill)
        await asyncio.sleep(self._chance.random())
        process.start()

    def _jump(self) -> None:
        """One process's clock goes wrong, forward or back; the others' are right again."""
        struck = self._chance.choice(self._scene.processes)
        for process in self._scene.processes:
            process.set_clock(self._chance.uniform(-1, 1) * JUMP_SECONDS if process is struck else 0)
