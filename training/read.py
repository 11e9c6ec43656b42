"""Read labelled rows, whichever of the two kinds they are."""

from riskscore.product.headers import listed
from riskscore.product.spec import Product
from training.datasets import Dataset, Source
from training.errors import OptionInvalid
from training.events import is_event_folder, read_events
from training.labelled import read_labelled
from training.notices import notice


def read_dataset(product: Product, source: Source) -> Dataset:
    """Read an event folder or a labelled table, and tell which columns nobody declared.

    Raises:
        DataError, TrainingError: As the message says.
    """
    events = is_event_folder(product, source.path)
    if events and source.scratch is not None:
        raise OptionInvalid(
            f"{source.path}: --external-memory: an event folder is read in memory; write it as a "
            "labelled table first: python -m training history"
        )
    dataset = read_events(product, source) if events else read_labelled(product, source)
    if dataset.ignored:
        notice(f"{dataset.file}: undeclared columns ignored: {listed(dataset.ignored)}")
    return dataset
