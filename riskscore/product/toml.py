"""Read a product file, or refuse it with file, key and what was expected.

``form.py`` says what each table looks like on its own; here they are put together, and what only
the whole can show is checked: names used twice, parts that do not exist, circles.
"""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from marshmallow import Schema, ValidationError

from riskscore.errors import ProductInvalid
from riskscore.product import form, rules
from riskscore.product.fields import by_path
from riskscore.product.recipe import Recipe
from riskscore.product.spec import Category, Derived, Entity, History, Input, Product, Where

T = TypeVar("T")
CATALOG = resources.files("riskscore.product") / "catalog"


def read_product(name_or_path: str | Path) -> Product:
    """Read a built-in product by its name, or a file by its path.

    Raises:
        ProductInvalid: No such file or name, or the file breaks the form.
    """
    if str(name_or_path) in built_in():
        return product_from(
            (CATALOG / f"{name_or_path}.toml").read_text("utf-8"), f"{name_or_path}.toml"
        )
    return read_file(Path(name_or_path))


def built_in() -> list[str]:
    return sorted(
        each.name.removesuffix(".toml") for each in CATALOG.iterdir() if each.name.endswith(".toml")
    )


def read_file(path: Path) -> Product:
    """Read one product file.

    Raises:
        ProductInvalid: It is not there, not TOML, or breaks the form.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ProductInvalid(
            f"{path}: {error.strerror}; expected a product file or one of {', '.join(built_in())}"
        ) from error
    except UnicodeDecodeError as error:
        raise ProductInvalid(f"{path}: expected UTF-8 text") from error
    return product_from(text, str(path))


def product_from(text: str, file: str) -> Product:
    """Build the product that a TOML text declares.

    Args:
        text: The file's content; the product keeps it unchanged.
        file: Its name, for messages only.

    Raises:
        ProductInvalid: The text breaks the form; every broken key is named.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProductInvalid(f"{file}: not TOML: {error}") from error
    except RecursionError as error:
        raise ProductInvalid(f"{file}: not TOML that we read: nested too deep") from error
    top = _load(form.ProductForm(), tables, file, "")
    product = Product(
        name=top["product"],
        title=top["title"],
        version=top["version"],
        entities=tuple(_entities(top.get("entities", {}), file)),
        inputs=tuple(_each(top, "feature", file, _input)),
        history=tuple(_each(top, "history", file, _history)),
        derived=tuple(_each(top, "derived", file, _derived)),
        recipe=_recipe(top.get("training", {}), file),
        source=text,
    )
    if broken := rules.broken(product):
        raise ProductInvalid(f"{file}: {' | '.join(broken)}")
    return product


def with_history(product: Product, tables: list[dict[str, Any]], file: str) -> Product:
    """Add history columns that another file declares in the form of a product file.

    Raises:
        ProductInvalid: A table breaks the form, or does not fit the product.
    """
    more = tuple(_each({"history": tables}, "history", file, _history))
    longer = replace(product, history=(*product.history, *more))
    if broken := rules.broken(longer):
        raise ProductInvalid(f"{file}: {' | '.join(broken)}")
    return longer


def _entities(tables: dict[str, Any], file: str) -> Iterator[Entity]:
    for name, table in tables.items():
        place = f"entities.{name}"
        _load(form.EntityNameForm(), {"name": name}, file, place)
        yield Entity(name=name, **_load(form.EntityForm(), table, file, place))


def _each(
    top: dict[str, Any], key: str, file: str, make: Callable[[dict[str, Any], str, str], T]
) -> Iterator[T]:
    for number, table in enumerate(top.get(key, []), start=1):
        name = table.get("name")
        yield make(table, file, f"{key} {name if isinstance(name, str) else number}")


def _input(table: dict[str, Any], file: str, place: str) -> Input:
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in form.INPUTS:
        raise ProductInvalid(f"{file}: {place}: kind: expected one of {', '.join(form.INPUTS)}")
    schema, make = form.INPUTS[kind]
    loaded = _load(schema, table, file, place)
    del loaded["kind"]
    if make is Category:
        loaded["values"] = tuple(loaded["values"])
    loaded.setdefault("model", not loaded.get("protected", False))
    made: Input = make(**loaded)
    return made


def _history(table: dict[str, Any], file: str, place: str) -> History:
    loaded = _load(form.HistoryForm(), table, file, place)
    if "where" in loaded:
        loaded["where"] = Where(**loaded["where"])
    return History(**loaded)


def _derived(table: dict[str, Any], file: str, place: str) -> Derived:
    loaded = _load(form.DerivedForm(), table, file, place)
    first, second = loaded.pop("of")
    return Derived(of=(first, second), **loaded)


def _recipe(table: dict[str, Any], file: str) -> Recipe:
    recipe: Recipe = _load(form.RecipeForm(), table, file, "training")
    return recipe


def _load(schema: Schema, table: Any, file: str, place: str) -> Any:
    try:
        return schema.load(table)
    except ValidationError as error:
        raise ProductInvalid(f"{file}: {_listed(error, place)}{_known(schema, table)}") from error


def _known(schema: Schema, table: Any) -> str:
    """Say which keys a table may have, where one stands in it that it may not."""
    if not isinstance(table, dict) or table.keys() <= schema.fields.keys():
        return ""
    return f" (known here: {', '.join(schema.fields)})"


def _listed(error: ValidationError, place: str) -> str:
    return " | ".join(
        f"{': '.join(each for each in (place, key) if each)}: {'; '.join(reasons)}"
        for key, reasons in by_path(error.messages).items()
    )
