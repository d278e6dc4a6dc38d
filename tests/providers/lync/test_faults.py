"""Whatever goes wrong on the server, the adapter says which, does no harm, and gives nothing away."""

import logging

import pytest

from app.domain.errors import (
    AccountBroken,
    MeetingGone,
    OutcomeUnknown,
    ProviderRejected,
    ProviderUnavailable,
)
from app.domain.people import Person
from app.providers.http import ProviderHttp
from app.providers.lync import PROVIDER
from app.providers.lync.errors import advice_of
from app.simulators.lync import DEFAULT_USER, LyncSimulator, Options
from tests.providers.contract import a_class, a_marker
from tests.providers.lync.bench import LyncBench, against, over_tls

SECRET = "Pä:ß&w+o#r%d"


@pytest.fixture
async def bench(simulator):
    bench = LyncBench(simulator)
    yield bench
    await bench.provider.aclose()


def asked(simulator, *words: str) -> int:
    return sum(all(word in f"{r['method']} {r['path']}" for word in words) for r in simulator.requests())


@pytest.mark.parametrize(
    "fault",
    [
        "root-redirect",
        "root-old-style",
        "user-redirect",
        "other-host",
        "href-unquoted",
        "create-200",
        "numeric-hrefs",
        "assigned-absent",
        "odd-property-varies",
        "odd-property-absent",
        "search-forbidden",
        "token-short",
    ],
)
async def test_every_way_a_healthy_server_may_be_is_coped_with(bench, fault):
    bench.simulator.fault_on(fault)
    marker = a_marker()
    made = await bench.provider.create(a_class(presenters=(bench.instructor,)), marker)
    moved = await bench.provider.update(made.ref, a_class(title="Moved"), marker)
    assert moved.ref == made.ref
    assert (await bench.provider.find(marker, None)).ref == made.ref
    assert (await bench.provider.check()).ok
    await bench.provider.cancel(made.ref)
    assert bench.meetings() == 0


@pytest.mark.parametrize(
    "fault",
    [
        "token-expired",
        "forbidden-challenge",
        "application-gone",
        "application-expired",
        "precondition-failed",
    ],
)
async def test_b15_what_happens_once_is_healed_in_silence_at_any_call(bench, fault):
    marker = a_marker()
    for deed in ("POST", "GET", "PUT", "DELETE"):
        bench.simulator.fault_on(fault, count=1, only=f"{deed} myOnlineMeetings")
        made = await bench.provider.create(a_class(), marker)
        await bench.provider.update(made.ref, a_class(title="Moved"), marker)
        assert bench.meetings() == 1
        await bench.provider.cancel(made.ref)
        assert bench.meetings() == 0
        bench.simulator.fault_off()


@pytest.mark.parametrize(
    ("fault", "kind", "step", "said"),
    [
        ("root-foreign-redirect", AccountBroken, 2, "outside the domain"),
        ("root-302", AccountBroken, 2, "redirects to another domain"),
        ("root-404", AccountBroken, 2, "404"),
        ("html-200", AccountBroken, 2, "not like an MS Lync server"),
        ("password-not-offered", AccountBroken, 3, "it offers"),
        ("token-invalid-grant", AccountBroken, 3, "refused the user name or the password"),
        ("token-passive", AccountBroken, 3, "refused the user name or the password"),
        ("account-locked", AccountBroken, 3, "locked"),
        ("token-unsupported-grant", AccountBroken, 3, "switched the password grant off"),
        ("token-invalid-request", ProviderRejected, 3, "400"),
        ("token-invalid-scope", ProviderRejected, 3, "400"),
        ("token-server-error", ProviderUnavailable, 3, "server_error"),
        ("too-many-applications", AccountBroken, 3, "signed in too often"),
        ("user-agent-banned", AccountBroken, 3, "banned"),
        ("meetings-forbidden", AccountBroken, 4, "schedule meetings"),
    ],
)
async def test_b16_each_fault_of_a_set_up_is_a_step_and_a_sentence(bench, fault, kind, step, said):
    bench.simulator.fault_on(fault)
    with pytest.raises(kind) as caught:
        await bench.provider.create(a_class(), a_marker())
    assert type(caught.value).default == caught.value.message
    if fault not in {"token-invalid-grant", "token-passive", "account-locked"}:  # those are not asked again
        assert said in advice_of(caught.value)
        report = await bench.provider.check()
        assert len(report.steps) == step
        assert said in report.steps[-1].detail


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("throttled", ProviderUnavailable),
        ("unavailable", ProviderUnavailable),
        ("cannot-redirect", ProviderUnavailable),
        ("too-many-meetings", AccountBroken),
        ("server-error", OutcomeUnknown),
        ("gateway-timeout", OutcomeUnknown),
        ("bad-gateway", OutcomeUnknown),
        ("html-200", OutcomeUnknown),
        ("answer-lost", OutcomeUnknown),
        ("request-lost", OutcomeUnknown),
    ],
)
async def test_each_failing_create_says_whether_it_may_have_happened(bench, fault, kind):
    bench.simulator.fault_on(fault, only="POST myOnlineMeetings")
    with pytest.raises(kind):
        await bench.provider.create(a_class(), a_marker())
    assert asked(bench.simulator, "POST", "myOnlineMeetings") == 1, "no deed repeats a write on its own"


