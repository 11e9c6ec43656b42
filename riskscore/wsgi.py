"""What Gunicorn serves: ``gunicorn -c python:riskscore.server riskscore.wsgi:app``."""

import os

from riskscore import logs
from riskscore.app import create_app
from riskscore.settings import settings_from

settings = settings_from(os.environ)
logs.configure(settings.log_level)
app = create_app(settings)
