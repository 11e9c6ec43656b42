"""The large proofs share what the tests of training set up."""

from tests.training.conftest import one_thread, run, subscribers

__all__ = ["one_thread", "run", "subscribers"]
