// The ordinary tasks, for drivers of Go, and how a program reports what it did.  See ../python/tasks.py.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

var idType, help = os.Getenv("ID_TYPE"), os.Getenv("HELP") != ""

// A driver panics on an error, and a task says why.
type driver interface {
	exec(sql string, parameters ...interface{})
	scalar(into interface{}, sql string, parameters ...interface{})
	list(ids []int64) interface{}         // what `= ANY($1)` takes
	array(sql string) []int64             // a column of them
	batch(sql string, parameters []int64) // once for each
	copyFrom(columns []string, rows [][]interface{})
	untyped(sql string) interface{} // a column, as the driver gives it
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func task(name string, run func()) {
	defer func() {
		if why := recover(); why != nil {
			fmt.Printf("not ok %s # %s\n", name, strings.ReplaceAll(fmt.Sprint(why), "\n", " "))
		}
	}()
	run()
	fmt.Printf("ok %s\n", name)
}

func expect(got, expected interface{}) {
	if fmt.Sprintf("%T %[1]v", got) != fmt.Sprintf("%T %[1]v", expected) {
		panic(fmt.Sprintf("%T %[1]v where %T %[2]v was expected", got, expected))
	}
}

func ordinary(d driver) {
	var tea, milk int64
	exact := func(item string, got int64) {
		var text string
		d.scalar(&text, "SELECT id::text FROM orders WHERE item = $1", item)
		expect(fmt.Sprint(got), text)
	}
	count := func(expected int64, condition string, parameters ...interface{}) {
		var n int64
		d.scalar(&n, "SELECT count(*) FROM "+condition, parameters...)
		expect(n, expected)
	}

	next := func() (id int64) {
		d.scalar(&id, "SELECT snowflake_nextval()")
		return id
	}

	task("create", func() { d.exec(os.Getenv("CREATE_TABLES")) })
	// What the other tasks need, also if `insert` fails.
	d.exec("INSERT INTO orders (item) VALUES ('tea'), ('milk')")
	d.scalar(&tea, "SELECT id::bigint FROM orders WHERE item = 'tea'")
	d.scalar(&milk, "SELECT id::bigint FROM orders WHERE item = 'milk'")
	task("insert", func() {
		var id int64
		d.scalar(&id, "INSERT INTO orders (item) VALUES ('bread') RETURNING id")
		exact("bread", id)
	})
	task("given", func() {
		number := next()
		d.exec("INSERT INTO orders (id, item) VALUES ($1, 'given')", number)
		exact("given", number)
	})
	task("by_number", func() { count(1, "orders WHERE id = $1", tea) })
	task("by_text", func() { count(1, "orders WHERE id = $1", fmt.Sprint(tea)) })
	task("list", func() { count(2, "orders WHERE id = ANY($1)", d.list([]int64{tea, milk})) })
	task("array", func() {
		expect(d.array("SELECT array_agg(id ORDER BY id) FROM orders WHERE item IN ('tea', 'milk')"), []int64{tea, milk})
	})
	task("time", func() {
		parameter := "$1"
		if idType == "bigint" {
			parameter = "snowflake_lower_bound($1)"
		} else if help {
			parameter = "$1::timestamptz"
		}
		count(2, "orders WHERE item IN ('tea', 'milk') AND id >= "+parameter, time.Now().Add(-time.Hour))
	})
	task("null", func() {
		var parent *int64
		d.exec("INSERT INTO orders (item, parent_id) VALUES ('none', $1)", parent)
		d.scalar(&parent, "SELECT parent_id FROM orders WHERE item = 'none' AND parent_id IS NULL")
		expect(parent == nil, true)
	})
	task("relation", func() {
		var parent int64
		d.scalar(&parent, "INSERT INTO orders (item, parent_id) VALUES ('sugar', $1) RETURNING parent_id", tea)
		expect(parent, tea)
		d.exec("UPDATE orders SET parent_id = $1 WHERE id = $2", tea, milk)
		count(2, "orders c JOIN orders p ON p.id = c.parent_id WHERE p.id = $1", tea)
	})
	task("batch", func() {
		d.batch("INSERT INTO orders (id, item) VALUES ($1, 'batch')", []int64{next(), next()})
		count(2, "orders WHERE item = 'batch'")
	})
	task("copy", func() {
		first, second := next(), next()
		d.copyFrom([]string{"id", "item", "parent_id"}, [][]interface{}{{first, "copy", nil}, {second, "copy", tea}})
		count(2, "orders WHERE item = 'copy' AND id IN ($1, $2)", first, second)
	})
	task("any", func() { expect(d.untyped("SELECT id FROM orders WHERE item = 'tea'"), tea) })
	task("uuidv7", func() {
		var id string
		d.scalar(&id, "INSERT INTO payments (amount) VALUES (1) RETURNING id::text")
		count(1, "payments WHERE id = $1", id)
	})
	task("ulid", func() {
		var id string
		d.scalar(&id, "INSERT INTO notes (body) VALUES ('a note') RETURNING id")
		count(1, "notes WHERE id = $1", id)
	})
	row, err := json.Marshal(map[string]interface{}{"id": tea})
	must(err)
	fmt.Println("json", map[bool]string{true: "string", false: "number"}[strings.Contains(string(row), `:"`)])
}
