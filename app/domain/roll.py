"""A roll: instructors as CSV, as spreadsheets of any land write and read it, with nothing in it that runs."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.domain.errors import InvalidRequest, TooLarge
from app.domain.people import InstructorDraft, is_email, person_key

MOST_ROWS = 50_000
LONGEST_NAME = 100  # the LMS's own limit (contract A8)
COLUMNS = ("Email", "First name", "Last name", "Active")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run, not show
_NAMES = {
    "email": ("email", "e-mail", "e-mail address", "email address", "mail"),
    "first": ("first name", "firstname", "first", "given name", "forename"),
    "last": ("last name", "lastname", "last", "surname", "family name"),
    "active": ("active", "state", "status"),
}
_YES = ("", "yes", "y", "true", "1", "active", "x", "on")
_NO = ("no", "n", "false", "0", "inactive", "deactivated", "off")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list, by its number in the file; `wrong` says why nobody can be made of it."""

    number: int
    draft: InstructorDraft
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Roll:
    """A file, understood. `written_in` and `divided_by` tell how it was read, in words."""

    rows: tuple[Row, ...]
    written_in: str
    divided_by: str

    @property
    def good(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if not row.wrong)

    @property
    def bad(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.wrong)


def understand(content: bytes) -> Roll:
    """The rows of a CSV file. Raises InvalidRequest for a file that is no such list, TooLarge."""
    text, written_in = _decoded(content)
    first = next((line for line in text.splitlines() if line.strip()), "")
    divider = max(";,\t", key=first.count)
    lines = _lines(text, divider)
    _, header = next(lines, (0, []))
    places = _places(header)
    rows, seen = list[Row](), dict[str, int]()
    for number, cells in lines:
        if len(rows) == MOST_ROWS:
            raise TooLarge(f"The list has more than {MOST_ROWS:,} rows. Divide it.")
        rows.append(_row(number, cells, places, seen))
    if not rows:
        raise InvalidRequest("The list has a header and no rows.")
    words = {";": "semicolons", ",": "commas", "\t": "tabs"}
    return Roll(tuple(rows), written_in, words[divider])


def packed(row: Row) -> str:
    """A good row as one line of text, for a form that brings it back."""
    draft = row.draft
    state = "yes" if draft.active else "no"
    return "\t".join((str(row.number), draft.email, draft.first_name, draft.last_name, state))


def unpacked(line: str) -> Row:
    """The row again; judged again, for forms can be forged. Raises InvalidRequest."""
    cells = line.split("\t")
    if len(cells) != 5 or not cells[0].isdecimal() or len(cells[0]) > 9:
        raise InvalidRequest
    return judged(int(cells[0]), InstructorDraft(cells[1], cells[2], cells[3], cells[4] == "yes"))


def judged(number: int, draft: InstructorDraft) -> Row:
    """A row that did not come as CSV."""
    return Row(number, draft, _complaint(draft))


def written(rows: Iterable[Sequence[str]], columns: Sequence[str] = COLUMNS) -> Iterator[str]:
    """The lines of a CSV file that every spreadsheet shows and none runs. Begins with a BOM, for Excel."""
    yield "\ufeff" + line_of(columns)
    for row in rows:
        yield line_of(row)


def line_of(cells: Sequence[str]) -> str:
    """One line, its end included; a cell that begins as a formula does gets a ' before it."""
    target = io.StringIO()
    csv.writer(target, lineterminator="\r\n").writerow([_harmless(cell) for cell in cells])
    return target.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text, name = content.decode("utf-16", "replace"), "UTF-16"
    else:
        try:
            text, name = content.decode("utf-8-sig"), "UTF-8"
        except UnicodeDecodeError:
            text, name = content.decode("cp1252", "replace"), "Latin-1 (Windows)"
    if "\x00" in text or not text.strip():
        raise InvalidRequest("This is not a CSV file with a list of people.")
    return text, name


def _lines(text: str, divider: str) -> Iterator[tuple[int, list[str]]]:
    """(number of the line in the file, its cells); empty lines are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=divider)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as exc:
        raise InvalidRequest(
            f"Line {reader.line_num} cannot be read: a quotation mark is left open."
        ) from exc


def _places(header: Sequence[str]) -> dict[str, int]:
    """Which column is which. Raises InvalidRequest."""
    titles = [title.strip().strip("\ufeff").casefold().replace("_", " ") for title in header]
    places = {name: n for name, known in _NAMES.items() for n, t in enumerate(titles) if t in known}
    missing = [COLUMNS[n] for n, name in enumerate(("email", "first", "last")) if name not in places]
    if missing:
        raise InvalidRequest(
            f"The first line must name the columns; missing: {', '.join(missing)}. "
            f"Write it like: {', '.join(COLUMNS)}."
        )
    return places


def _row(number: int, cells: Sequence[str], places: dict[str, int], seen: dict[str, int]) -> Row:
    def cell(name: str) -> str:
        place = places.get(name, len(cells))
        text = cells[place].strip() if place < len(cells) else ""
        return text[1:] if text.startswith("'") and text[1:].lstrip(" ").startswith(_FORMULA) else text

    state = cell("active").casefold()
    draft = InstructorDraft(
        cell("email"), cell("first"), cell("last"), True if state in _YES else False if state in _NO else None
    )
    earlier = seen.setdefault(person_key(draft.email), number)
    return Row(number, draft, _complaint(draft) or ("" if earlier == number else twice(earlier)))


def twice(earlier: int) -> str:
    """What is said of a row whose address stands in an earlier line."""
    return f"The same address stands in line {earlier} already."


def _complaint(draft: InstructorDraft) -> str:
    if not is_email(draft.email) or draft.email.startswith(("=", "@")):
        return "The e-mail address is not one."
    for title, name in (("first name", draft.first_name), ("last name", draft.last_name)):
        if not name:
            return f"The {title} is missing."
        if name.startswith(_FORMULA):
            return f"The {title} begins like a formula of a spreadsheet; nobody's name does."
        if len(name) > LONGEST_NAME or not name.isprintable():
            return f"The {title} is longer than {LONGEST_NAME} characters, or cannot be printed."
    return "In the column Active write yes or no." if draft.active is None else ""
