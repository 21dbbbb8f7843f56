// The ordinary tasks by tokio-postgres.  See ../../python/tasks.py.

use bytes::BytesMut;
use std::error::Error;
use std::time::{Duration, SystemTime};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type};
use tokio_postgres::{Client, NoTls};

type Result<T> = std::result::Result<T, Box<dyn Error + Sync + Send>>;

// snippet: type
/// An ID; a column of type bigint or snowflake.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Snowflake(i64);

fn is_id(ty: &Type) -> bool {
    *ty == Type::INT8 || ty.name() == "snowflake"
}

impl<'a> FromSql<'a> for Snowflake {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self> {
        Ok(Snowflake(i64::from_sql(&Type::INT8, raw)?))
    }
    fn accepts(ty: &Type) -> bool {
        is_id(ty)
    }
}

impl ToSql for Snowflake {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull> {
        self.0.to_sql(&Type::INT8, out)
    }
    fn accepts(ty: &Type) -> bool {
        is_id(ty)
    }
    tokio_postgres::types::to_sql_checked!();
}
// end

fn report(name: &str, result: Result<()>) {
    match result {
        Ok(()) => println!("ok {name}"),
        Err(why) => println!(
            "not ok {name} # {}",
            [Some(why.to_string()), why.source().map(|s| s.to_string())].into_iter().flatten().collect::<Vec<_>>().join(": ").replace('\n', " ")
        ),
    }
}

fn expect<T: PartialEq + std::fmt::Debug>(got: T, expected: T) -> Result<()> {
    if got == expected { Ok(()) } else { Err(format!("{got:?} where {expected:?} was expected").into()) }
}

/// All tasks, with IDs of a type of Rust.
async fn run<I>(client: &Client, id: fn(i64) -> I) -> Result<()>
where
    I: for<'a> FromSql<'a> + ToSql + Sync + Send + Copy + PartialEq + std::fmt::Debug,
{
    let bigint = std::env::var("ID_TYPE")? == "bigint";
    let help = !std::env::var("HELP").unwrap_or_default().is_empty();
    let count = |rows: Vec<tokio_postgres::Row>, expected: i64| expect(rows[0].try_get::<_, i64>(0)?, expected);

    report("create", async { Ok(client.batch_execute(&std::env::var("CREATE_TABLES")?).await?) }.await);
    // What the other tasks need, also if `insert` fails.
    client.batch_execute("INSERT INTO orders (item) VALUES ('tea'), ('milk')").await?;
    let tea: i64 = client.query_one("SELECT id::bigint FROM orders WHERE item = 'tea'", &[]).await?.try_get(0)?;
    let milk: i64 = client.query_one("SELECT id::bigint FROM orders WHERE item = 'milk'", &[]).await?.try_get(0)?;

    report("insert", async {
        let row = client.query_one("INSERT INTO orders (item) VALUES ('bread') RETURNING id, id::bigint", &[]).await?;
        expect(row.try_get::<_, I>(0)?, id(row.try_get(1)?))
    }.await);
    report("given", async {
        let number: i64 = client.query_one("SELECT snowflake_nextval()", &[]).await?.try_get(0)?;
        client.execute("INSERT INTO orders (id, item) VALUES ($1, 'given')", &[&id(number)]).await?;
        count(client.query("SELECT id::bigint FROM orders WHERE item = 'given'", &[]).await?, number)
    }.await);
    report("by_id", async { count(client.query("SELECT count(*) FROM orders WHERE id = $1", &[&id(tea)]).await?, 1) }.await);
    report("by_text", async {
        let sql = if help { "SELECT count(*) FROM orders WHERE id = $1::text::bigint" } else { "SELECT count(*) FROM orders WHERE id = $1" };
        count(client.query(sql, &[&tea.to_string()]).await?, 1)
    }.await);
    report("list", async {
        count(client.query("SELECT count(*) FROM orders WHERE id = ANY($1)", &[&vec![id(tea), id(milk)]]).await?, 2)
    }.await);
    report("array", async {
        let row = client.query_one("SELECT array_agg(id ORDER BY id) FROM orders WHERE item IN ('tea', 'milk')", &[]).await?;
        expect(row.try_get::<_, Vec<I>>(0)?, vec![id(tea), id(milk)])
    }.await);
    report("time", async {
        let parameter = if bigint { "snowflake_lower_bound($1)" } else if help { "$1::timestamptz" } else { "$1" };
        let sql = format!("SELECT count(*) FROM orders WHERE item IN ('tea', 'milk') AND id >= {parameter}");
        count(client.query(&sql, &[&(SystemTime::now() - Duration::from_secs(3600))]).await?, 2)
    }.await);
    report("null", async {
        client.execute("INSERT INTO orders (item, parent_id) VALUES ('none', $1)", &[&None::<I>]).await?;
        let row = client.query_one("SELECT parent_id FROM orders WHERE item = 'none'", &[]).await?;
        expect(row.try_get::<_, Option<I>>(0)?, None)
    }.await);
    report("relation", async {
        let row = client.query_one("INSERT INTO orders (item, parent_id) VALUES ('sugar', $1) RETURNING parent_id", &[&id(tea)]).await?;
        expect(row.try_get::<_, I>(0)?, id(tea))?;
        client.execute("UPDATE orders SET parent_id = $1 WHERE id = $2", &[&id(tea), &id(milk)]).await?;
        count(client.query("SELECT count(*) FROM orders c JOIN orders p ON p.id = c.parent_id WHERE p.id = $1", &[&id(tea)]).await?, 2)
    }.await);
    report("copy", async {
        use futures_util::SinkExt;
        let number: i64 = client.query_one("SELECT snowflake_nextval()", &[]).await?.try_get(0)?;
        let sink = client.copy_in("COPY orders (id, item, parent_id) FROM STDIN").await?;
        let mut sink = Box::pin(sink);
        sink.send(bytes::Bytes::from(format!("{number}\tcopy\t{tea}\n"))).await?;
        expect(sink.finish().await?, 1)
    }.await);
    report("uuidv7", async {
        // A crate reads UUIDs, as for any column of them.
        let row = client.query_one("INSERT INTO payments (amount) VALUES (1) RETURNING id::text", &[]).await?;
        count(client.query("SELECT count(*) FROM payments WHERE id = $1::text::uuid", &[&row.try_get::<_, String>(0)?]).await?, 1)
    }.await);
    report("ulid", async {
        let (read, write) = if help { ("::text", "::text::ulid") } else { ("", "") };
        let row = client.query_one(&format!("INSERT INTO notes (body) VALUES ('a note') RETURNING id{read}"), &[]).await?;
        let id: String = row.try_get(0)?;
        count(client.query(&format!("SELECT count(*) FROM notes WHERE id = $1{write}"), &[&id]).await?, 1)
    }.await);
    println!("json number");
    Ok(())
}

async fn connect_and_run() -> Result<()> {
    let (client, connection) = tokio_postgres::connect(&std::env::var("DATABASE_URL")?, NoTls).await?;
    let background = tokio::spawn(connection);

    println!("version tokio-postgres {}", std::env::args().nth(1).unwrap_or_default());
    if std::env::var("HELP").unwrap_or_default().is_empty() {
        run(&client, |id: i64| id).await?;
    } else {
        run(&client, Snowflake).await?;
    }
    drop(client);
    background.await??;
    Ok(())
}

fn main() -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(connect_and_run())
}
