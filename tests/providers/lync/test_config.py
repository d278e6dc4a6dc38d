"""The form understands what administrators type, and refuses the rest with a sentence."""

import pytest
from pydantic import ValidationError

from app.providers.lync.trust import Trust, organisation
from tests.providers.lync.conftest import settings

INTERNAL, EXTERNAL = "lyncdiscoverinternal.contoso.com", "lyncdiscover.contoso.com"


def test_a_domain_is_tried_internal_before_external_and_https_before_http():
    assert settings(api_endpoint="contoso.com").endpoint.candidates == (
        f"https://{INTERNAL}/",
        f"http://{INTERNAL}/",
        f"https://{EXTERNAL}/",
        f"http://{EXTERNAL}/",
    )


@pytest.mark.parametrize(
    "typed", [EXTERNAL, f"https://{EXTERNAL}", f"http://{EXTERNAL}/", f" https://{EXTERNAL}/ "]
)
def test_a_lyncdiscover_address_is_tried_as_it_is(typed):
    candidates = settings(api_endpoint=typed).endpoint.candidates
    assert [url.rstrip("/") for url in candidates] == [f"https://{EXTERNAL}", f"http://{EXTERNAL}"]


def test_a_root_address_is_the_only_one_tried():
    root = "https://lyncweb.contoso.com/Autodiscover/AutodiscoverService.svc/root?originalDomain=contoso.com"
    assert settings(api_endpoint=root).endpoint.candidates == (root,)


def test_an_address_with_a_port_is_taken_as_the_server_itself():
    assert settings(api_endpoint="127.0.0.1:8443").endpoint.candidates == ("https://127.0.0.1:8443",)


@pytest.mark.parametrize(
    "typed", ["", "ftp://contoso.com", "https://", "con toso.com", "https://a:b@contoso.com/", "https://[::"]
)
def test_an_endpoint_that_is_no_address_is_refused_with_a_sentence(typed):
    with pytest.raises(ValidationError) as caught:
        settings(api_endpoint=typed)
    assert "API endpoint" in str(caught.value)


@pytest.mark.parametrize("typed", ["svc-lms", "svc-lms@", "@contoso.com", "CONTOSO\\", "a b@contoso.com", ""])
def test_a_user_name_without_its_domain_is_refused_with_a_sentence(typed):
    with pytest.raises(ValidationError, match="with its domain"):
        settings(username=typed)


@pytest.mark.parametrize("typed", ["svc-lms@contoso.com", "CONTOSO\\svc-lms", "svc@localhost"])
def test_both_forms_of_a_user_name_are_taken(typed):
    assert settings(username=typed).username == typed


def test_the_password_shows_in_no_text_of_the_settings():
    assert "ä" not in repr(settings()) + str(settings()) + settings().model_dump_json()


def test_the_password_keeps_its_outer_spaces():
    assert settings(password=" p ").password.get_secret_value() == " p "


@pytest.mark.parametrize(
    ("host", "owner"),
    [
        ("lyncweb.contoso.com", "contoso.com"),
        ("pool.emea.contoso.co.uk", "contoso.co.uk"),
        ("contoso.de", "contoso.de"),
        ("10.0.0.8", "10.0.0.8"),
        ("LYNC.Contoso.COM.", "contoso.com"),
    ],
)
def test_hosts_of_one_organisation_share_a_registered_domain(host, owner):
    assert organisation(host) == owner


@pytest.mark.parametrize(
    ("host", "trusted"),
    [
        ("lyncweb.contoso.com", True),
        ("contoso.com.evil.example", False),
        ("evilcontoso.com", False),
        ("pool.fabrikam.net", True),
        ("x.pool.fabrikam.net", False),
        ("web.ad.contoso.local", True),
        ("ad.contoso.local", False),
        ("127.0.0.1", False),
    ],
)
def test_only_hosts_of_the_organisation_and_named_ones_are_trusted(host, trusted):
    made = settings(trusted_hosts="pool.fabrikam.net, .ad.contoso.local")
    assert Trust.of(made).covers(host) is trusted


def test_names_of_this_machine_are_one_when_the_endpoint_is_this_machine():
    assert Trust.of(settings(api_endpoint="https://127.0.0.1:1")).covers("localhost")
