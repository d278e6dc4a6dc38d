"""The server process: `python -m bench.serve bare|service|passthrough PORT`, all with the same settings.

They are those of `vilt serve`, with uvloop and httptools named, so that nothing slower is taken in silence.
"""

import cProfile
import os
import signal
import sys

import uvicorn

PROFILE = "BENCH_PROFILE"  # in the environment: where to leave a profile at the end


def main() -> None:
    kind, port = sys.argv[1:]
    file = os.environ.get(PROFILE)
    if file is None:
        _run(kind, int(port))
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn ends by its signal: not without the file
    profile = cProfile.Profile()
    try:
        profile.runcall(_run, kind, int(port))
    finally:
        profile.dump_stats(file)


def _run(kind: str, port: int) -> None:
    uvicorn.run(
        f"bench.{kind}:{kind}",
        factory=True,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
