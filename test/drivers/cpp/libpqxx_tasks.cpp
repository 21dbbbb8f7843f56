// The ordinary tasks by libpqxx.  See ../python/tasks.py.

#include <cstdlib>
#include <ctime>
#include <functional>
#include <iostream>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

static const std::string id_type = std::getenv("ID_TYPE");
static const bool help = *std::getenv("HELP");

static void
task(const std::string &name, const std::function<void()> &run)
{
	try
	{
		run();
		std::cout << "ok " << name << "\n";
	}
	catch (const std::exception &error)
	{
		std::string why = error.what();

		std::cout << "not ok " << name << " # " << why.substr(0, why.find('\n')) << "\n";
	}
}

template <typename T>
static void
expect(const T &got, const T &expected)
{
	if (got != expected)
		throw std::runtime_error("another value was expected");
}

int
main()
{
	pqxx::connection connection;
	pqxx::nontransaction work{connection};
	long long tea = 0, milk = 0;
	auto exact = [&](const std::string &item, long long got) {
		expect(std::to_string(got), work.exec("SELECT id::text FROM orders WHERE item = $1", pqxx::params{item}).one_field().as<std::string>());
	};

	std::cout << "version libpqxx " << PQXX_VERSION << "\n";
	auto next = [&] { return work.query_value<long long>("SELECT snowflake_nextval()"); };

	task("create", [&] { work.exec(std::getenv("CREATE_TABLES")); });
	task("insert", [&] {
		// snippet: use
		tea = work.query_value<long long>("INSERT INTO orders (item) VALUES ('tea') RETURNING id");
		// end
		milk = work.query_value<long long>("INSERT INTO orders (item) VALUES ('milk') RETURNING id");
		exact("tea", tea);
	});
	task("given", [&] {
		auto number = next();
		work.exec("INSERT INTO orders (id, item) VALUES ($1, 'given')", pqxx::params{number});
		exact("given", number);
	});
	task("by_id", [&] {
		expect(work.exec("SELECT item FROM orders WHERE id = $1", pqxx::params{tea}).one_field().as<std::string>(), std::string("tea"));
	});
	task("by_text", [&] {
		expect(work.exec("SELECT item FROM orders WHERE id = $1", pqxx::params{std::to_string(tea)}).one_field().as<std::string>(), std::string("tea"));
	});
	task("list", [&] {
		std::vector<long long> ids{tea, milk};
		expect(work.exec("SELECT count(*) FROM orders WHERE id = ANY($1)", pqxx::params{ids}).one_field().as<int>(), 2);
	});
	task("array", [&] {
		auto ids = work.exec("SELECT array_agg(id ORDER BY id) FROM orders WHERE item IN ('tea', 'milk')").one_field().as_sql_array<long long>();
		expect(ids[0], tea);
		expect(ids[1], milk);
	});
	task("time", [&] {
		char hour_ago[40];
		std::time_t then = std::time(nullptr) - 3600;
		std::string parameter = id_type == "bigint" ? "snowflake_lower_bound($1)" : help ? "$1::timestamptz" : "$1";

		std::strftime(hour_ago, sizeof hour_ago, "%FT%TZ", std::gmtime(&then));
		expect(work.exec("SELECT count(*) > 1 FROM orders WHERE id >= " + parameter, pqxx::params{hour_ago}).one_field().as<bool>(), true);
	});
	task("null", [&] {
		work.exec("INSERT INTO orders (item, parent_id) VALUES ('none', $1)", pqxx::params{std::optional<long long>{}});
		auto parent = work.exec("SELECT parent_id FROM orders WHERE item = 'none' AND parent_id IS NULL").one_field();
		expect(parent.as<std::optional<long long>>().has_value(), false);
	});
	task("relation", [&] {
		expect(work.exec("INSERT INTO orders (item, parent_id) VALUES ('sugar', $1) RETURNING parent_id", pqxx::params{tea}).one_field().as<long long>(), tea);
		work.exec("UPDATE orders SET parent_id = $1 WHERE id = $2", pqxx::params{tea, milk});
		expect(work.exec("SELECT count(*) FROM orders c JOIN orders p ON p.id = c.parent_id WHERE p.id = $1", pqxx::params{tea}).one_field().as<int>(), 2);
	});
	task("batch", [&] {
		connection.prepare("batch", "INSERT INTO orders (id, item) VALUES ($1, 'batch')");
		for (int i = 0; i < 3; i++)
			work.exec(pqxx::prepped{"batch"}, pqxx::params{next()});
		expect(work.query_value<int>("SELECT count(*) FROM orders WHERE item = 'batch'"), 3);
	});
	task("copy", [&] {
		auto first = next(), second = next();
		auto stream = pqxx::stream_to::table(work, {"orders"}, {"id", "item", "parent_id"});

		stream.write_values(first, "copy", std::optional<long long>{});
		stream.write_values(second, "copy", std::optional<long long>{tea});
		stream.complete();
		expect(work.query_value<int>("SELECT count(*) FROM orders WHERE item = 'copy'"), 2);
	});
	task("uuidv7", [&] {
		auto id = work.query_value<std::string>("INSERT INTO payments (amount) VALUES (1) RETURNING id");
		expect(work.exec("SELECT amount FROM payments WHERE id = $1", pqxx::params{id}).one_field().as<int>(), 1);
	});
	task("ulid", [&] {
		auto id = work.query_value<std::string>("INSERT INTO notes (body) VALUES ('a note') RETURNING id");
		expect(work.exec("SELECT count(*) FROM notes WHERE id = ANY($1)", pqxx::params{std::vector<std::string>{id}}).one_field().as<int>(), 1);
	});
	return 0;
}
