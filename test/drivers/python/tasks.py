"""The ordinary tasks, for drivers of Python, and how a program reports what it did.

A line for each task: `ok TASK` or `not ok TASK # why`. ID_TYPE is the type of the columns, HELP is set if the program is
to use its snippet. ordinary() does all the tasks that are SQL; programs for ORMs do theirs by the ORM.
"""

import asyncio
import datetime
import inspect
import json
import os

ID_TYPE = os.environ["ID_TYPE"]
HELP = bool(os.environ.get("HELP"))
CREATE_TABLES = os.environ["CREATE_TABLES"]
LOOP = asyncio.new_event_loop()


def wait(result):
    return LOOP.run_until_complete(result) if inspect.isawaitable(result) else result


def version(name, number):
    print(f"version {name} {number}")


def task(function):
    """Runs it at once; its name is the task's."""
    try:
        wait(function())
        print(f"ok {function.__name__.rstrip('_')}", flush=True)
    except Exception as error:  # pylint: disable=broad-except
        why = f"{type(error).__name__}: {error}".strip().splitlines()[0]
        print(f"not ok {function.__name__.rstrip('_')} # {why}", flush=True)


def expect(got, expected):
    assert got == expected and isinstance(got, type(expected)), f"{got!r} where {expected!r} was expected"


def json_of(row):
    """How an ID comes out as JSON: as a string, or as a number, which JavaScript rounds."""
    print("json", "string" if isinstance(json.loads(json.dumps(row))["id"], str) else "number")


def hour_ago():
    return datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)


def since(parameter):
    """The condition on the time: a bigint takes a function, and a snippet may say what the parameter is."""
    if ID_TYPE == "bigint":
        return f"id >= snowflake_lower_bound({parameter})"
    return f"id >= {parameter}{'::timestamptz' if HELP else ''}"


def ordinary(query, many, copy):
    """query(sql, parameters) -> rows, with $1 in the SQL; many(sql, list of parameters); copy(table, columns, rows)."""

    def one(sql, *parameters):
        return wait(query(sql, parameters))[0][0]

    ids = {}

    def exact(item, got):
        expect(str(got), one("SELECT id::text FROM orders WHERE item = $1", item))

    @task
    def insert():
        ids["tea"] = one("INSERT INTO orders (item) VALUES ('tea') RETURNING id")
        ids["milk"] = one("INSERT INTO orders (item) VALUES ('milk') RETURNING id")
        exact("tea", ids["tea"])

    @task
    def given():
        number = one("SELECT snowflake_nextval()")
        wait(query("INSERT INTO orders (id, item) VALUES ($1, 'given')", (number,)))
        exact("given", number)

    @task
    def by_id():
        expect(one("SELECT item FROM orders WHERE id = $1", ids["tea"]), "tea")

    @task
    def by_number():
        expect(one("SELECT item FROM orders WHERE id = $1", int(ids["tea"])), "tea")

    @task
    def by_text():
        expect(one("SELECT item FROM orders WHERE id = $1", str(ids["tea"])), "tea")

    @task
    def list_():
        expect(one("SELECT count(*) FROM orders WHERE id = ANY($1)", [ids["tea"], ids["milk"]]), 2)

    @task
    def array():
        expect(one("SELECT array_agg(id ORDER BY id) FROM orders WHERE item IN ('tea', 'milk')"),
               [ids["tea"], ids["milk"]])

    @task
    def time():
        expect(one(f"SELECT count(*) > 1 FROM orders WHERE {since('$1')}", hour_ago()), True)

    @task
    def null():
        wait(query("INSERT INTO orders (item, parent_id) VALUES ('none', $1)", (None,)))
        expect(one("SELECT parent_id FROM orders WHERE item = 'none' AND parent_id IS NULL"), None)

    @task
    def relation():
        parent = one("INSERT INTO orders (item, parent_id) VALUES ('sugar', $1) RETURNING parent_id", ids["tea"])
        expect(parent, ids["tea"])
        wait(query("UPDATE orders SET parent_id = $1 WHERE id = $2", (ids["tea"], ids["milk"])))
        expect(one("SELECT count(*) FROM orders c JOIN orders p ON p.id = c.parent_id WHERE p.id = $1", ids["tea"]), 2)

    @task
    def batch():
        numbers = one("SELECT snowflake_nextvals(3)")
        wait(many("INSERT INTO orders (id, item, parent_id) VALUES ($1, $2, $3)",
                  [(number, "batch", ids["tea"]) for number in numbers]))
        expect(one("SELECT count(*) FROM orders WHERE item = 'batch'"), 3)

    @task
    def copy_():
        numbers = one("SELECT snowflake_nextvals(3)")
        wait(copy("orders", ["id", "item", "parent_id"],
                  [(number, "copy", ids["tea"] if number != numbers[0] else None) for number in numbers]))
        expect(one("SELECT array_agg(id::bigint ORDER BY id) FROM orders WHERE item = 'copy'"), numbers)

    @task
    def uuidv7():
        number = one("INSERT INTO payments (amount) VALUES (1) RETURNING id")
        expect(one("SELECT amount FROM payments WHERE id = $1", number), 1)

    @task
    def ulid():
        number = one("INSERT INTO notes (body) VALUES ('a note') RETURNING id")
        expect(len(number), 26)
        expect(one("SELECT body FROM notes WHERE id = $1", number), "a note")
        expect(one("SELECT count(*) FROM notes WHERE id = ANY($1)", [number]), 1)

    json_of({"id": ids["tea"]})
