"""The measuring tools themselves: what they count, and that the slow disk is really slow."""

import asyncio
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import databases, disk, merging, picture
from bench.load import Slice, closed, paced
from bench.report import Figure, paired

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
REQUEST = b"GET / HTTP/1.1\r\n\r\n"
COMMIT = "import os,tempfile; f=tempfile.TemporaryFile(); f.write(b'x'); f.flush(); os.fdatasync(f.fileno())"


async def served(pieces: list[bytes]) -> tuple[asyncio.Server, int]:
    """A server that answers every request with the same bytes, in pieces."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            await reader.readline()
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.001)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


async def test_every_request_is_counted_once_even_when_answers_come_in_pieces() -> None:
    server, port = await served([ANSWER[:20], ANSWER[20:45], ANSWER[45:]])
    found = await closed(port, iter([REQUEST] * 50), connections=4)
    server.close()
    assert (found.answered, found.refused) == (50, 0)


async def test_a_refusal_is_counted_and_told() -> None:
    server, port = await served([b"HTTP/1.1 500 No\r\ncontent-length: 3\r\n\r\nbad"])
    found = await closed(port, iter([REQUEST] * 5), connections=1)
    server.close()
    assert found.refused == 5
    assert found.first_refusal == "500 b'bad'"


async def test_a_paced_load_sends_as_many_as_it_says() -> None:
    server, port = await served([ANSWER])
    found = await paced(port, cycle([REQUEST]), rate=100, seconds=0.3, connections=8)
    server.close()
    assert len(found.latencies) == 30
    assert found.percentile(0.5) <= found.percentile(0.99)


async def test_waiting_for_a_free_connection_counts_as_the_servers_time() -> None:
    server, port = await served([ANSWER, b""] + [b""] * 20)  # some 20 ms for each
    found = await paced(port, cycle([REQUEST]), rate=200, seconds=0.2, connections=1)
    server.close()
    assert max(found.latencies) > 0.2


def test_overlapping_intervals_count_once() -> None:
    noon = datetime(2030, 5, 14, 12, tzinfo=UTC)
    minutes = [noon + timedelta(minutes=number) for number in range(60)]
    rows = [("a", minutes[0], minutes[10]), ("a", minutes[5], minutes[20]), ("b", minutes[1], minutes[2])]
    assert merging.present(rows) == {"a": timedelta(minutes=20), "b": timedelta(minutes=1)}


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (Figure("rate", 0.5, least=0.5), "PASS"),
        (Figure("rate", 0.49, least=0.5), "BELOW"),
        (Figure("time", 2.6, most=2.5), "BELOW"),
        (Figure("told", 3), ""),
    ],
)
def test_a_figure_is_judged_by_its_bar(figure: Figure, verdict: str) -> None:
    assert figure.verdict == verdict


def test_the_median_round_is_judged_and_the_spread_is_kept() -> None:
    figure = paired("ratio", [0.1, 0.6, 0.9], least=0.5)
    assert (figure.value, figure.low, figure.high, figure.verdict) == (0.6, 0.1, 0.9, "PASS")


def test_a_picture_is_well_formed_whatever_the_names() -> None:
    drawn = picture.chart("a & b", [picture.Bar("<x>", 0.0, "", 0.0, True)])
    assert ElementTree.fromstring(drawn).tag.endswith("svg")


def test_cpu_is_told_per_request() -> None:
    assert Slice(answered=1000, refused=0, seconds=1, cpu=0.2).cpu_micros == pytest.approx(200)


def test_a_slow_disk_is_slow(tmp_path: Path) -> None:
    made = disk.shim(tmp_path)
    if made is None:
        pytest.skip("there is no C compiler")
    slow = f"import time; began = time.perf_counter(); {COMMIT}; print(time.perf_counter() - began)"
    environment = os.environ | disk.slowed(made, 300)
    told = subprocess.check_output([sys.executable, "-c", slow], env=environment, timeout=30)
    assert float(told) > 0.3


def test_postgresql_gets_the_slow_disk_too() -> None:
    with tempfile.TemporaryDirectory(prefix="vilt-bench-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        made = disk.shim(folder)
        if made is None:
            pytest.skip("there is no C compiler")
        with databases.store("postgresql", disk.slowed(made, 0.1)) as store:
            mapped = Path(f"/proc/{store.postmaster}/maps").read_text()
    assert "slow_fsync.so" in mapped
