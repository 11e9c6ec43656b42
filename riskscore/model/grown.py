"""What training grew: the arrays of a booster's trees, or a refusal of what we cannot walk.

Walked are numerical splits with one number in a leaf, summed over trees that weigh alike. What
else xgboost can grow (sets of words, weights of dart, linear models, vectors in leaves) is refused
here, before the first row.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import orjson
import xgboost as xgb
from numpy.typing import NDArray

from riskscore.errors import BundleMismatch

LONE = {  # of a tree that is one leaf worth nothing
    "base_weights": [0.0],
    "default_left": [0],
    "left_children": [-1],
    "loss_changes": [0.0],
    "parents": [2**31 - 1],
    "right_children": [-1],
    "split_conditions": [0.0],
    "split_indices": [0],
    "split_type": [0],
    "sum_hessian": [1.0],
}
NONE = -1
MODEL = {"cats", "gbtree_model_param", "iteration_indptr", "tree_info", "trees"}
TREE = {*LONE, "categories", "categories_nodes", "categories_segments", "categories_sizes"}
TREE |= {"id", "tree_param"}
ROUNDING = 1e-4  # by which the covers of two children may differ from that of their parent

Places = NDArray[np.int64]


class Grown(NamedTuple):
    """All nodes of a booster, one tree after the other, children numbered through.

    Attributes:
        tree: To which tree each node belongs.
        output: To which output each tree adds, shape (n_trees,).
        levels: The nodes that a row can come to: the roots, their children, and so on.
        left: Child, NONE in a leaf.
        right: Likewise.
        column: Which column is split.
        threshold: Rows below it go left; in a leaf, what the leaf adds.
        default_left: Whether a missing value goes left.
        cover: Sum of hessians of the rows that came here.
    """

    tree: Places
    output: Places
    levels: list[Places]
    left: Places
    right: Places
    column: Places
    threshold: NDArray[np.float32]
    default_left: NDArray[np.bool_]
    cover: NDArray[np.float64]


def read_grown(booster: xgb.Booster) -> tuple[Grown, NDArray[np.float32]]:
    """Take the trees out of a booster, and the margin it starts from, shape (n_outputs,).

    Raises:
        BundleMismatch: It holds something that we would score wrongly.
    """
    record = _record(booster)
    trees = _trees(record)
    sizes = np.array([len(each["left_children"]) for each in trees])
    tree = np.repeat(np.arange(len(trees)), sizes)
    first = (np.cumsum(sizes) - sizes)[tree]
    left, right = (_joined(trees, name, np.int64) for name in ("left_children", "right_children"))
    _check_within(left, right, sizes[tree])
    grown = Grown(
        tree=tree,
        output=np.array(_model(record)["tree_info"], np.int64),
        levels=[],
        left=np.where(left < 0, NONE, left + first),
        right=np.where(right < 0, NONE, right + first),
        column=_joined(trees, "split_indices", np.int64),
        threshold=_joined(trees, "split_conditions", np.float32),
        default_left=_joined(trees, "default_left", np.bool_),
        cover=_joined(trees, "sum_hessian", np.float64),
    )
    grown.levels.extend(_levels(grown, np.unique(first)))
    _check_numbers(grown, np.concatenate(grown.levels), booster.num_features())
    return grown, _start(record, booster.num_features())


def _record(booster: xgb.Booster) -> dict[str, Any]:
    raw = booster.save_raw("json")
    try:
        record: dict[str, Any] = orjson.loads(raw)
    except orjson.JSONDecodeError:  # JSON has no word for infinity, which Python's own reader knows
        record = json.loads(raw)
    return record


def _model(record: Mapping[str, Any]) -> dict[str, Any]:
    model: dict[str, Any] = record["learner"]["gradient_booster"]["model"]
    return model


def _trees(record: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Give the trees of a model, each with arrays by name, all of one kind."""
    kind = record["learner"]["gradient_booster"]["name"]
    if kind != "gbtree":
        raise BundleMismatch(f"a booster of kind {kind}: expected gbtree")
    trees: Sequence[Mapping[str, Any]] = _model(record)["trees"]
    if not trees:
        raise BundleMismatch("a booster without trees")
    _check_known(_model(record), MODEL)
    for tree in trees:
        if tree["tree_param"]["size_leaf_vector"] not in {"0", "1"}:
            raise BundleMismatch("vectors in leaves: expected one tree per output")
        if any(tree["split_type"]) or tree["categories"]:
            raise BundleMismatch("splits on categories: expected numerical splits only")
        _check_known(tree, TREE)
    return trees


