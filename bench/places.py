"""Where measurements keep their files."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
STACKS = Path(__file__).with_name("stacks")
BUILD = ROOT / "build" / "bench"
MODELS = ROOT / "models"
BODIES = BUILD / "bodies"
LOGS = BUILD / "logs"
REFERENCE = BUILD / "reference.ubj"
