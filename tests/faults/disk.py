"""A disk that is full for a while: a shim (LD_PRELOAD) that refuses writes as long as a flag file exists."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("full_disk.c")
NO_COMPILER = "a disk cannot be full here: there is no C compiler for the shim"


@dataclass(frozen=True)
class Disk:
    """The shim, built. Whoever runs with `environment` writes to this disk, as any user."""

    shim: Path
    flag: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self.shim), "FULL_DISK_FLAG": str(self.flag)}

    def fill(self, part: str) -> None:
        """Full from now on, for files whose path contains `part`."""
        draft = self.flag.with_suffix(".draft")
        draft.write_text(part)
        draft.rename(self.flag)  # nobody may read half of it

    def clear(self) -> None:
        self.flag.unlink(missing_ok=True)

    def remove(self) -> None:
        shutil.rmtree(self.shim.parent, ignore_errors=True)


def make_disk() -> Disk | None:
    """None where there is no C compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    folder = Path(tempfile.mkdtemp(prefix="vilt-disk-"))
    folder.chmod(0o755)  # PostgreSQL may run as another user
    made = folder / "full_disk.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(made), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True, timeout=60)
    made.chmod(0o755)
    return Disk(made, folder / "full")
