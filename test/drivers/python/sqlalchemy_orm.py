"""The ordinary tasks by SQLAlchemy's ORM and core, on a connection of any driver."""

import sys

import sqlalchemy.dialects.postgresql.base
import tasks
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, Table, Text, func, insert, select, text
from sqlalchemy.orm import Session, declarative_base, relationship

sys.path.insert(0, "/mnt/contrib/sqlalchemy")
# snippet: import
from idgen_sqlalchemy import Snowflake, Ulid, before, since
# end

if not tasks.HELP:
    # What the import has made known.
    del sqlalchemy.dialects.postgresql.base.ischema_names["snowflake"]
    del sqlalchemy.dialects.postgresql.base.ischema_names["ulid"]
ID = Snowflake if tasks.HELP and tasks.ID_TYPE == "snowflake" else BigInteger
ULID = Ulid if tasks.HELP else Text
Base = declarative_base()


# snippet: model
class Order(Base):
    __tablename__ = "orders"
    id = Column(ID, primary_key=True, server_default=func.snowflake_nextval())
    item = Column(Text)
    parent_id = Column(ID, ForeignKey("orders.id"))
    parent = relationship("Order", remote_side=id)
# end


class Payment(Base):
    __tablename__ = "payments"
    id = Column(sqlalchemy.Uuid, primary_key=True, server_default=text("public.uuidv7()"))
    amount = Column(Integer)


class Note(Base):
    __tablename__ = "notes"
    id = Column(ULID, primary_key=True, server_default=func.ulid())
    body = Column(Text)


def run(connection):
    """As an application does it; a task has a session, so that the error of one does not reach the next."""
    ids = {}

    def text_of(item):
        return connection.scalar(text("SELECT id::text FROM orders WHERE item = :item"), {"item": item})

    @tasks.task
    def create():
        if tasks.HELP:
            Base.metadata.create_all(connection)
        else:
            for statement in filter(None, tasks.CREATE_TABLES.split(";\n")):
                connection.execute(text(statement))

    @tasks.task
    def insert_():
        with Session(connection) as session:
            tea, milk = Order(item="tea"), Order(item="milk")
            session.add_all([tea, milk])
            session.flush()
            ids["tea"], ids["milk"] = tea.id, milk.id
        tasks.expect(str(ids["tea"]), text_of("tea"))

    @tasks.task
    def given():
        number = connection.scalar(select(func.snowflake_nextval()))
        with Session(connection) as session:
            session.add(Order(id=number, item="given"))
            session.flush()
        tasks.expect(str(number), text_of("given"))

    @tasks.task
    def by_id():
        with Session(connection) as session:
            tasks.expect(session.get(Order, ids["tea"]).item, "tea")

    @tasks.task
    def by_number():
        with Session(connection) as session:
            tasks.expect(session.get(Order, int(ids["tea"])).item, "tea")

    @tasks.task
    def by_text():
        tasks.expect(connection.scalar(select(Order.item).where(Order.id == str(ids["tea"]))), "tea")

    @tasks.task
    def list_():
        tasks.expect(connection.scalar(select(func.count()).where(Order.id.in_([ids["tea"], ids["milk"]]))), 2)

    @tasks.task
    def time():
        # snippet: time
        recent = select(func.count()).where(since(Order.id, tasks.hour_ago()))
        # end
        assert connection.scalar(recent) >= 2
        tasks.expect(connection.scalar(select(func.count()).where(before(Order.id, tasks.hour_ago()))), 0)

    @tasks.task
    def null():
        with Session(connection) as session:
            none = Order(item="none", parent_id=None)
            session.add(none)
            session.flush()
            tasks.expect(session.scalars(select(Order).where(Order.parent_id.is_(None), Order.item == "none")).one(), none)

    @tasks.task
    def relation():
        with Session(connection) as session:
            tea, milk = session.get(Order, int(ids["tea"])), session.get(Order, int(ids["milk"]))
            milk.parent = tea
            new = Order(item="bread")
            session.add_all([Order(item="sugar", parent=tea), new])
            session.flush()
            # An ID that was just returned is that of the same object, and a foreign key.
            assert session.get(Order, new.id) is new
            session.add(Order(item="flour", parent_id=new.id))
            session.flush()
            session.refresh(new)
            session.expire_all()
            tasks.expect({order.parent for order in session.scalars(select(Order).where(Order.parent_id == tea.id))}, {tea})

    @tasks.task
    def batch():
        numbers = connection.scalar(select(func.snowflake_nextvals(3)))
        rows = [{"id": number, "item": "batch", "parent_id": ids["tea"]} for number in numbers]
        connection.execute(insert(Order), rows)
        with Session(connection) as session:
            session.add_all([Order(item="batch") for _ in range(3)])
            session.flush()
        tasks.expect(connection.scalar(select(func.count()).where(Order.item == "batch")), 6)

    @tasks.task
    def schema():
        table = Table("orders", MetaData(), autoload_with=connection)
        table.name = "orders_copy"
        tasks.expect(str(table.c.id.type.compile(connection.dialect)).lower(), tasks.ID_TYPE)

    @tasks.task
    def uuidv7():
        with Session(connection) as session:
            payment = Payment(amount=1)
            session.add(payment)
            session.flush()
            assert session.get(Payment, payment.id) is payment
            session.refresh(payment)

    @tasks.task
    def ulid():
        with Session(connection) as session:
            note = Note(body="a note")
            session.add(note)
            session.flush()
            session.expire_all()
            tasks.expect(session.scalars(select(Note).where(Note.id.in_([note.id]))).one(), note)

    tasks.json_of({"id": ids["tea"]})
