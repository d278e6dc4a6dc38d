"""What the company's ID tokens tell of a person."""

from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator


class Claims(OAuth2Validator):  # type: ignore[misc]
    oidc_claim_scope = None  # every claim in every ID token, as companies set it up

    def get_additional_claims(self, request: Any) -> dict[str, Any]:
        person = request.user
        return {
            "email": person.email,
            "email_verified": True,
            "name": person.get_full_name(),
            "groups": [group.name for group in person.groups.all()],
        }
