"""Who is measured: our service in several dresses, and what a user could take instead."""

import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from bench import bodies
from bench.environments import environment, run
from bench.filled import Filled, filled
from bench.ground import EVENTS, Ground
from bench.key import admit
from bench.places import BODIES, BUILD, LOGS, REFERENCE, ROOT, STACKS
from bench.reference import COLUMNS
from bench.servers import Launch
from riskscore.model.bundle import load_champion

GUNICORN = (sys.executable, "-m", "gunicorn")
OURS = (*GUNICORN, "-c", "python:riskscore.server")
SERVICE = "riskscore.wsgi:app"
LIKE_OURS = (*GUNICORN, "-c", "python:bench.apps.server")
BIND = {"RISKSCORE_BIND": "127.0.0.1:{port}", "RISKSCORE_WORKERS": "2"}


class Contender(NamedTuple):
    """One way to answer.

    Attributes:
        bodies: Which ones it is sent.
        launch: Installs what it needs, and says how it is started.
    """

    name: str
    title: str
    bodies: str
    launch: Callable[[Ground], Launch]


def ours(ground: Ground) -> Launch:
    return on_store(ground, filled(BUILD / "ours-store", EVENTS), "ours")


def without_reasons(ground: Ground) -> Launch:
    store = filled(BUILD / "without-reasons-store", EVENTS)
    return on_store(ground, store, "without-reasons", app="bench.apps.without_reasons:app")


def on_store(ground: Ground, store: Filled, name: str, *, app: str = SERVICE) -> Launch:
    """Serve the reference model with a store that was filled for it."""
    settings = {"RISKSCORE_MODELS": str(ground.sale), **store.environ}
    return service("sale", name, admit(settings), app=app)


def shipped(ground: Ground) -> Launch:
    """Serve the shipped models with an empty store, which fills while it is measured."""
    return service("sim-registration", "shipped", admit(new_store(ground, "shipped-store")))


def shipped_without_keys(ground: Ground) -> Launch:
    settings = {**new_store(ground, "shipped-dev-store"), "RISKSCORE_DEV": "1"}
    return service("sim-registration", "shipped-dev", settings)


def new_store(ground: Ground, name: str) -> dict[str, str]:
    return {
        "RISKSCORE_MODELS": str(ground.shipped),
        "RISKSCORE_DATABASE_URL": f"sqlite:///{new_folder(name)}/store.db",
        "RISKSCORE_KNOWN_SINCE": "1970-01-01",
    }


def service(slug: str, name: str, settings: Mapping[str, str], *, app: str = SERVICE) -> Launch:
    return Launch(
        command=[*OURS, app],
        environ={**BIND, **settings},
        path=f"/v1/{slug}/scores",
        folder=ROOT,
        log=LOGS / f"{name}.txt",
    )


def new_folder(name: str) -> Path:
    folder = BUILD / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def echo(_: Ground) -> Launch:
    return Launch(
        command=[*LIKE_OURS, "bench.apps.echo:app"],
        environ=BIND,
        path="/echo",
        folder=ROOT,
        log=LOGS / "echo.txt",
    )


def usual(_: Ground) -> Launch:
    return Launch(
        command=[*LIKE_OURS, "bench.apps.usual:app"],
        environ={**BIND, "MODEL": str(REFERENCE)},
        path="/score",
        folder=ROOT,
        log=LOGS / "usual.txt",
    )


def fastapi(ground: Ground) -> Launch:
    commands = environment("fastapi", ground.python)
    onnx = BUILD / "fastapi" / "reference.onnx"
    convert = STACKS / "fastapi" / "convert.py"
    run([str(commands / "python"), str(convert), str(REFERENCE), str(onnx), str(COLUMNS)])
    options = ["--workers", "2", "--no-access-log", "--log-level", "warning"]
    return Launch(
        command=[str(commands / "uvicorn"), "service:app", "--port", "{port}", *options],
        environ={"MODEL": str(onnx)},
        path="/score",
        folder=STACKS / "fastapi",
        log=LOGS / "fastapi.txt",
    )


def mlserver(ground: Ground) -> Launch:
    commands = environment("mlserver", ground.python)
    folder = new_folder("mlserver/model")
    for name in ("settings.json", "model-settings.json"):
        shutil.copy2(STACKS / "mlserver" / name, folder)
    shutil.copy2(REFERENCE, folder / "model.ubj")
    return Launch(
        command=[str(commands / "mlserver"), "start", "."],
        environ={"MLSERVER_HTTP_PORT": "{port}", "MLSERVER_GRPC_PORT": "0"},
        path="/v2/models/sale/infer",
        folder=folder,
        log=LOGS / "mlserver.txt",
    )


def bentoml(ground: Ground) -> Launch:
    commands = environment("bentoml", ground.python)
    home = new_folder("bentoml/home")
    return Launch(
        command=[
            *(str(commands / "bentoml"), "serve", "service:Sale"),
            *("--host", "127.0.0.1", "--port", "{port}"),
        ],
        environ={
            "MODEL": str(REFERENCE),
            "BENTOML_HOME": str(home),
            "BENTOML_DO_NOT_TRACK": "True",
        },
        path="/score",
        folder=STACKS / "bentoml",
        log=LOGS / "bentoml.txt",
    )


CONTENDERS = (
    Contender("shipped", "riskscore, all on, shipped sim_registration", "shipped", shipped),
    Contender("shipped-dev", "the same without keys and quotas", "shipped", shipped_without_keys),
    Contender("shipped-echo", "bare Flask echo of that body", "shipped", echo),
    Contender("ours", "riskscore, all on", "sale", ours),
    Contender("without-reasons", "riskscore, no reasons", "sale", without_reasons),
    Contender("echo", "bare Flask echo of that body", "sale", echo),
    Contender("usual", "Flask the usual way, with contributions", "named", usual),
    Contender("fastapi", "FastAPI + onnxruntime, score only", "named", fastapi),
    Contender("mlserver", "MLServer XGBoost runtime, score only", "v2", mlserver),
    Contender("bentoml", "BentoML, score only", "list", bentoml),
)
TITLES = {each.name: each.title for each in CONTENDERS}


def write_bodies(ground: Ground) -> dict[str, Path]:
    """Write what is sent, by the name that contenders have for it."""
    product = load_champion(ground.shipped / "sim_registration").product
    drawn: dict[str, Iterable[bodies.Body]] = {
        "shipped": bodies.product_bodies(product),
        "sale": bodies.sale_bodies(ground.names),
        "named": bodies.named_bodies(),
        "v2": bodies.v2_bodies(),
        "list": bodies.list_bodies(),
    }
    return {name: bodies.write(BODIES / f"{name}.jsonl", each) for name, each in drawn.items()}
