"""Django takes psycopg 2 where there is no psycopg 3."""

import sys

sys.modules["psycopg"] = None

import django_tasks  # noqa: F401 pylint: disable=unused-import,wrong-import-position
