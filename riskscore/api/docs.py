"""GET /docs: the API document for people, by Swagger UI as its package ships it.

Nothing comes from another host and no script stands inline, so the page forbids both; inline
styles it must allow, because Swagger UI sets some.
"""

from importlib import resources

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

bp = Blueprint("docs", __name__, url_prefix="/docs")

FILES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>riskscore</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
<script src="docs/swagger-ui-bundle.js" defer></script>
<script src="docs/start.js" defer></script>
</head>
<body><div id="document"></div></body>
</html>
"""
START = 'SwaggerUIBundle({url: "openapi.json", dom_id: "#document"});\n'


@bp.get("")
def show_page() -> ResponseReturnValue:
    return Response(PAGE, mimetype="text/html", headers={"Content-Security-Policy": POLICY})


@bp.get("/start.js")
def show_start() -> ResponseReturnValue:
    return Response(START, mimetype="text/javascript")


@bp.get("/<name>")
def show_file(name: str) -> ResponseReturnValue:
    """Send one of the package's files, which change only with the package."""
    if name not in FILES:
        abort(404)
    content = (resources.files("flask_swagger_ui") / "dist" / name).read_bytes()
    response = Response(content, mimetype=FILES[name])
    response.cache_control.max_age = 3600
    response.add_etag()
    return response.make_conditional(request)
