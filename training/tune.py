"""Search for a recipe: trials on earlier rows, judged by the frauds they find on later ones.

The slices that calibrate and judge a model are never looked at. The first trial is the product's
own recipe, so that a search takes another only where that finds more.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import optuna
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from riskscore.model.trees import Trees
from riskscore.product.recipe import Recipe
from training.datasets import Dataset, Places
from training.errors import OptionInvalid
from training.fit import grow_until_stopped
from training.judge import margins_of
from training.progress import counting
from training.ranking import curve, ranking, tpr_at
from training.splits import check_slice, cut, split
from training.stored import taken

SHARES = (0.7, 0.1, 0.2)  # of the rows that trees are grown on: grow, stop, judge
NAME, DATA = "recipe", "data"
TUNED = ("depth", "eta", "min_child_weight", "subsample", "colsample", "l2", "gamma")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How a recipe is searched for.

    Attributes:
        trials: In all, those of an earlier run with the same ``study`` included; None for as many
            as ``timeout`` allows.
        timeout: Seconds after which no trial is begun.
        fpr: The share of frauds found at this false-positive rate is what a trial is judged by.
        study: A file that keeps every trial, to go on from; None for none.
    """

    trials: int | None = None
    timeout: float | None = None
    fpr: float = 0.01
    study: Path | None = None


class Tuned(NamedTuple):
    """The recipe found, and every trial, for the manifest."""

    recipe: Recipe
    record: Mapping[str, Any]


def tune(dataset: Dataset, search: Search, *, seed: int) -> Tuned:
    """Search on the slices that a fit grows and stops on; arguments as of ``tune_on``."""
    parts = split(dataset, seed=seed)
    return tune_on(dataset, np.union1d(parts.fit, parts.stop), search, seed=seed)


def tune_on(
    dataset: Dataset, places: Places, search: Search, *, seed: int, name: str = NAME
) -> Tuned:
    """Search; the same arguments, from a fresh study, try the same recipes.

    Args:
        dataset: Where the rows are.
        places: Of the rows to search on; no other is looked at.
        search: For how long, and by what.
        seed: Of the cuts, the samples and the recipes drawn.
        name: Of the study in its file, which may hold several.

    Raises:
        TooFewRows: Some slice would have only one label.
        OptionInvalid: The study is of other rows or another rate, or no study.
    """
    rows = _Rows(dataset, places, seed)
    study = _study(search, dataset.take(places), seed, name)
    done = len(study.get_trials(deepcopy=False, states=[TrialState.COMPLETE]))
    if not done:
        own = asdict(dataset.product.recipe)
        study.enqueue_trial({name: own[name] for name in TUNED}, skip_if_exists=True)
    left = None if search.trials is None else max(search.trials - done, 0)
    with counting("Trying recipes", total=left) as advance:

        def objective(trial: optuna.Trial) -> float:
            found = rows.found(_suggested(trial, dataset.product.recipe), trial, search.fpr)
            advance(1)
            return found

        if left != 0:
            study.optimize(objective, n_trials=left, timeout=search.timeout, n_jobs=1)
    best = study.best_trial.params
    return Tuned(replace(dataset.product.recipe, **best), _record(study, search))


class _Rows:
    """The rows that trials grow on, stop by and are judged on, in order of time."""

    def __init__(self, dataset: Dataset, ours: Places, seed: int) -> None:
        times = None if dataset.times is None else dataset.times[ours]
        self.grow, self.stop, self.judge = (
            ours[places] for places in cut(dataset.labels[ours], times, SHARES, seed=seed)
        )
        for name in ("grow", "stop", "judge"):
            places: Places = getattr(self, name)
            check_slice(dataset, places, f"{dataset.file}: slice to {name} trials on")
        self.dataset, self.seed = dataset, seed

    def found(self, recipe: Recipe, trial: optuna.Trial, fpr: float) -> float:
        """Return the share of later frauds that a recipe finds at a false-positive rate."""
        dataset = replace(self.dataset, product=replace(self.dataset.product, recipe=recipe))
        booster = grow_until_stopped(dataset, self.grow, self.stop, seed=self.seed)
        trial.set_user_attr("rounds", booster.num_boosted_rounds())
        margins = margins_of(Trees(booster), taken(dataset.matrix, self.judge))
        ranked = ranking(margins, dataset.labels[self.judge])
        return tpr_at(curve(ranked, dataset.weights[self.judge]), fpr)


def _suggested(trial: optuna.Trial, own: Recipe) -> Recipe:
    """Draw a recipe; what is not searched for stays the product's own."""
    return replace(
        own,
        depth=trial.suggest_int("depth", 2, 16),
        eta=trial.suggest_float("eta", 0.01, 0.5, log=True),
        min_child_weight=trial.suggest_float("min_child_weight", 0.1, 100, log=True),
        subsample=trial.suggest_float("subsample", 0.3, 1),
        colsample=trial.suggest_float("colsample", 0.2, 1),
        l2=trial.suggest_float("l2", 0.01, 100, log=True),
        gamma=trial.suggest_float("gamma", 0, 10),
    )


def _study(search: Search, dataset: Dataset, seed: int, name: str) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.create_study(
            storage=_storage(search.study),
            study_name=name,
            direction="maximize",
            load_if_exists=True,
        )
    except (ValueError, KeyError, OSError) as error:
        raise OptionInvalid(f"{search.study}: not a study, or not to be written") from error
    about = f"{dataset.fingerprint} at {search.fpr:g}"
    if study.user_attrs.get(DATA, about) != about:
        raise OptionInvalid(f"{search.study}: a study of other rows or another rate: name another")
    study.set_user_attr(DATA, about)
    study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.trials))
    return study


def _storage(path: Path | None) -> BaseStorage:
    return InMemoryStorage() if path is None else JournalStorage(JournalFileBackend(str(path)))


def _record(study: optuna.Study, search: Search) -> dict[str, Any]:
    trials = study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])
    return {
        "fpr": search.fpr,
        "best": study.best_trial.number,
        "trials": [
            {
                "number": each.number,
                "tpr": each.value,
                "rounds": each.user_attrs["rounds"],
                "recipe": each.params,
            }
            for each in trials
        ],
    }
