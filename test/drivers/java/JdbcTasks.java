// The ordinary tasks by JDBC.  See ../python/tasks.py.

import java.io.StringReader;
import java.sql.*;
import java.time.OffsetDateTime;
import java.util.Arrays;
import org.postgresql.PGConnection;

public class JdbcTasks {
	interface Task { void run() throws Exception; }

	static final String TYPE = System.getenv("ID_TYPE");
	static final boolean HELP = !System.getenv("HELP").isEmpty();
	static Connection connection;
	static Object tea, milk;

	static void task(String name, Task task) {
		try {
			task.run();
			System.out.println("ok " + name);
		} catch (Exception error) {
			System.out.println("not ok " + name + " # " + String.valueOf(error.getMessage()).lines().findFirst().orElse(""));
		}
	}

	static void expect(Object got, Object expected) {
		if (!expected.equals(got))
			throw new IllegalStateException(got + " where " + expected + " was expected");
	}

	/** The first column of the first row, if there is one, as the driver gives it. */
	static Object one(String sql, Object... parameters) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			for (int i = 0; i < parameters.length; i++)
				statement.setObject(i + 1, parameters[i]);
			if (!statement.execute())
				return null;
			ResultSet rows = statement.getResultSet();
			return rows.next() ? rows.getObject(1) : null;
		}
	}

	/** The same, for an ID. */
	static Object id(String sql, Object... parameters) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			for (int i = 0; i < parameters.length; i++)
				statement.setObject(i + 1, parameters[i]);
			ResultSet rows = statement.executeQuery();
			rows.next();
			// snippet: number
			long id = rows.getLong(1);
			// end
			return HELP ? (Object) id : rows.getObject(1, Long.class);
		}
	}

	static void exact(String item, Object got) throws SQLException {
		expect(got.toString(), one("SELECT id::text FROM orders WHERE item = ?", item));
	}

	public static void main(String[] arguments) throws Exception {
		connection = DriverManager.getConnection("jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT")
			+ "/" + System.getenv("PGDATABASE"), System.getenv("PGUSER"), System.getenv("PGPASSWORD"));
		System.out.println("version JDBC " + connection.getMetaData().getDriverVersion());

		task("create", () -> connection.createStatement().execute(System.getenv("CREATE_TABLES")));
		// What later tasks need, whether or not getObject() can.
		task("insert", () -> {
			tea = one("INSERT INTO orders (item) VALUES ('tea') RETURNING id");
			milk = one("INSERT INTO orders (item) VALUES ('milk') RETURNING id");
			exact("tea", tea);
			exact("milk", id("SELECT id FROM orders WHERE item = 'milk'"));
		});
		task("keys", () -> {
			// snippet: keys
			PreparedStatement insert = connection.prepareStatement("INSERT INTO orders (item) VALUES (?)", new String[] {"id"});
			insert.setString(1, "bread");
			insert.executeUpdate();
			ResultSet keys = insert.getGeneratedKeys();
			keys.next();
			long id = keys.getLong("id");
			// end
			exact("bread", id);
		});
		task("given", () -> {
			Object number = one("SELECT snowflake_nextval()");
			one("INSERT INTO orders (id, item) VALUES (?, 'given')", number);
			exact("given", number);
		});
		task("by_id", () -> expect(one("SELECT item FROM orders WHERE id = ?", tea), "tea"));
		task("by_number", () -> expect(one("SELECT item FROM orders WHERE id = ?", Long.parseLong(tea.toString())), "tea"));
		task("by_text", () -> expect(one("SELECT item FROM orders WHERE id = " + (HELP ? "?::bigint" : "?"), tea.toString()), "tea"));
		task("list", () -> {
			// snippet: list
			Array ids = connection.createArrayOf("bigint", new Object[] {tea, milk});
			Object count = one("SELECT count(*) FROM orders WHERE id = ANY(?)", ids);
			// end
			expect(count, 2L);
		});
		task("array", () -> {
			Object[] ids = (Object[]) ((Array) one("SELECT array_agg(id ORDER BY id)" + (HELP ? "::bigint[]" : "")
				+ " FROM orders WHERE item IN ('tea', 'milk')")).getArray();
			expect(Arrays.toString(ids), "[" + tea + ", " + milk + "]");
			expect(ids[0] instanceof Number || ids[0].equals(tea), true);
		});
		task("time", () -> {
			OffsetDateTime hourAgo = OffsetDateTime.now().minusHours(1);
			expect(one("SELECT count(*) > 1 FROM orders WHERE id >= " + (TYPE.equals("bigint") ? "snowflake_lower_bound(?)" : "?"), hourAgo), true);
			String parameter = TYPE.equals("bigint") ? "snowflake_lower_bound(?)" : HELP ? "?::timestamptz" : "?";
			expect(one("SELECT count(*) > 1 FROM orders WHERE id >= " + parameter, new Timestamp(System.currentTimeMillis() - 3600000)), true);
		});
		task("null", () -> {
			PreparedStatement insert = connection.prepareStatement("INSERT INTO orders (item, parent_id) VALUES ('none', ?)");
			insert.setNull(1, Types.BIGINT);
			insert.executeUpdate();
			expect(String.valueOf(one("SELECT parent_id FROM orders WHERE item = 'none' AND parent_id IS NULL")), "null");
		});
		task("relation", () -> {
			expect(one("INSERT INTO orders (item, parent_id) VALUES ('sugar', ?) RETURNING parent_id", tea), tea);
			one("UPDATE orders SET parent_id = ? WHERE id = ?", tea, milk);
			expect(one("SELECT count(*) FROM orders c JOIN orders p ON p.id = c.parent_id WHERE p.id = ?", tea), 2L);
		});
		task("batch", () -> {
			PreparedStatement insert = connection.prepareStatement("INSERT INTO orders (id, item) VALUES (?, 'batch')");
			for (int i = 0; i < 20; i++) {
				insert.setLong(1, (Long) one("SELECT snowflake_nextval()"));
				insert.addBatch();
			}
			insert.executeBatch();
			// Often enough for the driver to prepare it on the server, and to read it in binary.
			for (int i = 0; i < 20; i++)
				exact("tea", id("SELECT id FROM orders WHERE item = 'tea'"));
			expect(one("SELECT count(*) FROM orders WHERE item = 'batch'"), 20L);
		});
		task("copy", () -> {
			Object number = one("SELECT snowflake_nextval()");
			connection.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY orders (id, item, parent_id) FROM STDIN",
				new StringReader(number + "\tcopy\t" + tea + "\n"));
			exact("copy", number);
		});
		task("uuidv7", () -> {
			Object id = one("INSERT INTO payments (amount) VALUES (1) RETURNING id");
			expect(one("SELECT amount FROM payments WHERE id = ?", id), 1);
		});
		task("ulid", () -> {
			Object id = one("INSERT INTO notes (body) VALUES ('a note') RETURNING id");
			expect(one("SELECT body FROM notes WHERE id = ?", id), "a note");
			expect(one("SELECT body FROM notes WHERE id = " + (HELP ? "?::ulid" : "?"), id.toString()), "a note");
		});
	}
}
