"""A UCWA 2.0 server (Lync 2013, Skype for Business) to practise on, written from the documentation.

    gateway ── routing ── discovery, tickets            finding the server, getting a token
       │                  applications, resources       the application and what is embedded in it
       │                  meetings, drafts, extensions  scheduling; preferences: what may be chosen
       │                  conversations, roster, rooms  joining, and who is inside; events: the long poll
       │                  people                        the directory
    control ── controls   the levers: faults (catalogue), visitors, time, request log (journal)
    server, listener, certificates                      HTTPS with an authority of its own

Whatever the documentation leaves open is decided plausibly and marked `[judge]`.
"""

from app.simulators.lync.catalogue import FAULTS
from app.simulators.lync.clock import Clock
from app.simulators.lync.faults import parse as parse_fault
from app.simulators.lync.options import DEFAULT_PASSWORD, DEFAULT_USER, Options
from app.simulators.lync.server import LyncSimulator, run

__all__ = [
    "DEFAULT_PASSWORD",
    "DEFAULT_USER",
    "FAULTS",
    "Clock",
    "LyncSimulator",
    "Options",
    "parse_fault",
    "run",
]
