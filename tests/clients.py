"""An app of a test's own, and the command line on the same store."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from riskscore.api.served import EXTENSION
from riskscore.app import create_app
from riskscore.cli import main
from riskscore.settings import Settings


@contextmanager
def served(settings: Settings, **change: Any) -> Iterator[FlaskClient]:
    """Let an app answer, and close its store behind it."""
    app = create_app(replace(settings, **change))
    with closing(app.extensions[EXTENSION].store):
        yield app.test_client()


def run(settings: Settings, *words: str, said: str = "", **more: str) -> Result:
    """Run ``riskscore`` on the same models, store and pseudonym keys; ``said`` is typed in."""
    environ = {
        "RISKSCORE_MODELS": str(settings.models),
        "RISKSCORE_DATABASE_URL": settings.database_url,
        "RISKSCORE_PSEUDONYM_KEY_FILE": str(settings.pseudonym_key_file),
    }
    return CliRunner().invoke(main, words, input=said, env=environ | more)
