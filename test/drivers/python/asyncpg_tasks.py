import asyncpg
import tasks

tasks.version("asyncpg", asyncpg.__version__)


# snippet: numbers
async def snowflakes_as_int(connection):
    await connection.set_builtin_type_codec("snowflake", schema="public", codec_name="int8")


# pool = await asyncpg.create_pool(init=snowflakes_as_int)
# end


async def connect():
    pool = await asyncpg.create_pool(init=snowflakes_as_int if tasks.HELP else None, min_size=1)
    return await pool.acquire()


connection = tasks.wait(connect())


@tasks.task
async def create():
    await connection.execute(tasks.CREATE_TABLES)


async def query(sql, parameters):
    return await connection.fetch(sql, *parameters)


async def many(sql, rows):
    await connection.executemany(sql, rows)


async def copy(table, columns, rows):
    await connection.copy_records_to_table(table, columns=columns, records=rows)


tasks.ordinary(query, many, copy)
