"""Which providers there are: every folder beside this file that offers a `Provider` named `PROVIDER`."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import app.providers as home
from app.providers.base import Provider


@cache
def providers() -> Mapping[str, type[Provider]]:
    """Provider classes by the key of their card, in alphabetical order."""
    found: dict[str, type[Provider]] = {}
    for module in iter_modules(home.__path__, prefix=f"{home.__name__}."):
        if module.ispkg:
            provider: type[Provider] = import_module(module.name).PROVIDER
            found[provider.card.key] = provider
    return dict(sorted(found.items()))
