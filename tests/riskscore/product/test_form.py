"""The reference page of product files, held against the form."""

import re
from dataclasses import asdict
from pathlib import Path

import pytest
from marshmallow import Schema

from riskscore.product import form, rules, spec
from riskscore.product.recipe import Recipe
from riskscore.product.toml import product_from

PAGE = (Path(__file__).parents[3] / "docs/product-file.md").read_text("utf-8")
COLUMN = "What every column may have"
PLACES = [
    (form.ProductForm(), ["The file itself"]),
    (form.EntityForm(), ["`[entities.<name>]`"]),
    *((schema, [COLUMN, "`[[feature]]`: "]) for schema, _ in form.INPUTS.values()),
    (form.HistoryForm(), [COLUMN, "`[[history]]`: "]),
    (form.WhereForm(), ["`[[history]]`: "]),
    (form.DerivedForm(), [COLUMN, "`[[derived]]`: "]),
    (form.RecipeForm(), ["`[training]`: "]),
]


def section(title: str) -> str:
    found = [part for part in PAGE.split("\n## ") if part.startswith(title)]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(("schema", "titles"), PLACES, ids=lambda each: type(each).__name__)
def test_every_key_stands_in_its_part_of_the_page(schema: Schema, titles: list[str]) -> None:
    text = "".join(section(title) for title in titles)

    assert [name for name in schema.fields if f"`{name}`" not in text] == []


def test_the_page_names_every_word_and_every_default() -> None:
    words = {*spec.FORMATS, *spec.MEASURES, *form.INPUTS, *rules.TAKEN, *rules.OURS}

    assert [word for word in sorted(words) if f"`{word}`" not in PAGE] == []
    rows = re.findall(r"\| `(\w+)` \| [^|]+ \| ([\d.]+) \|", section("`[training]`: "))
    assert {name: float(default) for name, default in rows} == asdict(Recipe())


def test_the_example_of_the_page_is_a_product() -> None:
    example = PAGE.split("```toml\n")[1].split("```")[0]

    assert product_from(example, "product-file.md").name == "parcel_claim"
