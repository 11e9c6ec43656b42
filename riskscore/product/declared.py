"""Find the declarations of the products that a product looks at."""

from collections.abc import Sequence
from pathlib import Path

from riskscore.product.spec import Product
from riskscore.product.toml import built_in, read_file, read_product


def looked_at(product: Product, folders: Sequence[Path]) -> dict[str, Product]:
    """Read the declarations of the other products that history columns look at.

    Args:
        product: Who looks.
        folders: Where they may be, before the built-in ones: product files, or a models folder,
            whose champions count.

    Returns:
        By name; those that nobody declares are not in it.

    Raises:
        ProductInvalid: A declaration breaks the form.
    """
    found = {}
    for name in sorted({each.of for each in product.history} - {product.name}):
        paths = [path for folder in folders for path in _candidates(folder, name) if path.is_file()]
        if paths:
            found[name] = read_file(paths[0])
        elif name in built_in():
            found[name] = read_product(name)
    return found


def _candidates(folder: Path, name: str) -> list[Path]:
    champion = folder / name / "champion"
    version = champion.read_text("ascii").strip() if champion.is_file() else ""
    return [folder / f"{name}.toml", folder / name / version / "product.toml"]
