"""What the service can do, measured beside a bare FastAPI endpoint in the same run. One command each:

    python -m bench.launch          a launch's rate, CPU and latency; slow disk; a provider that hangs
    python -m bench.class_start     ten thousand people, one class, at once
    python -m bench.create          sessions per second against the provider's own limit
    python -m bench.attendance      presence taken in, a large roster, launches while rosters run
    python -m bench.grow            the same with a thousand and with a million sessions
    python -m bench.footprint       memory under load, time until ready

`--quick` shortens each for a look. Results: a table, `bench/results/<name>.json` and `<name>.svg`.

How it measures: one server process pinned to core 0; this process (the load) and PostgreSQL on core 1. The
variants take short turns, round after round, and each round gives ratios of neighbours in time; the median
of those is judged, because a shared machine is twice as fast in one second as in the next. CPU per request
stands beside the rate. Latency is measured open loop, at a fixed rate: at saturation it says nothing.
"""
