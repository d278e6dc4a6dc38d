"""The storm: by its seed it strikes processes, database and provider while the LMS plays; then it judges."""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from tests.faults.lms import Lms
from tests.faults.scene import Scene, wait_until_ready

WEATHER = ("answer-lost", "request-lost", "throttled", "unavailable", "server-error", "bad-gateway", "slow",
           "token-expired", "application-gone", "precondition-failed")  # fmt: skip
QUIET_SECONDS = 240.0


@dataclass
class Verdict:
    """What was found from outside after it had become quiet. Empty lists are what was hoped for."""

    seed: int
    sessions: int
    answers: int
    strikes: Counter[str]
    seconds: float
    duplicates: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    evidence_lost: list[str] = field(default_factory=list)
    not_enveloped: list[str] = field(default_factory=list)
    unsettled: int = 0

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
        lines = [f"seed {self.seed}: {self.sessions} sessions, {self.answers} answers, {self.seconds:.0f} s"]
        lines.append("strikes: " + ", ".join(f"{name} {n}" for name, n in sorted(self.strikes.items())))
        lines += [f"{name}: {len(found)} {found[:3] or ''}" for name, found in counts.items()]
        return "\n".join([*lines, f"unsettled: {self.unsettled}"])


async def storm(seed: int, sessions: int, at_once: int = 24) -> Verdict:
    """One whole run, from an empty database to the verdict."""
    chance, started = Random(seed), time.monotonic()
    strikes: Counter[str] = Counter()
    async with Scene() as scene:
        lms = Lms(scene.ports, scene.auth, Random(chance.getrandbits(64)))
        striking = asyncio.create_task(_strike(scene, chance, strikes))
        try:
            await lms.play(sessions, at_once)
        finally:
            striking.cancel()
            with suppress(asyncio.CancelledError):
                await striking
        unsettled = await _wait_for_quiet(scene)
        verdict = Verdict(seed, sessions, lms.answers, strikes, time.monotonic() - started)
        verdict.unsettled, verdict.not_enveloped = unsettled, lms.broken
        await _judge(scene, lms, verdict)
    return verdict


async def _strike(scene: Scene, chance: Random, strikes: Counter[str]) -> None:
    while True:
        await asyncio.sleep(0.5 + 1.5 * chance.random())
        scene.restart_the_dead()
        what = chance.choice(["weather"] * 5 + ["api", "api", "worker", "database"])
        strikes[what] += 1
        if what == "weather":
            scene.simulator.fault_off()
            for fault in chance.sample(WEATHER, k=2):
                scene.simulator.fault_on(fault, rate=0.2)
        elif what == "database":
            await scene.crash_database()
        else:
            struck = scene.worker if what == "worker" else chance.choice(scene.apis)
            await asyncio.to_thread(struck.kill)
            await asyncio.sleep(chance.random())
            struck.start()


async def _wait_for_quiet(scene: Scene) -> int:
    """Good weather, everything running; until no meeting differs from what is wanted. How many still do."""
    scene.simulator.fault_off()
    scene.restart_the_dead()
    for port in scene.ports:
        await asyncio.to_thread(wait_until_ready, port)
    deadline, left = time.monotonic() + QUIET_SECONDS, 1
    while left and time.monotonic() < deadline:
        await asyncio.sleep(1)
        rows = await scene.fetch(
            "SELECT count(*) AS n FROM meetings m JOIN sessions s ON s.id = m.session_id WHERE m.state <> "
            "'cancelled' AND (m.synced_revision IS DISTINCT FROM s.revision OR m.state <> 'live')"
        )
        left = rows[0]["n"]
    return int(left)


async def _judge(scene: Scene, lms: Lms, verdict: Verdict) -> None:
    """Compare what the provider has, and what the database keeps, with what the LMS was told."""
    titles = Counter(str(meeting["subject"]) for meeting in scene.simulator.meetings() if _is_ours(meeting))
    wanted = {w.title: w for w in lms.wishes.values() if not w.cancelled}
    for title, wish in wanted.items():
        found = sum(n for subject, n in titles.items() if subject == title)
        if found == 0:
            verdict.lost.append(wish.id)
        elif found > 1:
            verdict.duplicates.append(wish.id)
    verdict.orphans = [subject for subject in titles if subject not in wanted]
    rows = await scene.fetch(
        "SELECT s.external_id, l.email FROM launches l JOIN sessions s ON s.id = l.session_id"
    )
    kept = {(row["external_id"], row["email"]) for row in rows}
    promised = {(w.id, email) for w in lms.wishes.values() for email in w.launched}
    verdict.evidence_lost = [email for _, email in promised - kept]


def _is_ours(meeting: dict[str, object]) -> bool:
    return meeting.get("onlineMeetingRel") != "myAssignedOnlineMeeting"
