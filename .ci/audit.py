"""Ask a public service of advisories about every locked dependency: ``make check`` does.

Where the service does not answer nothing is known of a dependency; pip-audit calls that "no known
vulnerabilities". Here it is said, and with ``--required``, for machines with a network, it fails.
Every other option is pip-audit's own.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCKED = Path(__file__).parent.parent / "requirements-dev.txt"  # holds what serving needs, too
QUIET = ["--disable-pip", "--require-hashes", "--progress-spinner=off", "--format=json"]

Dependency = dict[str, Any]


def main(*options: str) -> int:
    """Return 1 where a weakness is known, or where nothing is and something must be."""
    required = "--required" in options
    found = audited([each for each in options if each != "--required"])
    weak = [each for each in found if each.get("vulns")]
    for each in weak:
        sys.stdout.write(f"{told(each)}\n")
    unknown = sum("skip_reason" in each for each in found)
    if unknown or not found:
        many = f"{unknown} of {len(found)} dependencies" if found else "any dependency"
        sys.stdout.write(f"NOT AUDITED: no advisory service answered for {many}\n")
    else:
        sys.stdout.write(f"{len(found)} dependencies audited, {len(weak)} with known weaknesses\n")
    return int(bool(weak) or (required and (unknown > 0 or not found)))


def audited(options: list[str]) -> list[Dependency]:
    """Return what pip-audit found of each dependency; nothing if it gave up."""
    command = [sys.executable, "-m", "pip_audit", *QUIET, f"--requirement={LOCKED}", *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - ours
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        sys.stderr.write("".join(done.stderr.splitlines(keepends=True)[-1:]))
        return []
    dependencies: list[Dependency] = report["dependencies"]
    return dependencies


def told(dependency: Dependency) -> str:
    names = ", ".join(each["id"] for each in dependency["vulns"])
    fixed = sorted({version for each in dependency["vulns"] for version in each["fix_versions"]})
    cure = f"fixed in {', '.join(fixed)}" if fixed else "no version fixes it"
    return f"{dependency['name']} {dependency['version']}: {names}: {cure}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
