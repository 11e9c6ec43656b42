"""What the page says of thresholds by group, where the bundle has some."""

from typing import Any

from training.assess.show import span
from training.card.markup import listed, table

Record = dict[str, Any]
RULES = ("review", "block")


def by_group(record: Record) -> str:
    """Say where review and block start for each group, and how often each hits the innocent."""
    told = record["model"]["thresholds_by_group"]
    if told is None:
        return ""
    feature = told["feature"]
    here = {
        each["slice"]: each.get("figures", {})
        for each in record["assessment"]["slices"]
        if each["by"] == feature
    }
    rows = [
        _row(rule, group, here.get(group["group"], {}))
        for rule in RULES
        for group in told["groups"]
    ]
    head = ["rule and group", "innocents", "from score", "FPR asked", "FPR when set", "FPR here"]
    return table(head, rows) + listed(
        [
            (
                f"What is recommended depends on {feature}, a protected attribute. Whether the law"
                " allows that where this is used is for its user to know."
            ),
            (
                f"A group has a threshold of its own where at least {told['least']:.0f} of its"
                " innocent rows were to be expected beyond it; the others, and whoever's group is"
                " not known, go by the common one."
            ),
        ]
    )


def _row(rule: str, group: Record, here: Record) -> list[object]:
    found = group[rule]
    when_set = {"value": found["fpr"], "low": found["low"], "high": found["high"]}
    return [
        f"{rule}, {group['group']}: {'its own' if found['own'] else 'the common one'}",
        f"{group['innocents']:,}",
        found["score"],
        f"{found['asked']:.2%}",
        span(when_set, rate=True),
        span(here.get(f"{rule}_fpr"), rate=True),
    ]
