import sqlalchemy
import sqlalchemy_orm
import tasks

tasks.version("SQLAlchemy", f"{sqlalchemy.__version__}, psycopg 2")
with sqlalchemy.create_engine("postgresql+psycopg2://", isolation_level="AUTOCOMMIT").connect() as connection:
    sqlalchemy_orm.run(connection)