def _check_known(part: Mapping[str, Any], known: set[str]) -> None:
    """Refuse what another release may have added, such as weights of trees."""
    unknown = sorted(part.keys() - known)
    if unknown:
        raise BundleMismatch(f"{', '.join(unknown)} in a booster: nothing that we know how to walk")


def _joined(trees: Sequence[Mapping[str, Any]], name: str, kind: type) -> NDArray[Any]:
    return np.concatenate([np.array(each[name], kind) for each in trees])


def _check_within(left: Places, right: Places, size: Places) -> None:
    if ((left < 0) != (right < 0)).any() or (np.maximum(left, right) >= size).any():
        raise BundleMismatch("a split without two children in its tree")


def _levels(grown: Grown, roots: Places) -> Iterator[Places]:
    """Follow the splits down from the roots; what was pruned away is never reached."""
    level, met = roots, np.zeros(len(grown.tree), np.bool_)
    while len(level):
        met[level] = True
        yield level
        inner = level[grown.left[level] != NONE]
        level = np.sort(np.concatenate([grown.left[inner], grown.right[inner]]))
        if met[level].any() or (level[1:] == level[:-1]).any():
            raise BundleMismatch("a split that leads back into its tree")


def _check_numbers(grown: Grown, met: Places, columns: int) -> None:
    """Refuse what would make a share, a leaf or a way through the tree mean nothing.

    A threshold may be infinite: from 3.4 on, xgboost so parts what is missing from all that is not.
    """
    leaf = grown.left[met] == NONE
    inner = met[~leaf]
    if not np.isfinite(grown.threshold[met[leaf]]).all():
        raise BundleMismatch("a leaf that is not finite")
    if np.isnan(grown.threshold[inner]).any():
        raise BundleMismatch("a threshold that is no number")
    left, right = grown.cover[grown.left[inner]], grown.cover[grown.right[inner]]
    cover = grown.cover[inner]
    if not ((grown.column[inner] >= 0) & (grown.column[inner] < columns)).all():
        raise BundleMismatch("a split on a column that is not there")
    if not ((left > 0) & (right > 0) & (abs(left + right - cover) <= ROUNDING * cover)).all():
        raise BundleMismatch("covers that do not add up: expected positive sums of hessians")


def _start(record: dict[str, Any], columns: int) -> NDArray[np.float32]:
    """Ask xgboost for the margin before the first tree: how it is kept differs by release.

    Args:
        record: The model; its trees are replaced by one that adds nothing.
        columns: How many it has.
    """
    model = _model(record)
    tree = model["trees"][0]
    size = tree["tree_param"] | {"num_nodes": "1", "num_deleted": "0"}
    counts = model["gbtree_model_param"] | {"num_trees": "1", "num_parallel_tree": "1"}
    model |= {
        "trees": [tree | LONE | {"tree_param": size}],
        "tree_info": [0],
        "iteration_indptr": [0, 1],
        "gbtree_model_param": counts,
    }
    bare = xgb.Booster({"nthread": 1}, model_file=bytearray(orjson.dumps(record)))
    nothing = np.full((1, columns), np.nan, np.float32)
    margins: NDArray[np.float32] = bare.inplace_predict(
        nothing, predict_type="margin", validate_features=False, strict_shape=True
    )
    start: NDArray[np.float32] = margins[0]
    return start
