"""Products for streams: one that looks at everything in every way, one that looks back at it."""

from pathlib import Path

from riskscore.product.toml import read_file

HERE = Path(__file__).parent
PARCEL = read_file(HERE / "parcel.toml")
VISIT = read_file(HERE / "visit.toml")
