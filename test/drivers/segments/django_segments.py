"""Keys of Django that come from a segment: the column's default issues them."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))
import django
import tasks
from django.conf import settings

DATABASE = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": os.environ["PGDATABASE"],
    "USER": os.environ["PGUSER"],
    "PASSWORD": os.environ["PGPASSWORD"],
    "HOST": os.environ["PGHOST"],
    "PORT": os.environ["PGPORT"],
}
settings.configure(DATABASES={"default": DATABASE}, USE_TZ=True)
django.setup()

from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState

tasks.version("Django", django.__version__)


class Invoice(models.Model):
    id = models.BigAutoField(primary_key=True)
    customer = models.TextField()

    class Meta:
        app_label, db_table = "shop", "invoices"


# snippet: migration
SEGMENT_AS_DEFAULT = migrations.RunSQL(
    """
    ALTER TABLE invoices ALTER COLUMN id DROP IDENTITY IF EXISTS;
    CREATE SEQUENCE invoices_id OWNED BY invoices.id;
    ALTER TABLE invoices ALTER COLUMN id SET DEFAULT segment_nextval('invoices_id');
    """
)
# end


def one(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def rising(numbers):
    tasks.expect(numbers, sorted(set(numbers)))


@tasks.task
def create():
    with connection.schema_editor() as editor:
        editor.create_model(Invoice)
        SEGMENT_AS_DEFAULT.database_forwards("shop", editor, ProjectState(), ProjectState())


@tasks.task
def insert():
    first = Invoice.objects.create(customer="one")
    tasks.expect(first.pk, one("SELECT id FROM invoices WHERE customer = 'one'"))
    rising([first.pk, Invoice.objects.create(customer="two").pk])


@tasks.task
def batch():
    rising([invoice.pk for invoice in Invoice.objects.bulk_create([Invoice(customer="batch") for _ in range(100)])])


@tasks.task
def beside():
    numbers = []
    for _ in range(3):
        numbers += [one("SELECT segment_nextval('invoices_id')"), Invoice.objects.create(customer="beside").pk]
    rising(numbers)
