"""The page that shows the API document."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.browser import run
from tests.serving import serving


def test_the_page_needs_nothing_inline_and_nobody_else(client: FlaskClient) -> None:
    page = client.get("/docs")

    scripts = re.findall(r"<script([^>]*)>([^<]*)", page.text)
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    policy = page.headers["Content-Security-Policy"]
    assert scripts
    assert all("src=" in attributes and not inline for attributes, inline in scripts)
    assert "script-src 'self';" in policy
    assert "default-src 'none';" in policy
    for link in links:
        assert client.get(f"/{link}").status_code == 200


def test_the_page_shows_our_own_document(client: FlaskClient) -> None:
    [url] = re.findall(r'url: "([^"]+)"', client.get("/docs/start.js").text)

    assert client.get(f"/{url}").get_json()["openapi"] == "3.1.0"


@pytest.mark.parametrize("name", ["index.template.html", "oauth2-redirect.html", "..", "VERSION"])
def test_nothing_else_of_the_package_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/docs/{name}").status_code == 404


def test_files_are_not_sent_twice(client: FlaskClient) -> None:
    first = client.get("/docs/swagger-ui.css")

    again = client.get("/docs/swagger-ui.css", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304
    assert first.headers["Cache-Control"] == "max-age=3600"


def test_the_page_works_in_a_browser_that_heeds_its_policy(models: Path, tmp_path: Path) -> None:
    with serving(models, tmp_path, "--dev") as server:
        page = run(
            f"http://127.0.0.1:{server.port}/docs", "--virtual-time-budget=20000", "--dump-dom"
        )

    assert "Score one: " in page
    assert "/v1/outcomes" in page
