"""Gunicorn's settings of the service for applications that are not the service."""

from riskscore import server

OF_THE_SERVICE = {"post_worker_init", "settings"}  # they ask the application for its models

globals().update({k: v for k, v in vars(server).items() if k not in OF_THE_SERVICE | {"__name__"}})
