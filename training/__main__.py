"""``python -m training``."""

import sys
from importlib.util import find_spec

NEEDED = (
    "duckdb",
    "numba",
    "optuna",
    "pandas",
    "pyarrow",
    "rich",
    "scipy",
    "sklearn",
)  # beside what serving needs


def main() -> None:
    if absent := [name for name in NEEDED if find_spec(name) is None]:
        sys.exit(
            f"Error: training needs {', '.join(absent)}, which serving does without: make setup, "
            "or pip install --require-hashes -r requirements-dev.txt"
        )
    from training import cli  # noqa: PLC0415 - only where all it imports is there

    cli.main(prog_name="python -m training")


if __name__ == "__main__":
    main()
