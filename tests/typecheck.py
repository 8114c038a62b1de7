"""Run mypy through a temporary link called topline: mypy takes the package's name from its folder's."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Return mypy's exit code."""
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / "topline"
        link.symlink_to(ROOT, target_is_directory=True)
        command = [
            sys.executable,
            "-m",
            "mypy",
            "--config-file",
            "pyproject.toml",
            "--cache-dir",
            str(ROOT / ".mypy_cache"),
            ".",
        ]
        return subprocess.run(command, cwd=link, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
