import io
import os
import sys

import django
import tasks
from django.conf import settings

sys.path.insert(0, "/mnt/contrib/django")
HELPED = tasks.HELP and tasks.ID_TYPE == "snowflake"
DATABASE = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": os.environ["PGDATABASE"],
    "USER": os.environ["PGUSER"],
    "PASSWORD": os.environ["PGPASSWORD"],
    "HOST": os.environ["PGHOST"],
    "PORT": os.environ["PGPORT"],
}
settings.configure(
    DATABASES={"default": DATABASE}, USE_TZ=True, INSTALLED_APPS=["idgen_django"] if HELPED else [],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.core.management import call_command
from django.db import connection, models
from django.db.models.expressions import RawSQL
from idgen_django.fields import SnowflakeAutoField, SnowflakeLowerBound, UlidField

tasks.version(f"Django with psycopg {connection.Database.__version__[0]}", django.__version__)
AUTO = SnowflakeAutoField if HELPED else models.BigAutoField
ULID = UlidField if HELPED else models.TextField


# snippet: model
class Order(models.Model):
    id = AUTO(primary_key=True)
    item = models.TextField(null=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE)

    class Meta:
        app_label, db_table = "shop", "orders"
# end


class Payment(models.Model):
    id = models.UUIDField(primary_key=True)
    amount = models.IntegerField()

    class Meta:
        app_label, db_table = "shop", "payments"


class Note(models.Model):
    id = ULID(primary_key=True)
    body = models.TextField()

    class Meta:
        app_label, db_table = "shop", "notes"


ids = {}
cursor = connection.cursor()


def one(sql, *parameters):
    cursor.execute(sql, parameters)
    return cursor.fetchone()[0]


def text_of(item):
    return one("SELECT id::text FROM orders WHERE item = %s", item)


@tasks.task
def create():
    cursor.execute(tasks.CREATE_TABLES)
    if HELPED:
        cursor.execute("DROP TABLE orders")
        with connection.schema_editor() as editor:
            editor.create_model(Order)


@tasks.task
def insert():
    ids["tea"], ids["milk"] = Order.objects.create(item="tea").pk, Order.objects.create(item="milk").pk
    tasks.expect(str(ids["tea"]), text_of("tea"))
    tasks.expect(Order.objects.get(item="tea"), Order(pk=ids["tea"], item="tea"))


@tasks.task
def given():
    number = one("SELECT snowflake_nextval()")
    Order.objects.create(id=number, item="given")
    tasks.expect(str(number), text_of("given"))


@tasks.task
def by_id():
    tasks.expect(Order.objects.get(pk=ids["tea"]).item, "tea")


@tasks.task
def by_number():
    tasks.expect(Order.objects.get(pk=int(ids["tea"])).item, "tea")


@tasks.task
def by_text():
    tasks.expect(Order.objects.get(pk=str(ids["tea"])).item, "tea")


@tasks.task
def list_():
    tasks.expect(len(Order.objects.in_bulk([ids["tea"], ids["milk"]])), 2)
    tasks.expect(Order.objects.in_bulk([ids["tea"]])[ids["tea"]].item, "tea")


@tasks.task
def time():
    # snippet: time
    recent = Order.objects.filter(pk__gte=SnowflakeLowerBound(tasks.hour_ago()))
    # end
    assert recent.count() >= 2
    tasks.expect(Order.objects.filter(pk__lt=SnowflakeLowerBound(tasks.hour_ago())).count(), 0)


@tasks.task
def null():
    Order.objects.create(item="none", parent=None)
    tasks.expect(Order.objects.get(item="none", parent__isnull=True).parent_id, None)


@tasks.task
def relation():
    tea, milk = Order.objects.get(item="tea"), Order.objects.get(item="milk")
    milk.parent = tea
    milk.save()
    Order.objects.create(item="sugar", parent_id=ids["tea"])
    tasks.expect([order.parent for order in Order.objects.filter(parent=tea).select_related("parent")], [tea, tea])
    tasks.expect({order.item for order in tea.order_set.all()}, {"milk", "sugar"})
    tasks.expect(Order.objects.prefetch_related("order_set").get(pk=tea.pk).order_set.count(), 2)
    milk.refresh_from_db()
    tasks.expect(milk.parent_id, tea.pk)


@tasks.task
def batch():
    orders = Order.objects.bulk_create([Order(item="batch") for _ in range(3)])
    assert all(order.pk for order in orders)
    numbers = one("SELECT snowflake_nextvals(3)")
    Order.objects.bulk_create([Order(id=number, item="batch") for number in numbers])
    tasks.expect(set(Order.objects.filter(item="batch")), set(orders) | {Order(id=number) for number in numbers})


@tasks.task
def schema():
    written = io.StringIO()
    call_command("inspectdb", "orders", stdout=written)
    assert "a guess" not in written.getvalue(), "inspectdb guesses: TextField"


@tasks.task
def uuidv7():
    payment = Payment.objects.create(id=RawSQL("public.uuidv7()", ()), amount=1)
    payment = Payment.objects.get(amount=1)
    tasks.expect(Payment.objects.get(pk=payment.pk), payment)


@tasks.task
def ulid():
    note = Note.objects.create(id=one("SELECT ulid()::text"), body="a note")
    tasks.expect(Note.objects.get(pk__in=[note.pk]), note)


tasks.json_of({"id": ids["tea"]})
