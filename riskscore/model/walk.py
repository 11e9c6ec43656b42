"""Walk trees: margins, and exact path-dependent Shapley values in the same walk.

A split sends the share *l* of its rows left and *r* right. A row leans by d = 1 - l where it goes
left and by d = -l where it goes right. A Shapley value averages over the order in which columns
become known. Let t in [0, 1] be how much is known: a column is known with chance t, and an unknown
one follows its split by shares. Then a split passes l + t d to the left and r - t d to the right, a
subtree is worth U = l U_left + r U_right + t d (U_left - U_right), and with P, the product of what
all splits above pass on, the split's column gains P d (U_left - U_right), integrated over t. That
is a polynomial, so a few Gauss-Legendre points give its integral exactly.

Where the same column was split above, with k the share of rows that follow those splits this far,
a row that did not follow them leans by 0 here; for one that did, t becomes the ``pull``
t / (k + t (1 - k)), and the gain gets the ``weight`` k / (k + t (1 - k))^2.

Points are taken four at once. Everything is added in one order whatever the block, so that a row
gets the same numbers alone and among others, and margins are those of xgboost to the last bit.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.compiling import inlined, keeper
from riskscore.model.forest import Forest
from riskscore.model.lanes import all_four, put, take

HERE = Path(__file__).parent
BLOCK = 16  # rows that pass a tree while it is in the nearest cache

kept = keeper(HERE / f"{name}.py" for name in ("walk", "lanes", "forest"))

Floats = NDArray[np.float32]


class Room(NamedTuple):
    """Scratch of one block.

    Attributes:
        seen: Each row twice over, missing as infinity (never below a threshold), then as minus
            infinity (always below): a split looks where its default leads, shape
            (BLOCK, 2 * n_columns).
        gains: Of each row, output and column seen, in fours.
        lean: Of each node of a tree.
        passed: P of each node, in fours.
        worth: U of each node, in fours.
    """

    seen: Floats
    gains: Floats
    lean: Floats
    passed: Floats
    worth: Floats


@kept
def sum_leaves(forest: Forest, rows: Floats, margins: Floats) -> None:
    """Write margins, shape (n_rows, n_outputs)."""
    seen = np.empty((BLOCK, 2 * rows.shape[1]), np.float32)
    for first in range(0, len(rows), BLOCK):
        block = rows[first : first + BLOCK]
        _see(block, seen)
        _begin(forest, margins[first : first + BLOCK])
        for place in range(len(forest.trees)):
            tree = forest.trees[place]
            nodes = forest.nodes[tree.first : tree.first + tree.nodes]
            for row in range(len(block)):
                margins[first + row, tree.output] += _leaf(nodes, tree.depth, seen[row])


@kept
def share_out(forest: Forest, rows: Floats, margins: Floats, contributions: Floats) -> None:
    """Write margins, and contributions of shape (n_rows, n_outputs, n_columns + 1)."""
    width = 2 * rows.shape[1] * len(forest.start)
    room = Room(
        seen=np.empty((BLOCK, 2 * rows.shape[1]), np.float32),
        gains=np.empty((BLOCK * width, 4), np.float32),
        lean=np.empty(forest.most, np.float32),
        passed=np.empty((forest.most, 4), np.float32),
        worth=np.empty((forest.most, 4), np.float32),
    )
    for first in range(0, len(rows), BLOCK):
        block = rows[first : first + BLOCK]
        _see(block, room.seen)
        _begin(forest, margins[first : first + BLOCK])
        for place in range(len(block) * width):
            put(room.gains, place, all_four(np.float32(0)))
        for place in range(len(forest.trees)):
            tree = forest.trees[place]
            nodes = forest.nodes[tree.first : tree.first + tree.nodes]
            for row in range(len(block)):
                margins[first + row, tree.output] += _lean(forest, tree, nodes, room, row)
                _gain(forest, tree, nodes, room, row * width + tree.output * 2 * rows.shape[1])
        _sum_up(forest, room.gains, contributions[first : first + BLOCK])


@inlined
def _see(block: Floats, seen: Floats) -> None:
    columns = block.shape[1]
    for row in range(len(block)):
        for column in range(columns):
            value = block[row, column]
            missing = np.isnan(value)
            seen[row, column] = np.float32(np.inf) if missing else value
            seen[row, columns + column] = np.float32(-np.inf) if missing else value


@inlined
def _begin(forest: Forest, margins: Floats) -> None:
    for row in range(len(margins)):
        for output in range(len(forest.start)):
            margins[row, output] = forest.start[output]


@inlined
def _leaf(nodes: Any, depth: int, seen: Floats) -> Any:
    """Follow a row to its leaf; a twig leads to itself, so that there is no guess to get wrong."""
    at = np.uint32(0)
    for _ in range(depth):
        node = nodes[at]
        left, right = node.left, node.right
        at = left if seen[node.column] < node.threshold else right
    node = nodes[at]
    left_leaf, right_leaf = node.left_leaf, node.right_leaf
    return left_leaf if seen[node.column] < node.threshold else right_leaf


@inlined
def _lean(forest: Forest, tree: Any, nodes: Any, room: Room, row: int) -> Any:
    """Find how a row leans at every split, and give its leaf."""
    seen, lean = room.seen[row], room.lean
    for place in range(len(nodes)):
        node = nodes[place]
        left, right = node.right_share, -node.left_share
        lean[place] = left if seen[node.column] < node.threshold else right
    leaf = _leaf(nodes, tree.depth, seen)
    for place in range(tree.repeat, tree.repeat + tree.repeats):
        repeat = forest.repeats[place]
        leant = lean[repeat.node]
        follows = lean[repeat.above] * repeat.side > 0
        lean[repeat.node] = leant if follows else np.float32(0)
    return leaf


@inlined
def _gain(forest: Forest, tree: Any, nodes: Any, room: Room, gains: int) -> None:
    """Add one tree's gains to those that begin at a place."""
    joints = np.intp(tree.joints)
    for four in range(len(forest.points)):
        put(room.passed, 0, take(forest.points, four))
        _pass_down(forest, tree, nodes, room, four)
        for place in range(joints, len(nodes)):
            node = nodes[place]
            left, right = node.left_leaf, node.right_leaf
            mean = all_four(node.left_share * left + node.right_share * right)
            gap = all_four(room.lean[place] * (left - right))
            _earn(forest, room, node.bend + four, place, gains + node.column, mean, gap)
        for place in range(joints - 1, -1, -1):
            node = nodes[place]
            left, right = take(room.worth, node.left), take(room.worth, node.right)
            mean = all_four(node.left_share) * left + all_four(node.right_share) * right
            gap = all_four(room.lean[place]) * (left - right)
            _earn(forest, room, node.bend + four, place, gains + node.column, mean, gap)


