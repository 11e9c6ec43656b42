"""Trees laid out for the walk.

Every split is either a *joint*, whose two children are splits, or a *twig*, whose children are
leaves. A leaf beside a split, or alone in its tree, is made a twig whose two leaves are that leaf.
The joints of a tree come first, each before its children, then its twigs.
"""

from typing import NamedTuple

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import NDArray

from riskscore.model.grown import NONE, Grown, Places
from riskscore.model.lanes import WIDTH

LOWEST = np.finfo(np.float32).min  # no value is below, as none is below -inf
NODE = np.dtype(
    [
        ("column", np.uint32),  # of a row seen twice over: see ``walk``
        ("threshold", np.float32),
        ("left", np.uint32),  # child within the tree; a twig's is itself
        ("right", np.uint32),
        ("left_share", np.float32),  # of the rows that came here, weighed by hessian
        ("right_share", np.float32),
        ("left_leaf", np.float32),  # of a twig: what its leaves add
        ("right_leaf", np.float32),
        ("bend", np.uint32),  # place in ``pull`` and ``weight``, in fours
    ],
    align=True,
)
TREE = np.dtype(
    [
        ("first", np.uint32),  # of its nodes
        ("nodes", np.uint32),
        ("joints", np.uint32),
        ("depth", np.uint32),  # joints on the longest way to a twig
        ("repeat", np.uint32),  # first of its repeats
        ("repeats", np.uint32),
        ("output", np.uint32),
    ],
    align=True,
)
REPEAT = np.dtype(
    [
        ("node", np.uint32),
        ("above", np.uint32),  # the nearest split above it on the same column
        ("side", np.float32),  # 1 where the node is to the left of that, -1 to the right
    ],
    align=True,
)


class Forest(NamedTuple):
    """What a walk needs, in arrays.

    Attributes:
        trees: Of dtype TREE, in the order that xgboost sums them.
        nodes: Of dtype NODE.
        repeats: Of dtype REPEAT, the upper before the lower.
        points: Weights of the quadrature points, shape (n_fours, 4); zero beyond the last.
        pull: Per bend, shape (n_bends * n_fours, 4): see ``walk``.
        weight: Likewise.
        start: Margin before the first tree, shape (n_outputs,).
        bias: Expected margin over the rows that the trees were grown on, shape (n_outputs,).
        most: Nodes of the largest tree.
    """

    trees: NDArray[np.void]
    nodes: NDArray[np.void]
    repeats: NDArray[np.void]
    points: NDArray[np.float32]
    pull: NDArray[np.float32]
    weight: NDArray[np.float32]
    start: NDArray[np.float32]
    bias: NDArray[np.float32]
    most: int


class _Above(NamedTuple):
    """Per node, what the splits above it on the same column say.

    Attributes:
        node: The nearest of them, NONE where there is none.
        side: 1 where this node is to the left of that, -1 to the right.
        known: Which share of rows would follow all of them this far; 1 where there is none.
        columns: How many columns the way through this split looks at.
    """

    node: Places
    side: Places
    known: NDArray[np.float64]
    columns: Places


def forest_of(grown: Grown, start: NDArray[np.float32], columns: int) -> Forest:
    """Lay out the trees of a booster of so many columns, starting from these margins."""
    ids = _ordered(grown)
    place = np.full(len(grown.tree), NONE)
    place[ids] = np.arange(len(ids))
    trees = _trees(grown, ids)
    shares = _shares(grown)
    above = _above(grown, shares)
    again = ids[above.node[ids] != NONE]
    points, at = _quadrature(int(above.columns.max()))
    fours = len(points) // WIDTH
    known = np.concatenate([[1.0], above.known[again]])[:, None]
    factor = known + at * (1 - known)
    nodes = _nodes(grown, ids, place - trees["first"][grown.tree], shares, columns)
    nodes["bend"][place[again]] = fours * (1 + np.arange(len(again)))
    return Forest(
        trees=_with_repeats(trees, grown.tree[again]),
        nodes=nodes,
        repeats=_repeats(above, again, place - trees["first"][grown.tree]),
        points=_in_fours(points),
        pull=_in_fours(at / factor),
        weight=_in_fours(known / factor**2),
        start=start,
        bias=_bias(grown, shares, start),
        most=int(trees["nodes"].max()),
    )


def _is_joint(grown: Grown) -> NDArray[np.bool_]:
    leaf = grown.left == NONE
    joint: NDArray[np.bool_] = ~leaf & ~(leaf[grown.left] & leaf[grown.right])
    return joint


def _ordered(grown: Grown) -> Places:
    """List the nodes to lay out, in their new order: by tree, joints before twigs, upper first."""
    met = np.concatenate(grown.levels)
    joint = _is_joint(grown)
    alone = np.zeros(len(grown.tree), np.bool_)
    alone[grown.levels[0]] = True
    alone[grown.left[met[joint[met]]]] = alone[grown.right[met[joint[met]]]] = True
    ids = met[(grown.left[met] != NONE) | alone[met]]
    ordered: Places = ids[np.lexsort((np.arange(len(ids)), ~joint[ids], grown.tree[ids]))]
    return ordered


