"""The code as the rules of the house see it: files, trees, imports, and text without its prose."""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"
Function = ast.FunctionDef | ast.AsyncFunctionDef


def files(room: str = "") -> list[Path]:
    """Python files of a room of the house, all of them without one."""
    return sorted((APP / room).rglob("*.py"))


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


def functions(file: Path) -> Iterator[Function]:
    yield from (node for node in ast.walk(tree(file)) if isinstance(node, Function))


def imports(file: Path) -> set[str]:
    """Dotted names of everything that a file imports."""
    found: set[str] = set()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def inside(dotted: str, *places: str) -> bool:
    return any(dotted == place or dotted.startswith(f"{place}.") for place in places)


def without_prose(file: Path) -> str:
    """The code without comments and docstrings: what the machine reads."""
    text = file.read_text("utf-8")
    prose = {
        node.body[0].lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.Module, ast.ClassDef, Function)) and ast.get_docstring(node) is not None
    }
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return " ".join(
        token.string
        for token in tokens
        if token.type != tokenize.COMMENT and not (token.type == tokenize.STRING and token.start[0] in prose)
    )
