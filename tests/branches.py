"""Refuse a test run that took less than nine of ten branches; coverage's own floor mixes lines and branches."""

from __future__ import annotations

import json
import subprocess
import sys

FLOOR = 90.0


def main() -> int:
    """Print what was covered, and return 1 when it is too little."""
    command = [sys.executable, "-m", "coverage", "json", "--quiet", "-o", "-"]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    totals = report["totals"]
    branches = 100 * totals["covered_branches"] / totals["num_branches"]
    lines = 100 * totals["covered_lines"] / totals["num_statements"]
    print(f"branches covered: {branches:.1f}% (floor {FLOOR:g}%), lines {lines:.1f}%")
    for name, file in sorted(report["files"].items()):
        if file["summary"]["num_branches"] and file["summary"]["percent_covered"] < FLOOR:
            print(f"  {name}: {file['summary']['percent_covered']:.0f}%, lines {file['missing_lines'][:20]}")
    return int(branches < FLOOR)


if __name__ == "__main__":
    sys.exit(main())
