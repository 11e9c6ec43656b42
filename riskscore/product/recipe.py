"""How a product's model is fitted: the defaults, and what a product file may override."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The part of the science that is the same for every product unless its file says otherwise."""

    rounds: int = 1000  # at most; early stopping usually ends sooner
    patience: int = 50  # rounds without a better log loss on the later slice
    eta: float = 0.05
    depth: int = 5
    min_child_weight: float = 2.0  # sum of hessians, so a leaf holds several frauds at 1 %
    subsample: float = 0.8
    colsample: float = 0.6
    l2: float = 2.0
    gamma: float = 0.0
    bins: int = 256
    trees_per_round: int = 1  # grown side by side on samples of their own; a round is their mean
    review_fpr: float = 0.05  # asked false-positive rate from which people look
    block_fpr: float = 0.005  # asked false-positive rate from which we recommend to refuse
    history_masking: float = 0.2  # share of rows fitted on as if a product's history were lost
