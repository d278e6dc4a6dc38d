"""The ways out of the house, built from the settings: to providers, to the company's sign-in, to its keys."""

import ssl
from dataclasses import replace

from app.db.connections import Connection
from app.db.database import Database
from app.domain.actor import bundled
from app.domain.clock import Clock
from app.domain.errors import InvalidRequest
from app.domain.permissions import Scope
from app.providers.base import Card
from app.providers.budget import BudgetPolicy
from app.providers.gate import Gate, Manners
from app.providers.http import OutboundPolicy, ProviderHttp
from app.services.company import Company, Registration
from app.services.connections import WayOut
from app.services.issuers import Issuer
from app.services.outside import OutsideTokens, Trust
from app.services.tickets import TicketStore
from app.settings import Settings


class NotReady(Exception):
    """The service cannot start; the text says what to do."""


def outbound(settings: Settings, tickets: TicketStore) -> WayOut:
    """Each connection gets a gate and shared tickets of its own; a trial has both to itself."""
    policy, tls = _policy(settings), _tls(settings)

    def way_out(card: Card, row: Connection | None) -> ProviderHttp:
        manners = policy.manners.at_most(card.calls_at_once, card.calls_per_second)
        if row is None:
            return ProviderHttp(policy, tls=tls, gate=Gate(manners, card.key))
        gate = Gate(manners, card.key, str(row.id))
        return ProviderHttp(policy, tls=tls, gate=gate, tickets=tickets.of(row.id, row.revision))

    return way_out


def _policy(settings: Settings) -> OutboundPolicy:
    budget = BudgetPolicy(settings.provider_calls_at_once, queue=settings.provider_queue)
    return OutboundPolicy(
        connect_seconds=settings.provider_connect_seconds,
        read_seconds=settings.provider_read_seconds,
        write_seconds=settings.provider_write_seconds,
        allow_private_networks=settings.allow_private_endpoints,
        manners=Manners(budget),
    )


def company(settings: Settings, clock: Clock) -> Company | None:
    """The company's sign-in, if there is one. Raises NotReady for a role that there is not."""
    issuer = _issuer(settings, settings.oidc_issuer, clock)
    try:
        for role in settings.oidc_roles.values():
            bundled(role)
    except InvalidRequest as exc:
        raise NotReady(f"VILT_OIDC_ROLES: {exc.message}") from exc
    us = Registration(
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
        settings.oidc_groups_claim,
        settings.oidc_roles,
        settings.oidc_tenant,
    )
    our_page = f"{settings.public_url.rstrip('/')}/admin/oidc"
    return Company(issuer, us, our_page, clock) if issuer else None


def outside(settings: Settings, database: Database, clock: Clock) -> OutsideTokens:
    """Raises NotReady for a scope that there is not."""
    try:
        scopes = {
            value: tuple(Scope(scope) for scope in given) for value, given in settings.issuer_scopes.items()
        }
    except ValueError as exc:
        raise NotReady(f"VILT_ISSUER_SCOPES: {exc}") from exc
    trust = Trust(settings.issuer_audience, settings.issuer_claim, scopes, settings.issuer_tenant)
    return OutsideTokens(database, _issuer(settings, settings.issuer_url, clock), trust, clock)


def _issuer(settings: Settings, url: str, clock: Clock) -> Issuer | None:
    """Somebody waits in front of a browser: little time, and no repeats."""
    if not url:
        return None
    manners, answer_bytes = Manners(repeats=0), 256_000
    policy = replace(
        _policy(settings), manners=manners, read_seconds=4.0, write_seconds=4.0, answer_bytes=answer_bytes
    )
    return Issuer(url, ProviderHttp(policy, tls=_tls(settings)), clock)


def _tls(settings: Settings) -> ssl.SSLContext | None:
    """None: the authorities that everybody knows."""
    if not settings.provider_ca_file:
        return None
    tls = ssl.create_default_context()
    tls.load_verify_locations(settings.provider_ca_file)
    return tls
