"""Does the country give fraud away by accident? Tell-tale models answer.

Every figure is an AUC against the truth, out of fold. A bound counts as broken when the AUC lies
beyond it by more than two standard errors (DeLong), so that small countries are not refused for
noise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import xgboost as xgb
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

from riskscore.product.spec import Category, Input, Product
from riskscore.product.toml import read_product
from training.simulate.arrays import Flags, Floats, Ints
from training.simulate.links import link_counts, permuted
from training.simulate.telltales import SEED, TELLTALES

PRODUCTS = ("sim_registration", "account_opening", "account_activity")
QUIET = 0.55
GAPS = 0.60
SINGLE = 0.85
ROUNDS = 100
ERRORS = 2.0  # standard errors that a figure may lie beyond its bound
BINS = 40
TREES = {
    "objective": "binary:logistic",
    "max_depth": 4,
    "eta": 0.1,
    "min_child_weight": 0.3,  # of hessian: some thirty rows at a fraud rate of one in a hundred
    "subsample": 0.8,
    "colsample_bytree": 0.5,
    "max_bin": 64,
    "nthread": 1,
    "seed": 0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One figure of the audit and the bound it must keep."""

    product: str
    what: str
    value: float
    error: float
    rule: str
    kept: bool


class Difference(NamedTuple):
    """A gain in AUC and its standard error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One product's rows as they were first received."""

    product: Product
    frame: pd.DataFrame
    fraud: Flags


def audit(tables: Mapping[str, pa.Table]) -> list[Finding]:
    truth = tables["truth"].to_pandas()
    products = [first_rows(product, tables[product], truth) for product in PRODUCTS]
    entities = {
        rows.product.name: [each.name for each in rows.product.entities] for rows in products
    }
    frames = {rows.product.name: rows.frame for rows in products}
    dealt = permuted(frames, entities, SEED)
    findings = []
    for rows in products:
        findings += [telltale_finding(rows, name) for name in TELLTALES]
        findings.append(single_finding(rows))
        real = link_counts(frames, rows.product.name, entities)
        chance = link_counts(dealt, rows.product.name, entities)
        findings += link_findings(rows, real, chance)
    return findings


def read_tables(folder: Path) -> dict[str, pa.Table]:
    return {name: pq.read_table(folder / f"{name}.parquet") for name in (*PRODUCTS, "truth")}


def first_rows(product: str, table: pa.Table, truth: pd.DataFrame) -> Rows:
    frame = table.to_pandas().drop_duplicates("reference", ignore_index=True)
    label = truth[truth["product"] == product].set_index("reference").label
    return Rows(
        product=read_product(product),
        frame=frame,
        fraud=label.reindex(frame.reference).to_numpy() == 1,
    )


def telltale_finding(rows: Rows, name: str) -> Finding:
    halves = np.arange(len(rows.frame)) * 2 // len(rows.frame)
    matrix = TELLTALES[name](rows.frame, rows.product)
    bound = GAPS if name == "missingness" else QUIET
    return ceiling(rows, name, out_of_fold(matrix, rows.fraud, halves), bound)


def single_finding(rows: Rows) -> Finding:
    """Judge the input that tells most by itself."""
    halves = np.arange(len(rows.frame)) % 2
    told = {
        each.name: binned(as_number(rows.frame[each.name], each), rows.fraud, halves)
        for each in rows.product.inputs
    }
    best = max(told, key=lambda name: float(roc_auc_score(rows.fraud, told[name])))
    return ceiling(rows, f"best single input: {best}", told[best], SINGLE)


def link_findings(rows: Rows, real: Floats, chance: Floats) -> list[Finding]:
    """Compare models that also see counts: of real links, and of links dealt out at random."""
    folds = np.random.default_rng(SEED).integers(0, 3, len(rows.frame))
    inputs = np.column_stack(
        [as_number(rows.frame[each.name], each) for each in rows.product.inputs]
    )
    alone = out_of_fold(inputs, rows.fraud, folds)
    linked = out_of_fold(np.column_stack([inputs, real]), rows.fraud, folds)
    dealt = out_of_fold(np.column_stack([inputs, chance]), rows.fraud, folds)
    helped, lured = (difference(rows.fraud, alone, other) for other in (linked, dealt))
    return [
        Finding(
            product=rows.product.name,
            what="inputs alone",
            value=float(roc_auc_score(rows.fraud, alone)),
            error=difference(rows.fraud, alone, np.zeros(len(alone))).error,
            rule="",
            kept=True,
        ),
        Finding(
            product=rows.product.name,
            what="gain by linking",
            value=helped.value,
            error=helped.error,
            rule="above noise",
            kept=helped.value > ERRORS * helped.error,
        ),
        Finding(
            product=rows.product.name,
            what="gain by permuted linking",
            value=lured.value,
            error=lured.error,
            rule="within noise",
            kept=lured.value < ERRORS * lured.error,
        ),
    ]


def ceiling(rows: Rows, what: str, told: Floats, bound: float) -> Finding:
    value = float(roc_auc_score(rows.fraud, told))
    error = difference(rows.fraud, told, np.zeros(len(told))).error
    return Finding(
        product=rows.product.name,
        what=what,
        value=value,
        error=error,
        rule=f"at most {bound:.2f}",
        kept=value <= bound + ERRORS * error,
    )


def out_of_fold(matrix: Floats, fraud: Flags, folds: Ints) -> Floats:
    """Predict every fold from the others."""
    told = np.zeros(len(fraud))
    for fold in np.unique(folds):
        inside = folds == fold
        learn = xgb.DMatrix(matrix[~inside], fraud[~inside])
        booster = xgb.train(TREES, learn, ROUNDS)
        # ranks, so that folds with different base rates can be pooled
        told[inside] = rankdata(booster.predict(xgb.DMatrix(matrix[inside]))) / inside.sum()
    return told


def binned(values: Floats, fraud: Flags, halves: Ints) -> Floats:
    """Predict each half by the fraud rate of the value's bin in the other."""
    edges = np.unique(np.nanquantile(values, np.linspace(0, 1, BINS + 1)[1:-1]))
    place = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))
    told = np.zeros(len(fraud))
    for half in (0, 1):
        other = halves != half
        count = np.bincount(place[other], minlength=len(edges) + 2)
        hits = np.bincount(place[other], fraud[other], minlength=len(edges) + 2)
        rate = (hits + BINS * fraud.mean()) / (count + BINS)
        told[~other] = rate[place[~other]]
    return told


def as_number(values: pd.Series, declared: Input) -> Floats:
    if isinstance(declared, Category):
        codes = pd.Categorical(values, categories=list(declared.values)).codes.astype(float)
        return np.where(codes < 0, np.nan, codes)
    return np.asarray(values.astype("Float64").to_numpy(float, na_value=np.nan))


def difference(fraud: Flags, one: Floats, other: Floats) -> Difference:
    """Return the gain in AUC from one ranking to another, and its error.

    Source: DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988). Against a constant ranking
    the error is that of the one AUC itself.
    """
    hits = placements(fraud, other) - placements(fraud, one)
    misses = placements(~fraud, -other) - placements(~fraud, -one)
    error = np.sqrt(hits.var(ddof=1) / len(hits) + misses.var(ddof=1) / len(misses))
    return Difference(float(hits.mean()), float(error))


def placements(chosen: Flags, told: Floats) -> Floats:
    """Say, for each chosen row, what share of the others it outranks."""
    own, rest = told[chosen], told[~chosen]
    return np.asarray((rankdata(told)[chosen] - rankdata(own)) / len(rest))
