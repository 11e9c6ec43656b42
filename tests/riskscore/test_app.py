"""How the application differs from any of Flask's."""

from inspect import iscoroutinefunction
from itertools import chain

from flask.testing import FlaskClient


def test_nothing_that_flask_calls_is_a_coroutine(client: FlaskClient) -> None:
    app = client.application
    hooks = (
        app.before_request_funcs,
        app.after_request_funcs,
        app.teardown_request_funcs,
        app.error_handler_spec,
    )

    called = [*app.view_functions.values(), *chain.from_iterable(map(functions_in, hooks))]

    assert len(called) > len(app.view_functions)
    assert not any(map(iscoroutinefunction, called))


def functions_in(held: object) -> list[object]:
    """Flatten the dicts and lists in which Flask keeps what it calls."""
    if isinstance(held, dict):
        return functions_in([*held.values()])
    if isinstance(held, list):
        return [*chain.from_iterable(map(functions_in, held))]
    return [held]
