"""What people type into a search field, before it meets the database."""

from app.domain.errors import InvalidRequest

LONGEST = 320


def sought(text: str) -> str:
    """The text, trimmed. Raises InvalidRequest for what no name or address can hold."""
    text = text.strip()
    if len(text) > LONGEST or (text and not text.isprintable()):
        raise InvalidRequest(f"The search text must have at most {LONGEST} printable characters.")
    return text
