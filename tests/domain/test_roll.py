"""Lists of instructors as spreadsheets write them: any divider, any encoding, nothing that runs."""

import pytest

from app.domain.errors import InvalidRequest, TooLarge
from app.domain.people import InstructorDraft
from app.domain.roll import MOST_ROWS, Row, packed, understand, unpacked, written

HEAD = "Email,First name,Last name,Active\n"


def _names(content: bytes) -> list[tuple[str, str, str]]:
    return [(r.draft.email, r.draft.first_name, r.draft.last_name) for r in understand(content).good]


@pytest.mark.parametrize("divider", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_every_divider_and_encoding_is_understood(divider: str, encoding: str) -> None:
    text = "e-mail,First_Name,SURNAME\r\nzoë@x.example,Zoë,Müller\r\n".replace(",", divider)
    assert _names(text.encode(encoding)) == [("zoë@x.example", "Zoë", "Müller")]


def test_names_of_every_script_and_with_commas_come_through() -> None:
    text = HEAD + 'a@x.example,"محمد, Dr.",Ḩasan\nb@x.example,小明,王\n'
    assert _names(text.encode()) == [("a@x.example", "محمد, Dr.", "Ḩasan"), ("b@x.example", "小明", "王")]


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)"])
def test_a_formula_is_nobodys_name(cell: str) -> None:
    roll = understand((HEAD + f'a@x.example,"{cell}",Lee\n').encode())
    assert roll.good == ()
    assert "formula" in roll.bad[0].wrong


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", " =1+1"])
def test_what_is_written_runs_in_no_spreadsheet(cell: str) -> None:
    lines = "".join(written([(cell, "Ann", "Lee", "yes")]))
    assert lines.splitlines()[1].lstrip('"').startswith("'")


def test_what_was_written_is_understood_again() -> None:
    rows = [("+ann@x.example", "Zoë", 'O"Neil, jr.', "no"), ("ben@x.example", "Ben", "Ö", "yes")]
    roll = understand("".join(written(rows)).encode())
    assert [(r.draft.email, r.draft.last_name, r.draft.active) for r in roll.good] == [
        ("+ann@x.example", 'O"Neil, jr.', False),
        ("ben@x.example", "Ö", True),
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("nobody,A,B,", "e-mail"),
        ("=a@x.example,A,B,", "e-mail"),
        ("a@x.example,,B,", "first name is missing"),
        ("a@x.example,A", "last name is missing"),
        (f"a@x.example,{'A' * 101},B,", "longer"),
        ('a@x.example,"A\nA",B,', "printed"),
        ("a@x.example,A,B,perhaps", "yes or no"),
    ],
)
def test_a_row_that_cannot_be_says_why_and_spoils_no_other(line: str, why: str) -> None:
    roll = understand((HEAD + line + "\ngood@x.example,C,D,\n").encode())
    assert why in roll.bad[0].wrong
    assert [row.draft.email for row in roll.good] == ["good@x.example"]


def test_the_same_person_twice_is_told_with_the_line() -> None:
    roll = understand((HEAD + "a@x.example,A,B,\n\nA@X.example,A,B,\n").encode())
    assert [(row.number, row.wrong) for row in roll.rows] == [
        (2, ""),
        (4, "The same address stands in line 2 already."),
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not a CSV"),
        (b"\xef\xbb\xbf  \n", "not a CSV"),
        (b"PK\x03\x04\x00\x00", "not a CSV"),
        (b"name,phone\nAnn,1\n", "missing: Email, First name, Last name"),
        (HEAD.encode(), "no rows"),
        ((HEAD + 'a@x.example,"' + "x" * 200_000).encode(), "Line"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_a_sentence(content: bytes, why: str) -> None:
    with pytest.raises(InvalidRequest, match=why):
        understand(content)


def test_fifty_thousand_rows_are_understood_and_one_more_is_too_many() -> None:
    rows = "".join(f"p{n}@x.example,First{n},Last{n},yes\n" for n in range(MOST_ROWS))
    assert len(understand((HEAD + rows).encode()).good) == MOST_ROWS
    with pytest.raises(TooLarge, match="50,000"):
        understand((HEAD + rows + "more@x.example,A,B,\n").encode())


def test_a_row_survives_the_form_and_is_judged_again() -> None:
    row = Row(7, InstructorDraft("a@x.example", "Zoë", "O'Neil", False))
    assert unpacked(packed(row)) == row
    assert unpacked("7\ta@x.example\t=cmd\tB\tyes").wrong
    for forged in ("", "x\ta\tb\tc\tyes", "7\ta"):
        with pytest.raises(InvalidRequest):
            unpacked(forged)
