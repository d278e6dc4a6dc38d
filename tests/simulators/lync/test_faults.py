"""Faults: what each does on the wire, how often, and to which requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from app.simulators.lync import FAULTS, LyncSimulator, catalogue, parse_fault

from .test_changes import quoted
from .ucwa import Ucwa, error, http, self_href

LOST = (httpx.RemoteProtocolError, httpx.ReadError)


def test_a_lost_answer_to_post_is_a_meeting_all_the_same(ucwa: Ucwa) -> None:
    ucwa.lync.fault_on("answer-lost", count=1)
    with pytest.raises(LOST):
        ucwa.post(ucwa.link("myOnlineMeetings"), {"subject": "x", "description": "[lms:8f1c]"})
    assert [each["description"] for each in ucwa.listed()] == ["[lms:8f1c]"]
    last = [each for each in ucwa.lync.requests() if each["method"] == "POST"][-1]
    assert (last["status"], last["lost"], last["faults"]) == (201, True, ["answer-lost"])


def test_a_lost_answer_to_put_and_delete_was_carried_out(ucwa: Ucwa) -> None:
    meeting = ucwa.schedule()
    ucwa.lync.fault_on("answer-lost", count=2)
    with pytest.raises(LOST):
        ucwa.put(self_href(meeting), {**meeting, "subject": "new"}, quoted(meeting))
    assert ucwa.listed()[0]["subject"] == "new"
    with pytest.raises(LOST):
        ucwa.delete(self_href(meeting))
    assert ucwa.listed() == []


def test_only_what_was_done_can_lose_its_answer(ucwa: Ucwa) -> None:
    ucwa.lync.fault_on("answer-lost")
    assert ucwa.listed() == []
    assert ucwa.post(ucwa.link("myOnlineMeetings"), {"accessLevel": "x"}).status_code == 400
    assert ucwa.create().status_code == 201
    assert ucwa.delete(f"{ucwa.link('myOnlineMeetings')}/NOTHERE1").status_code == 404


def test_a_lost_request_did_nothing(ucwa: Ucwa) -> None:
    ucwa.lync.fault_on("request-lost", count=1, only="POST")
    with pytest.raises(LOST):
        ucwa.post(ucwa.link("myOnlineMeetings"), {"subject": "x"})
    assert ucwa.listed() == []
    assert ucwa.lync.requests()[-2]["status"] is None


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("throttled", 429, "TooManyRequests"),
        ("unavailable", 503, "ServiceUnavailable"),
        ("server-error", 500, "ServiceFailure"),
        ("gateway-timeout", 504, "Timeout"),
    ],
)
def test_ucwa_can_be_in_trouble(ucwa: Ucwa, fault: str, status: int, code: str) -> None:
    ucwa.lync.fault_on(fault, count=1)
    answer = ucwa.post(ucwa.link("myOnlineMeetings"), {"subject": "x"})
    assert error(answer) == (status, code, None)
    assert "retry-after" not in answer.headers
    assert ucwa.listed() == []


@pytest.mark.parametrize(("fault", "status"), [("bad-gateway", 502), ("html-200", 200)])
def test_something_in_front_can_answer_with_a_page(ucwa: Ucwa, fault: str, status: int) -> None:
    ucwa.lync.fault_on(fault, count=1)
    answer = ucwa.get(ucwa.link("myOnlineMeetings"))
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


def test_a_slow_answer_comes_after_the_work_was_done(ucwa: Ucwa) -> None:
    ucwa.lync.fault_on("slow", count=1)
    with pytest.raises(httpx.ReadTimeout):
        ucwa.post(ucwa.link("myOnlineMeetings"), {"subject": "x"}, timeout=0.2)
    assert len(ucwa.listed()) == 1
    ucwa.lync.fault_on("slow", count=1)
    started = time.monotonic()
    ucwa.listed()
    assert time.monotonic() - started >= 0.4


def test_a_fault_can_strike_at_a_rate(simulator: Callable[..., LyncSimulator]) -> None:
    client = Ucwa(simulator(seed=1)).start()
    client.lync.fault("unavailable=0.2")
    answers = [client.get(client.link("self")).status_code for _ in range(200)]
    assert 20 <= answers.count(503) <= 60


def test_one_seed_gives_one_order_of_strikes(simulator: Callable[..., LyncSimulator]) -> None:
    def strikes() -> list[int]:
        client = Ucwa(simulator(seed=42)).start()
        client.lync.fault("unavailable=0.5")
        return [client.get(client.link("self")).status_code for _ in range(20)]

    assert strikes() == strikes()


def test_a_fault_can_be_kept_to_some_requests(ucwa: Ucwa) -> None:
    ucwa.lync.fault_on("unavailable", only="POST myOnlineMeetings")
    assert ucwa.listed() == []
    assert ucwa.post(ucwa.link("myOnlineMeetings")).status_code == 503
    assert ucwa.create().status_code == 201


def test_a_fault_goes_off(ucwa: Ucwa) -> None:
    ucwa.lync.fault_on("unavailable")
    ucwa.lync.fault_on("throttled")
    assert [each["name"] for each in ucwa.lync.faults()] == ["unavailable", "throttled"]
    ucwa.lync.fault_off("unavailable")
    assert ucwa.get(ucwa.link("self")).status_code == 429
    ucwa.lync.fault_off()
    assert ucwa.get(ucwa.link("self")).status_code == 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("slow", ("slow", 1.0, None)),
        ("answer-lost=0.2", ("answer-lost", 0.2, None)),
        (" throttled = x3 ", ("throttled", 1.0, 3)),
    ],
)
def test_the_command_line_form_is_read(text: str, expected: tuple[str, float, int | None]) -> None:
    assert parse_fault(text) == expected


@pytest.mark.parametrize("text", ["nonsense", "slow=often", "slow=x", "slow=2", "slow=-1", "slow=x0", ""])
def test_a_wrong_fault_is_explained(text: str) -> None:
    with pytest.raises(ValueError, match=r"fault|understood|rate|count"):
        LyncSimulator(faults=[text])


def test_every_fault_of_the_catalogue_is_used_somewhere() -> None:
    folder = Path(catalogue.__file__).parent
    code = "".join(file.read_text() for file in folder.glob("*.py") if file.name != "catalogue.py")
    assert [name for name in FAULTS if f'"{name}"' not in code] == []


def test_all_faults_at_once_still_leave_a_server(ucwa: Ucwa) -> None:
    for name in FAULTS:
        ucwa.lync.fault_on(name)
    with http(ucwa.lync) as client, pytest.raises(LOST):
        client.get(ucwa.lync.base_url + "/")
    ucwa.lync.reset()
    assert ucwa.sign_in().create().status_code == 201


def test_the_whole_loop_survives_a_fifth_of_all_answers_lost(simulator: Callable[..., LyncSimulator]) -> None:
    """A client that looks before it repeats ends with exactly the meetings it wanted."""
    client = Ucwa(simulator(seed=3)).start()
    client.lync.fault("answer-lost=0.2")
    for number in range(30):
        marker = f"[lms:{number}]"
        while marker not in [each["description"] for each in client.listed()]:
            try:
                client.post(client.link("myOnlineMeetings"), {"description": marker})
            except LOST:
                continue
    lost = sum(each["lost"] for each in client.lync.requests())
    assert len(client.listed()) == 30
    assert lost > 0
