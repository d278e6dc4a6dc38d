"""The fault harness: real processes, a real PostgreSQL, the Lync simulator, an LMS that retries; a storm.

`python -m tests.faults --seed 7 --sessions 10000` is the long form; `test_storm.py` runs a short one. After
the storm it is quiet, and everything is checked from outside. A failure names its seed; the same seed plays
again.
"""
