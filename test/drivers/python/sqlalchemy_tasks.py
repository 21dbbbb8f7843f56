import sqlalchemy
import sqlalchemy_orm
import tasks

tasks.version("SQLAlchemy with psycopg 2", sqlalchemy.__version__)
with sqlalchemy.create_engine("postgresql+psycopg2://", isolation_level="AUTOCOMMIT").connect() as connection:
    sqlalchemy_orm.run(connection)