async def test_a_missing_odd_property_is_read_again_before_it_is_given_up(bench):
    marker = a_marker()
    made = await bench.provider.create(a_class(), marker)
    bench.simulator.fault_on("odd-property-missing", count=1)
    assert (await bench.provider.update(made.ref, a_class(title="Moved"), marker)).ref == made.ref
    bench.simulator.fault_on("odd-property-missing")
    with pytest.raises(ProviderRejected):
        await bench.provider.update(made.ref, a_class(title="Again"), marker)


async def test_somebody_elses_change_survives_ours(bench):
    marker = a_marker()
    made = await bench.provider.create(a_class(), marker)
    bench.simulator.touch_meeting(made.ref.provider_id)
    await bench.provider.update(made.ref, a_class(title="Moved"), marker)
    (ours,) = [m for m in bench.simulator.meetings() if m["onlineMeetingUri"] == made.ref.provider_id]
    assert ours["subject"] == "Moved"
    bench.simulator.remove_meeting(made.ref.provider_id)
    with pytest.raises(MeetingGone):
        await bench.provider.update(made.ref, a_class(), marker)


async def test_a_wrong_password_is_sent_once_however_often_it_is_needed(simulator):
    provider = PROVIDER(against(simulator, password="wrong"), over_tls(simulator))
    for _ in range(6):
        with pytest.raises(AccountBroken):
            await provider.create(a_class(), a_marker())
        assert not (await provider.check()).ok
    assert asked(simulator, "POST", "oauthtoken") == 1, "five would lock the account"
    assert (await LyncBench(simulator).provider.check()).ok


async def test_a_stranger_among_the_presenters_is_reported_and_does_not_stop_the_class(bench):
    people = (bench.instructor, Person("guest@partner.example"))
    made = await bench.provider.create(a_class(presenters=people), a_marker())
    (ours,) = [m for m in bench.simulator.meetings() if m["onlineMeetingUri"] == made.ref.provider_id]
    assert ours["leaders"] == ["sip:trainer@contoso.example"]
    assert "guest@partner.example" in made.downgrades[0]


async def test_a_password_of_any_characters_signs_in_and_shows_nowhere(caplog):
    caplog.set_level(logging.DEBUG)
    with LyncSimulator(password=SECRET, options=Options(access_levels=("SameEnterprise",))) as own:
        provider = PROVIDER(against(own, password=SECRET), over_tls(own))
        report = await provider.check()
        made = await provider.create(a_class(), marker := a_marker())
        own.fault_on("answer-lost", count=1)
        with pytest.raises(OutcomeUnknown):
            await provider.update(made.ref, a_class(title="Moved"), marker)
        own.lock_account(DEFAULT_USER)
        own.expire_tokens()
        with pytest.raises(AccountBroken) as caught:
            await provider.find(marker, None)
        await provider.aclose()
    assert report.ok
    assert any("wait in the lobby" in warning for warning in report.warnings)
    assert made.downgrades
    seen = caplog.text + repr(report) + repr(caught.value) + advice_of(caught.value) + repr(vars(provider))
    for secret in (SECRET, "cwt=", made.ref.details["joinUrl"], "P%C3%A4"):
        assert secret not in seen


async def test_loopback_is_refused_where_the_deployment_does_not_allow_it(simulator):
    guarded = ProviderHttp(tls=over_tls(simulator).tls)
    report = await PROVIDER(against(simulator), guarded).check()
    assert not report.ok
    assert "loopback or private address" in report.steps[-1].detail


async def test_an_untrusted_certificate_is_named(simulator):
    strict = ProviderHttp(over_tls(simulator).policy)
    report = await PROVIDER(against(simulator), strict).check()
    assert not report.ok
    assert "certificate is not trusted" in report.steps[-1].detail