def _trees(grown: Grown, ids: Places) -> NDArray[np.void]:
    count = len(grown.output)
    trees = np.zeros(count, TREE)
    joint = _is_joint(grown)
    trees["nodes"] = np.bincount(grown.tree[ids], minlength=count)
    trees["first"] = np.cumsum(trees["nodes"]) - trees["nodes"]
    trees["joints"] = np.bincount(grown.tree[ids[joint[ids]]], minlength=count)
    for depth, level in enumerate(grown.levels, 1):
        trees["depth"][grown.tree[level[joint[level]]]] = depth
    trees["output"] = grown.output
    return trees


def _shares(grown: Grown) -> NDArray[np.float64]:
    """Give the share of rows that goes to each node from its parent; 1 for roots."""
    shares = np.ones(len(grown.tree))
    inner = np.concatenate(grown.levels)
    inner = inner[grown.left[inner] != NONE]
    left, right = grown.left[inner], grown.right[inner]
    both = grown.cover[left] + grown.cover[right]
    shares[left], shares[right] = grown.cover[left] / both, grown.cover[right] / both
    return shares


def _above(grown: Grown, shares: NDArray[np.float64]) -> _Above:
    size = len(grown.tree)
    above = _Above(
        np.full(size, NONE), np.zeros(size, np.int64), np.ones(size), np.zeros(size, np.int64)
    )
    parent = np.full(size, NONE)
    for level in grown.levels:
        ids = level[grown.left[level] != NONE]
        parent[grown.left[ids]] = parent[grown.right[ids]] = ids
        above.columns[ids] = np.where(parent[ids] == NONE, 0, above.columns[parent[ids]]) + 1
        below, upper = ids, parent[ids]
        while len(ids):
            ids, below, upper = (each[upper != NONE] for each in (ids, below, upper))
            same = grown.column[upper] == grown.column[ids]
            found, split, way = ids[same], upper[same], below[same]
            above.node[found] = split
            above.side[found] = np.where(grown.left[split] == way, 1, -1)
            above.known[found] = above.known[split] * shares[way]
            above.columns[found] -= 1
            ids, below, upper = ids[~same], upper[~same], parent[upper[~same]]
    return above


def _nodes(
    grown: Grown, ids: Places, local: Places, shares: NDArray[np.float64], columns: int
) -> NDArray[np.void]:
    """Fill the nodes but for their bends; ``local`` is the place of each within its tree."""
    nodes = np.zeros(len(ids), NODE)
    joint = _is_joint(grown)[ids]
    lone = grown.left[ids] == NONE
    for side, children in (("left", grown.left), ("right", grown.right)):
        child = np.where(lone, ids, children[ids])
        nodes[side] = np.where(joint, local[child], local[ids])
        nodes[f"{side}_share"] = np.where(lone, 0.5, shares[child])
        nodes[f"{side}_leaf"] = np.where(joint, 0, grown.threshold[child])
    nodes["column"] = np.where(lone, 0, grown.column[ids] + columns * grown.default_left[ids])
    nodes["threshold"] = np.maximum(grown.threshold[ids], LOWEST)  # to the walk, -inf is missing
    return nodes


def _with_repeats(trees: NDArray[np.void], again: Places) -> NDArray[np.void]:
    trees["repeats"] = np.bincount(again, minlength=len(trees))
    trees["repeat"] = np.cumsum(trees["repeats"]) - trees["repeats"]
    return trees


def _repeats(above: _Above, again: Places, local: Places) -> NDArray[np.void]:
    repeats = np.zeros(len(again), REPEAT)
    repeats["node"] = local[again]
    repeats["above"] = local[above.node[again]]
    repeats["side"] = above.side[again]
    return repeats


def _bias(
    grown: Grown, shares: NDArray[np.float64], start: NDArray[np.float32]
) -> NDArray[np.float32]:
    mean = grown.threshold.astype(np.float64)
    for level in reversed(grown.levels):
        ids = level[grown.left[level] != NONE]
        left, right = grown.left[ids], grown.right[ids]
        mean[ids] = shares[left] * mean[left] + shares[right] * mean[right]
    bias = start.astype(np.float64)
    np.add.at(bias, grown.output, mean[grown.levels[0]])
    return bias.astype(np.float32)


def _quadrature(degree: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give weights and places in [0, 1], exact for products of so many columns' factors."""
    count = max(1, -(-degree // 2))
    places, weights = leggauss(count)
    idle = -count % WIDTH
    return (
        np.pad(weights / 2, (0, idle)),
        np.pad((places + 1) / 2, (0, idle), constant_values=0.5),
    )


def _in_fours(numbers: NDArray[np.float64]) -> NDArray[np.float32]:
    return numbers.astype(np.float32).reshape(-1, WIDTH)
