"""Ask riskscore for one score: time-out, one retry, and a plan for when no answer comes.

    RISKSCORE_KEY=rsk_... python examples/client.py http://127.0.0.1:8000 sim-registration a.json

The retry carries the same ``Idempotency-Key``, so that the service decides once and answers it
again. When no answer comes, neither waving the customer through nor turning them away is right: the
application goes on to a person, and is sent again later with the purpose ``rescreen``.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

TIMEOUT = 2.0  # seconds; a desk can wait that long, and an answer usually takes milliseconds
TRIES = 2
NO_ANSWER = {"recommendation": "review", "reasons": [], "answered": False}


def score(service: str, product: str, application: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the service's answer, or what to do without one.

    Raises:
        ValueError: The service refused the application; sending it again would not help.
    """
    body = json.dumps(application).encode()
    headers = {"Content-Type": "application/json", "Accept-Language": "en"}
    headers["Authorization"] = f"Bearer {key}"
    headers["Idempotency-Key"] = uuid4().hex
    request = Request(f"{service}/v1/{product}/scores", body, headers)  # noqa: S310 - our own URL
    for _ in range(TRIES):
        try:
            with urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
                return {**json.load(response), "answered": True}
        except HTTPError as refusal:
            if refusal.code < 500:  # noqa: PLR2004 - the caller can put it right
                raise ValueError(refusal.read().decode()) from refusal
        except (OSError, ValueError):
            continue  # no connection, a time-out or a cut answer: worth one more try
    return NO_ANSWER


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("service", help="such as http://127.0.0.1:8000")
    parser.add_argument("product", help="such as sim-registration")
    parser.add_argument("application", type=Path, help="a JSON file")
    asked = parser.parse_args()
    application = json.loads(asked.application.read_text("utf-8"))
    key = os.environ.get("RISKSCORE_KEY", "")
    answer = score(asked.service, asked.product, application, key)
    print(json.dumps(answer, indent=2, ensure_ascii=False))  # noqa: T201 - it is a command


if __name__ == "__main__":
    main()
