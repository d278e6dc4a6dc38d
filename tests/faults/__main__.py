"""The long form, by command: exit code 1 and the seed when something did not hold."""

import argparse
import asyncio
import sys

from tests.faults.storm import storm


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--at-once", type=int, default=24)
    asked = parser.parse_args()
    verdict = asyncio.run(storm(asked.seed, asked.sessions, asked.at_once))
    print(verdict)
    sys.exit(0 if verdict.holds else 1)


if __name__ == "__main__":
    main()
