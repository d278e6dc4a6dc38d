"""A slow disk: a shim (LD_PRELOAD) that makes every fsync take longer, built with the compiler at hand."""

import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("slow_fsync.c")


def shim(folder: Path) -> Path | None:
    """The shared object, or None where there is no C compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    made = folder / "slow_fsync.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O2", "-o", str(made), str(SOURCE), "-ldl"], check=True, timeout=60
    )
    made.chmod(0o755)  # PostgreSQL may run as another user
    return made


def slowed(made: Path, milliseconds: float) -> dict[str, str]:
    """The environment of a process whose disk is slow."""
    return {"LD_PRELOAD": str(made), "SLOW_FSYNC_MICROSECONDS": str(int(milliseconds * 1000))}
