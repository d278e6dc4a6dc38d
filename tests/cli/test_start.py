"""How the command starts."""

import subprocess
import sys


def test_what_the_entry_point_imports_is_not_searched_for_garbage_but_what_comes_after_is():
    """uvicorn's further processes import the entry point and never call what it holds."""
    ask = "import gc, app.__main__; print(gc.isenabled(), gc.get_stats()[2]['collections'])"
    said = subprocess.run([sys.executable, "-c", ask], check=True, capture_output=True, text=True, timeout=60)
    enabled, full_collections = said.stdout.split()
    assert enabled == "True"
    assert full_collections == "0"
