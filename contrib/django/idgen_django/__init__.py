"""Fields of idgen for Django: SnowflakeAutoField, SnowflakeField and UlidField; IDs are ints in Python.

Add "idgen_django" to INSTALLED_APPS: then each connection reads snowflakes as numbers.
"""
