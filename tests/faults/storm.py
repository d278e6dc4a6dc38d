"""The storm: by its seed it strikes processes, database and provider while the LMS plays; then it judges."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from random import Random

from tests.faults.disk import NO_COMPILER
from tests.faults.lms import Lms
from tests.faults.scene import Scene, wait_until_ready
from tests.faults.strikes import Strikes

QUIET_SECONDS = 240.0  # without any progress: after a long storm there is much to catch up with
A_FEW = 10


@dataclass
class Verdict:
    """What was found from outside after it had become quiet. Empty lists are what was hoped for."""

    story: str
    duplicates: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    evidence_lost: list[str] = field(default_factory=list)
    not_enveloped: list[str] = field(default_factory=list)
    unsettled: int = 0
    strikes: Counter[str] = field(default_factory=Counter)

    @property
    def holds(self) -> bool:
        wrong = (self.duplicates, self.lost, self.orphans, self.evidence_lost, self.not_enveloped)
        return not any(wrong) and not self.unsettled

    def __str__(self) -> str:
        counts = {
            "duplicates": self.duplicates,
            "lost": self.lost,
            "orphans": self.orphans,
            "evidence lost": self.evidence_lost,
            "not in the envelope": self.not_enveloped,
        }
        lines = [self.story]
        lines.append("strikes: " + ", ".join(f"{name} {n}" for name, n in sorted(self.strikes.items())))
        if "disk full" not in self.strikes:
            lines.append(NO_COMPILER)
        lines += [f"{name}: {len(found)} {found[:3] or ''}" for name, found in counts.items()]
        return "\n".join([*lines, f"unsettled: {self.unsettled}"])


async def storm(seed: int, sessions: int, at_once: int = 24) -> Verdict:
    """One whole run, from an empty database to the verdict: `sessions`, or more until all has struck once."""
    chance, started = Random(seed), time.monotonic()
    async with Scene() as scene:
        lms = Lms(list(scene.ports), scene.auth, Random(chance.getrandbits(64)))
        strikes = Strikes(scene, chance)
        await _play_while_it_strikes(lms, strikes, sessions, at_once)
        unsettled = await wait_for_quiet(scene)
        story = f"seed {seed}: {len(lms.wishes)} sessions, {lms}, {time.monotonic() - started:.0f} s"
        verdict = Verdict(story, not_enveloped=lms.broken, unsettled=unsettled, strikes=strikes.counts)
        await judge(scene, lms, verdict)
    return verdict


async def _play_while_it_strikes(lms: Lms, strikes: Strikes, sessions: int, at_once: int) -> None:
    """Until the LMS is through and everything has struck. Raises what went wrong in the harness itself."""

    async def play() -> None:
        await lms.play(sessions, at_once)
        while not strikes.dealt:
            await lms.play(A_FEW, at_once)

    both = asyncio.create_task(play()), asyncio.create_task(strikes.go_on())
    done, left = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    for task in done:
        task.result()


async def wait_for_quiet(scene: Scene, ports: Collection[int] | None = None) -> int:
    """Good weather, right clocks, everything running; until no meeting differs from what is wanted.

    How many still do when QUIET_SECONDS brought no progress. `ports`: who serves by now, where that changed.
    """
    scene.simulator.fault_off()
    await scene.postgres.revive()
    for process in scene.processes:
        process.set_clock(0)
    if ports is None:
        scene.restart_the_dead()
    for port in ports or scene.ports:
        await asyncio.to_thread(wait_until_ready, port)
    deadline, left, least = time.monotonic() + QUIET_SECONDS, 1, sys.maxsize
    while left and time.monotonic() < deadline:
        await asyncio.sleep(1)
        rows = await scene.postgres.fetch(
            "SELECT count(*) AS n FROM meetings m JOIN sessions s ON s.id = m.session_id WHERE m.state <> "
            "'cancelled' AND (m.synced_revision IS DISTINCT FROM s.revision OR m.state <> 'live')"
        )
        left = int(rows[0]["n"])
        if left < least:
            deadline, least = time.monotonic() + QUIET_SECONDS, left
    return left


async def judge(scene: Scene, lms: Lms, verdict: Verdict) -> None:
    """Compare what the provider has, and what the database keeps, with what the LMS was told."""
    titles = Counter(str(meeting["subject"]) for meeting in scene.simulator.meetings() if _is_ours(meeting))
    wanted = {w.title: w for w in lms.wishes.values() if not w.cancelled}
    for title, wish in wanted.items():
        if titles[title] == 0:
            verdict.lost.append(wish.id)
        elif titles[title] > 1:
            verdict.duplicates.append(wish.id)
    verdict.orphans = [subject for subject in titles if subject not in wanted]
    rows = await scene.postgres.fetch(
        "SELECT s.external_id, l.email FROM launches l JOIN sessions s ON s.id = l.session_id"
    )
    kept = {(row["external_id"], row["email"]) for row in rows}
    promised = {(w.id, email) for w in lms.wishes.values() for email in w.launched}
    verdict.evidence_lost = [email for _, email in promised - kept]


def _is_ours(meeting: dict[str, object]) -> bool:
    return meeting.get("onlineMeetingRel") != "myAssignedOnlineMeeting"
