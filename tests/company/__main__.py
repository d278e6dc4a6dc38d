"""`python -m tests.company PORT FOLDER OUR_ADDRESS`: the provider, with Ada and Bob, and us as its client."""

import sys
from typing import Any

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.core.management import call_command

from tests.company.running import CLIENT_ID, CLIENT_SECRET, PASSWORD

LOGIN = """<!doctype html><html lang="en"><title>The company</title><h1>The company's own login</h1>
<form method="post">{% csrf_token %}{{ form }}<button>Log in</button></form></html>"""
PEOPLE = {"ada": ("Ada", "Lovelace", "vilt-admins"), "bob": ("Bob", "Bell", "staff")}


def configure(folder: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    loaders: list[Any] = [
        ("django.template.loaders.locmem.Loader", {"login.html": LOGIN}),
        "django.template.loaders.app_directories.Loader",
    ]
    settings.configure(
        SECRET_KEY="of a test",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="tests.company.urls",
        USE_TZ=True,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/company.db"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.PBKDF2PasswordHasher"],
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": loaders,
                    "context_processors": ["django.template.context_processors.request"],
                },
            }
        ],
        OAUTH2_PROVIDER={
            "PKCE_REQUIRED": True,
            "OIDC_ENABLED": True,
            "OIDC_RSA_PRIVATE_KEY": key.decode(),
            "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
            "OIDC_RP_INITIATED_LOGOUT_ALWAYS_PROMPT": False,  # only whoever cannot say who signs out is asked
            "OAUTH2_VALIDATOR_CLASS": "tests.company.claims.Claims",
            "SCOPES": {"openid": "who you are", "email": "your address", "profile": "your name"},
        },
    )
    django.setup()


def fill(ours: str) -> None:
    from django.contrib.auth.models import Group, User
    from oauth2_provider.models import get_application_model

    call_command("migrate", verbosity=0)
    for name, (first, last, group) in PEOPLE.items():
        person = User.objects.create_user(
            name, f"{name}@example.com", PASSWORD, first_name=first, last_name=last
        )
        person.groups.add(Group.objects.get_or_create(name=group)[0])
    get_application_model().objects.create(
        name="vILT connector",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        client_type="confidential",
        authorization_grant_type="authorization-code",
        algorithm="RS256",
        redirect_uris=f"{ours}/admin/oidc/back",
        post_logout_redirect_uris=f"{ours}/admin/oidc/out",
    )


def main() -> None:
    port, folder, ours = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    configure(folder)
    fill(ours)
    from django.core.servers import basehttp
    from django.core.wsgi import get_wsgi_application

    basehttp.run("127.0.0.1", port, get_wsgi_application(), threading=True)


main()
