"""Five thousand applications sent through the service, and replayed from their files."""

from pathlib import Path

from riskscore.settings import Settings
from tests.clients import served
from tests.streams import differences, send, simulated


def test_every_history_value_is_the_same_served_and_replayed(
    store_settings: Settings, built_in_models: Path, tmp_path: Path
) -> None:
    country = simulated(tmp_path / "country", people=3_500, days=120)

    with served(store_settings, models=built_in_models) as client:
        send(client, country)

    assert country.applications >= 5_000
    assert differences(country) == []
