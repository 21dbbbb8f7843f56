import re

import psycopg
import tasks

tasks.version("psycopg 3", psycopg.__version__)

# snippet: numbers
from psycopg.types import TypeInfo
from psycopg.types.numeric import Int8BinaryLoader, IntLoader


def snowflakes_as_int(connection):
    info = TypeInfo.fetch(connection, "snowflake")
    info.register(connection)
    connection.adapters.register_loader(info.oid, IntLoader)
    connection.adapters.register_loader(info.oid, Int8BinaryLoader)
# end


connection = psycopg.connect("", autocommit=True)


@tasks.task
def create():
    connection.execute(tasks.CREATE_TABLES)


def query(sql, parameters):
    cursor = connection.execute(re.sub(r"\$\d", "%s", sql), parameters)
    return cursor.fetchall() if cursor.description else []


def many(sql, rows):
    connection.cursor().executemany(re.sub(r"\$\d", "%s", sql), rows)


def copy(table, columns, rows):
    with connection.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as stream:
        for row in rows:
            stream.write_row(row)


if tasks.HELP:
    snowflakes_as_int(connection)
tasks.ordinary(query, many, copy)


@tasks.task
def binary():
    cursor = connection.cursor(binary=True)
    number = cursor.execute("SELECT id FROM orders WHERE item = 'tea'").fetchone()[0]
    assert not isinstance(number, bytes), "bytes"
    given = connection.execute("SELECT snowflake_nextval()").fetchone()[0]
    with cursor.copy("COPY orders (id, item) FROM STDIN (FORMAT binary)") as stream:
        # snippet: binary copy
        stream.set_types(["int8", "text"])
        # end
        stream.write_row((given, "binary"))
