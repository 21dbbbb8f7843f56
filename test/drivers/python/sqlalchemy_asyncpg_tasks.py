import sqlalchemy
import sqlalchemy_orm
import tasks
from sqlalchemy.ext.asyncio import create_async_engine

tasks.version("SQLAlchemy with asyncpg", sqlalchemy.__version__)


async def main():
    engine = create_async_engine("postgresql+asyncpg://", isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.run_sync(sqlalchemy_orm.run)


tasks.wait(main())