@inlined
def _pass_down(forest: Forest, tree: Any, nodes: Any, room: Room, four: int) -> None:
    for place in range(np.intp(tree.joints)):
        node = nodes[place]
        passed = take(room.passed, place)
        shift = take(forest.pull, node.bend + four) * all_four(room.lean[place])
        put(room.passed, node.left, passed * (all_four(node.left_share) + shift))
        put(room.passed, node.right, passed * (all_four(node.right_share) - shift))


@inlined
def _earn(  # noqa: PLR0913, PLR0917 - no call is left once compiled
    forest: Forest, room: Room, bend: int, place: int, gains: int, mean: Any, gap: Any
) -> None:
    """Say what a node is worth, and add what its column gains."""
    put(room.worth, place, mean + take(forest.pull, bend) * gap)
    gain = take(forest.weight, bend) * take(room.passed, place) * gap
    put(room.gains, gains, take(room.gains, gains) + gain)


@inlined
def _sum_up(forest: Forest, gains: Floats, contributions: Floats) -> None:
    rows, outputs, width = contributions.shape
    columns = width - 1
    for row in range(rows):
        for output in range(outputs):
            for column in range(columns):
                first = (row * outputs + output) * 2 * columns + column
                total = np.float32(0)
                for lane in range(4):
                    total += gains[first, lane] + gains[first + columns, lane]
                contributions[row, output, column] = total
            contributions[row, output, columns] = forest.bias[output]
