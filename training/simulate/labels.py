"""What is found out: late, in part, with favourites, and sometimes wrongly.

Nobody looks at everything. A rule hit or a foreign passport draws the eye, so honest people of
that kind are marked more often too. What was blocked at once is never followed up.
"""

from dataclasses import dataclass

import numpy as np

from training.simulate import calendar
from training.simulate.acts import INNOCENT, ROLES, Acts
from training.simulate.arrays import DAY, NEVER, Array, Flags, Floats, Ints, Moments
from training.simulate.record_parameters import Labels

STATUSES = ("confirmed", "cleared", "disputed", "retracted")
SOURCES = ("investigated", "listed", "reported")
REASONS = ("rule_hit", "inspection", "complaint", "partner")
SOURCE_OF_REASON = np.array([0, 0, 2, 1])
HIDDEN_ROLE = ROLES.index("unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """One row per outcome; ``row`` is the application's."""

    row: Ints
    status: Ints
    label: Floats  # NaN where an outcome has none
    role: Ints  # place in ROLES, or INNOCENT
    reason: Ints
    known_at: Moments
    amount: Floats
    fraud_from: Moments

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a back office sees of the applications, and what truth holds."""

    acts: Acts
    fraud: Flags
    traceless: Flags
    hits: Ints
    foreign: Flags
    fraud_from: Moments
    until: int  # the last moment at which outcomes are gathered


def rule_hits(rules: dict[str, tuple[float, float]], readings: dict[str, Floats]) -> Ints:
    hits = [
        (readings[name] >= low) & (readings[name] <= high) for name, (low, high) in rules.items()
    ]
    return np.asarray(np.sum(hits, axis=0))


def find_out(labels: Labels, look: Look, rng: np.random.Generator) -> Outcomes:
    blocked = (look.hits >= labels.blocked_hits) & (rng.random(len(look.hits)) < labels.blocked)
    pull = labels.rule_pull ** look.hits.clip(0, 3) * labels.foreign_pull**look.foreign
    found = found_fraud(labels, look, pull, rng) & ~blocked
    innocent = ~look.fraud & ~blocked
    marked = marked_innocents(labels, found, innocent, pull, rng)
    positive = positives(labels, look, rng, found=found, marked=marked)
    cleared = cleared_people(labels, look, rng, pull=pull * (innocent & ~marked), found=found)
    later = second_thoughts(labels, positive, rng, wrong=marked)
    return joined([positive, cleared, later], until=look.until)


def found_fraud(labels: Labels, look: Look, pull: Floats, rng: np.random.Generator) -> Flags:
    """Find whole cases, with odds that grow with what draws the eye."""
    found = np.zeros(len(pull), bool)
    for traceless, target in ((False, labels.found), (True, labels.found_traceless)):
        rows = np.flatnonzero(look.fraud & (look.traceless == traceless))
        cases, first, place = np.unique(
            look.acts.case[rows], return_index=True, return_inverse=True
        )
        chances = tilted(np.sqrt(pull[rows][first]), target)
        found[rows] = (rng.random(len(cases)) < chances)[place]
    return found


def tilted(weights: Floats, target: float) -> Floats:
    """Turn weights of odds into chances whose mean is the target."""
    low, high = 1e-9, 1e9
    for _ in range(60):
        scale = np.sqrt(low * high)
        chances = scale * weights / (1 + scale * weights)
        low, high = (scale, high) if chances.sum() < target * len(weights) else (low, scale)
    return np.asarray(chances)


def marked_innocents(
    labels: Labels, found: Flags, innocent: Flags, pull: Floats, rng: np.random.Generator
) -> Flags:
    wanted = round(found.sum() * labels.wrong / (1 - labels.wrong))
    return chosen(pull * innocent, wanted, rng)


def chosen(weights: Floats, count: int, rng: np.random.Generator) -> Flags:
    """Choose rows without repeats, in proportion to their weights."""
    with np.errstate(divide="ignore"):
        keys = np.log(weights) + rng.gumbel(size=len(weights))
    flags = np.zeros(len(weights), bool)
    count = min(count, int((weights > 0).sum()))
    if count:
        flags[np.argpartition(-keys, count - 1)[:count]] = True
    return flags


def positives(
    labels: Labels, look: Look, rng: np.random.Generator, *, found: Flags, marked: Flags
) -> Outcomes:
    row = np.flatnonzero(found | marked)
    count = len(row)
    _, case = np.unique(look.acts.case[row], return_inverse=True)
    last = np.zeros(case.max() + 1 if count else 0, np.int64)
    np.maximum.at(last, case, look.acts.at[row])
    named = rng.random(count) < labels.role_known
    role = np.where(found[row], look.acts.role[row], rng.integers(0, HIDDEN_ROLE, count))
    median, sigma = labels.loss
    return Outcomes(
        row=row,
        status=np.full(count, STATUSES.index("confirmed")),
        label=np.ones(count),
        role=np.where(named, role, HIDDEN_ROLE),
        reason=reasons(labels, look, row, rng),
        known_at=last[case] + delays(labels, len(last), rng)[case],
        amount=np.round(median * np.exp(sigma * rng.standard_normal(count)), 2),
        fraud_from=look.fraud_from[row],
    )


def delays(labels: Labels, count: int, rng: np.random.Generator) -> Ints:
    median, sigma = labels.delay_days
    return (median * np.exp(sigma * rng.standard_normal(count)) * DAY).astype(np.int64)


def reasons(labels: Labels, look: Look, row: Ints, rng: np.random.Generator) -> Ints:
    """Say why anybody looked: the rule, the passport, a victim, or another house's list."""
    words = np.array([REASONS.index(each) for each in ("complaint", "partner", "inspection")])
    other = words[calendar.pick(np.array(labels.reasons), len(row), rng)]
    inspected = look.foreign[row] & (rng.random(len(row)) < labels.foreign_inspected)
    other = np.where(inspected, REASONS.index("inspection"), other)
    ruled = (look.hits[row] > 0) & (rng.random(len(row)) < labels.rule_named)
    return np.where(ruled, REASONS.index("rule_hit"), other)


def cleared_people(
    labels: Labels, look: Look, rng: np.random.Generator, *, pull: Floats, found: Flags
) -> Outcomes:
    """Clear innocents who were looked at, and now and then an offender, before being found.

    ``pull`` is zero for whom nobody could clear.
    """
    wrongly = found & (rng.random(len(pull)) < labels.wrongly_cleared)
    row = np.flatnonzero(chosen(pull, round(labels.cleared * len(pull)), rng) | wrongly)
    return Outcomes(
        row=row,
        status=np.full(len(row), STATUSES.index("cleared")),
        label=np.zeros(len(row)),
        role=np.full(len(row), INNOCENT),
        reason=reasons(labels, look, row, rng),
        known_at=look.acts.at[row] + delays(labels, len(row), rng) // 4,
        amount=np.full(len(row), np.nan),
        fraud_from=np.full(len(row), NEVER),
    )


def second_thoughts(
    labels: Labels, positive: Outcomes, rng: np.random.Generator, *, wrong: Flags
) -> Outcomes:
    """Some of the marked dispute it; some of the wrongly marked are released for good."""
    count = len(positive)
    disputed = rng.random(count) < labels.disputed
    retracted = wrong[positive.row] & (rng.random(count) < labels.retracted)
    kept = np.flatnonzero(disputed | retracted)
    status = np.where(retracted[kept], STATUSES.index("retracted"), STATUSES.index("disputed"))
    return Outcomes(
        row=positive.row[kept],
        status=status,
        label=np.full(len(kept), np.nan),
        role=np.full(len(kept), INNOCENT),
        reason=np.full(len(kept), REASONS.index("complaint")),
        known_at=positive.known_at[kept] + delays(labels, len(kept), rng) // 3,
        amount=np.full(len(kept), np.nan),
        fraud_from=np.full(len(kept), NEVER),
    )


def joined(parts: list[Outcomes], *, until: int) -> Outcomes:
    """Put outcomes into order of time; what comes too late is not known to anybody."""
    known = np.concatenate([each.known_at for each in parts])
    order = np.argsort(known, kind="stable")
    order = order[known[order] <= until]

    def gather(name: str) -> Array:
        return np.concatenate([getattr(each, name) for each in parts])[order]

    return Outcomes(**{name: gather(name) for name in Outcomes.__slots__})
