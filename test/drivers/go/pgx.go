package main

import (
	"context"

	"github.com/jackc/pgtype"
	"github.com/jackc/pgx/v4"
)

var ctx = context.Background()

// snippet: numbers
func snowflakesAsInt8(ctx context.Context, conn *pgx.Conn) error {
	var oid, arrayOID uint32
	err := conn.QueryRow(ctx, "SELECT 'snowflake'::regtype::oid, 'snowflake[]'::regtype::oid").Scan(&oid, &arrayOID)
	if err != nil {
		return err
	}
	conn.ConnInfo().RegisterDataType(pgtype.DataType{Value: &pgtype.Int8{}, Name: "snowflake", OID: oid})
	conn.ConnInfo().RegisterDataType(pgtype.DataType{Value: &pgtype.Int8Array{}, Name: "_snowflake", OID: arrayOID})
	return nil
}

// With a pool: config.AfterConnect = snowflakesAsInt8
// end

type pgxDriver struct{ conn *pgx.Conn }

func connectPgx(url string) driver {
	conn, err := pgx.Connect(ctx, url)
	must(err)
	if help {
		must(snowflakesAsInt8(ctx, conn))
	}
	return pgxDriver{conn}
}

func (d pgxDriver) exec(sql string, parameters ...interface{}) {
	_, err := d.conn.Exec(ctx, sql, parameters...)
	must(err)
}

func (d pgxDriver) scalar(into interface{}, sql string, parameters ...interface{}) {
	must(d.conn.QueryRow(ctx, sql, parameters...).Scan(into))
}

func (d pgxDriver) list(ids []int64) interface{} { return ids }

func (d pgxDriver) array(sql string) (ids []int64) {
	d.scalar(&ids, sql)
	return ids
}

func (d pgxDriver) batch(sql string, parameters []int64) {
	batch := &pgx.Batch{}
	for _, parameter := range parameters {
		batch.Queue(sql, parameter)
	}
	must(d.conn.SendBatch(ctx, batch).Close())
}

func (d pgxDriver) copyFrom(columns []string, rows [][]interface{}) {
	_, err := d.conn.CopyFrom(ctx, pgx.Identifier{"orders"}, columns, pgx.CopyFromRows(rows))
	must(err)
}

func (d pgxDriver) untyped(sql string) interface{} {
	rows, err := d.conn.Query(ctx, sql)
	must(err)
	defer rows.Close()
	rows.Next()
	values, err := rows.Values()
	must(err)
	return values[0]
}
