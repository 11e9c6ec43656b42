"""Training and serving must see the same past: a country sent, and the same country replayed."""

from pathlib import Path

from riskscore.settings import Settings
from tests.clients import served
from tests.streams import differences, send, simulated


def test_every_history_value_is_the_same_served_and_replayed(
    store_settings: Settings, built_in_models: Path, tmp_path: Path
) -> None:
    country = simulated(tmp_path / "country", people=1_000, days=60)

    with served(store_settings, models=built_in_models) as client:
        send(client, country)

    assert country.applications > 150
    assert differences(country) == []
