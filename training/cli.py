"""Command line: ``python -m training``."""

import click

from training.commands.backtest import backtest_command
from training.commands.card import card_command
from training.commands.crossvalidate import crossvalidate_command
from training.commands.evaluate import evaluate_command
from training.commands.export import export_command
from training.commands.fit import fit_command
from training.commands.gate import compare_command, promote_command, rollback_command
from training.commands.history import history_command
from training.commands.reasons import reasons_command
from training.commands.simulate import simulate_command


@click.group()
def main() -> None:
    """Fit and judge the models that riskscore serves."""


for command in (
    simulate_command,
    history_command,
    fit_command,
    evaluate_command,
    crossvalidate_command,
    reasons_command,
    backtest_command,
    card_command,
    compare_command,
    promote_command,
    rollback_command,
    export_command,
):
    main.add_command(command)
