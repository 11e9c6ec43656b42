"""The way from one version of the tables to the next, walked by alembic."""
