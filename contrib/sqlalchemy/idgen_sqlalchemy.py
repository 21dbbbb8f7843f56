"""Columns of idgen for SQLAlchemy: Snowflake and Ulid, in DDL, in reflection and in Alembic's comparison.

    from idgen_sqlalchemy import Snowflake

    id = Column(Snowflake, primary_key=True, server_default=func.snowflake_nextval())

An ID is an int in Python, with psycopg 2, psycopg 3 and asyncpg alike, and needs nothing registered with the driver.
"""

from sqlalchemy import BigInteger, func
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, UserDefinedType


class Snowflake(TypeDecorator):
    """A 64-bit ID. Drivers that do not know the type return text, and take an int as a bigint."""

    impl = BigInteger
    cache_ok = True

    def process_result_value(self, value, dialect):
        return None if value is None else int(value)

    def process_bind_param(self, value, dialect):
        return None if value is None else int(value)


class Ulid(UserDefinedType):
    """A ULID, as its 26 characters. It is no String, as SQLAlchemy has drivers send that as a varchar."""

    cache_ok = True

    def get_col_spec(self, **_arguments):
        return "ulid"


@compiles(Snowflake, "postgresql")
def _snowflake(_type, _compiler, **_arguments):
    return "snowflake"


ischema_names["snowflake"] = Snowflake
ischema_names["ulid"] = Ulid


def since(column, time):
    """The condition that an ID was issued at a time or later. It uses the index on the ID."""
    return column >= func.snowflake_lower_bound(time)


def before(column, time):
    """The condition that an ID was issued before a time."""
    return column < func.snowflake_lower_bound(time)
