import io
import re

import psycopg2
import psycopg2.extensions
import psycopg2.extras
import tasks

tasks.version("psycopg 2", psycopg2.__version__.split()[0])

# snippet: numbers
from psycopg2.extensions import INTEGER, new_array_type, new_type, register_type


def snowflakes_as_int(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'snowflake'::regtype::oid, 'snowflake[]'::regtype::oid")
        oid, array_oid = cursor.fetchone()
    snowflake = new_type((oid,), "SNOWFLAKE", INTEGER)
    register_type(snowflake, connection)
    register_type(new_array_type((array_oid,), "SNOWFLAKE[]", snowflake), connection)
# end


connection = psycopg2.connect("")
connection.autocommit = True
cursor = connection.cursor()


@tasks.task
def create():
    cursor.execute(tasks.CREATE_TABLES)


def query(sql, parameters):
    cursor.execute(re.sub(r"\$\d", "%s", sql), parameters)
    return cursor.fetchall() if cursor.description else []


def many(sql, rows):
    psycopg2.extras.execute_batch(cursor, re.sub(r"\$\d", "%s", sql), rows)


def copy(table, columns, rows):
    text = "".join("\t".join("\\N" if value is None else str(value) for value in row) + "\n" for row in rows)
    cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", io.StringIO(text))


if tasks.HELP:
    snowflakes_as_int(connection)
    # A ulid[] of Python's strings is a text[] to the server, and says so with a cast.
    plain = query
    query = lambda sql, parameters: plain(re.sub(r"(notes WHERE id = ANY\(\$1)", r"\1::ulid[]", sql), parameters)
tasks.ordinary(query, many, copy)
