"""The application: what each new connection is told."""

from django.apps import AppConfig
from django.db.backends.postgresql.psycopg_any import is_psycopg3
from django.db.backends.signals import connection_created

OIDS = "SELECT to_regtype('snowflake')::oid, to_regtype('snowflake[]')::oid"


def read_as_int(connection, oid, array_oid):
    """Tells psycopg, 3 or 2, that a snowflake is a bigint to Python."""
    if is_psycopg3:
        from psycopg.types import TypeInfo  # pylint: disable=import-outside-toplevel
        from psycopg.types.numeric import Int8BinaryLoader, IntLoader  # pylint: disable=import-outside-toplevel

        TypeInfo("snowflake", oid, array_oid).register(connection)
        connection.adapters.register_loader(oid, IntLoader)
        connection.adapters.register_loader(oid, Int8BinaryLoader)
    else:
        from psycopg2 import extensions  # pylint: disable=import-outside-toplevel

        snowflake = extensions.new_type((oid,), "SNOWFLAKE", extensions.INTEGER)
        extensions.register_type(snowflake, connection)
        extensions.register_type(extensions.new_array_type((array_oid,), "SNOWFLAKE[]", snowflake), connection)


def prepare(connection, **_arguments):
    """A database without idgen is left as it is."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(OIDS)
        oid, array_oid = cursor.fetchone()
    if oid:
        read_as_int(connection.connection, int(oid), int(array_oid))
        # For inspectdb.
        introspection = connection.introspection
        introspection.data_types_reverse = {**introspection.data_types_reverse, int(oid): "BigIntegerField"}


class IdgenConfig(AppConfig):
    """Connects the signal."""

    name = "idgen_django"
    verbose_name = "idgen"

    def ready(self):
        connection_created.connect(prepare, dispatch_uid="idgen_django")
