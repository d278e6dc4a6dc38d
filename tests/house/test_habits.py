"""Habits that keep the house readable. A rule that does not fit is changed here, openly."""

import ast
import re
from collections import defaultdict

from .code import APP, files, functions, name, tree

LONGEST_FILE, LONGEST_FUNCTION = 250, 40
ANSWERED = {
    "app/wiring.py:_build",  # one line for each part of the house: a list
}
REPEATED = 5  # statements


def test_a_transaction_is_a_block_and_nobody_commits_by_hand() -> None:
    committing = [name(file) for file in files() if ".commit(" in file.read_text("utf-8")]
    assert not committing, (
        "`async with db.begin() as tx` commits at its end; a commit elsewhere splits a deed"
    )


def test_only_services_open_transactions() -> None:
    opening = re.compile(r"async with [\w.]+\.(?:begin|read)\(\)")
    allowed = ("app/services/", "app/db/")
    elsewhere = [
        name(file)
        for file in files()
        if not name(file).startswith(allowed) and opening.search(file.read_text("utf-8"))
    ]
    assert not elsewhere, "a deed and its transaction belong together: open it in services/"


def test_every_file_says_what_it_is_for() -> None:
    silent = [
        name(file)
        for file in files()
        if file.read_text("utf-8").strip() and not ast.get_docstring(tree(file))
    ]
    assert not silent


def test_files_stay_readable_in_one_sitting() -> None:
    lengths = {name(file): len(file.read_text("utf-8").splitlines()) for file in files()}
    long = {file: lines for file, lines in lengths.items() if lines > LONGEST_FILE and file not in ANSWERED}
    assert not long, f"over {LONGEST_FILE} lines a file has more than one subject"


def test_functions_stay_small() -> None:
    lengths = {
        f"{name(file)}:{function.name}": (function.end_lineno or 0) - function.lineno
        for file in files()
        for function in functions(file)
    }
    long = {
        which: lines for which, lines in lengths.items() if lines > LONGEST_FUNCTION and which not in ANSWERED
    }
    assert not long, f"over {LONGEST_FUNCTION} lines a function does more than one thing"


def test_no_import_of_ours_hides_in_a_function() -> None:
    """A tool that few need may be loaded late, with its reason (ruff asks for it)."""
    hidden = {
        f"{name(file)}:{function.name}"
        for file in files()
        for function in functions(file)
        for node in ast.walk(function)
        for module in _imported(node)
        if module.split(".")[0] == "app"
    }
    assert not hidden, "an import in a function dodges a circle instead of opening it"


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return ["app" if node.level else node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def test_every_deed_of_a_service_says_what_it_means() -> None:
    silent = {
        f"{name(file)}:{node.name}"
        for file in files("services")
        for owner in (tree(file), *(c for c in tree(file).body if isinstance(c, ast.ClassDef)))
        for node in owner.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and not node.name.startswith("_")
        and not node.decorator_list
        and ast.get_docstring(node) is None
    }
    assert not silent, "a deed's meaning, units and errors cannot be read from its types"


def test_no_thought_is_written_down_twice() -> None:
    """The same function body in two places, whatever the function is called."""
    seen: dict[str, list[str]] = defaultdict(list)
    for file in files():
        for function in functions(file):
            body = function.body[1:] if ast.get_docstring(function) else function.body
            if sum(isinstance(node, ast.stmt) for part in body for node in ast.walk(part)) >= REPEATED:
                seen[ast.dump(ast.Module(body, []))].append(f"{name(file)}:{function.name}")
    twice = [places for places in seen.values() if len(places) > 1]
    assert not twice


def test_no_room_is_a_drawer_for_everything() -> None:
    drawers = re.compile(r"(utils?|helpers?|common|manager|misc|base_service)(\.py)?")
    found = [name(path) for path in APP.rglob("*") if drawers.fullmatch(path.name)]
    assert not found, "a file is named after its subject"
