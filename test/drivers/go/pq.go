package main

import (
	"database/sql"

	"github.com/lib/pq"
)

type pqDriver struct{ db *sql.DB }

func connectPq(url string) driver {
	db, err := sql.Open("postgres", url+"?sslmode=disable")
	must(err)
	return pqDriver{db}
}

func (d pqDriver) exec(sql string, parameters ...interface{}) {
	_, err := d.db.Exec(sql, parameters...)
	must(err)
}

func (d pqDriver) scalar(into interface{}, sql string, parameters ...interface{}) {
	must(d.db.QueryRow(sql, parameters...).Scan(into))
}

func (d pqDriver) list(ids []int64) interface{} { return pq.Array(ids) }

func (d pqDriver) array(sql string) (ids []int64) {
	d.scalar(pq.Array(&ids), sql)
	return ids
}

func (d pqDriver) batch(sql string, parameters []int64) {
	statement, err := d.db.Prepare(sql)
	must(err)
	defer statement.Close()
	for _, parameter := range parameters {
		_, err := statement.Exec(parameter)
		must(err)
	}
}

func (d pqDriver) copyFrom(columns []string, rows [][]interface{}) {
	transaction, err := d.db.Begin()
	must(err)
	statement, err := transaction.Prepare(pq.CopyIn("orders", columns...))
	must(err)
	for _, row := range rows {
		_, err := statement.Exec(row...)
		must(err)
	}
	_, err = statement.Exec()
	must(err)
	must(statement.Close())
	must(transaction.Commit())
}

func (d pqDriver) untyped(sql string) interface{} {
	if help {
		// snippet: any
		sql = "SELECT id::bigint FROM orders WHERE item = 'tea'"
		// end
	}
	var value interface{}
	d.scalar(&value, sql)
	return value
}
