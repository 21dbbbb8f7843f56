import { CompiledQuery, type Generated, Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { CREATE_TABLES, DATABASE_URL, expect, HELP, hourAgo, ID_TYPE, ordinary, task, version } from './tasks.ts';

version('Kysely', 'kysely');

// snippet: types
interface Database {
	orders: { id: Generated<string>; item: string | null; parent_id: string | null };
	invoices: { id: Generated<string>; order_id: string | null };
}
// end

const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: DATABASE_URL, max: 1 }) }) });

await task('create', async () => {
	for (const statement of CREATE_TABLES.split(';\n').filter(Boolean))
		await sql.raw(statement).execute(db);
});
if (HELP) {
	const { rows } = await sql<{ oid: number }>`SELECT 'snowflake[]'::regtype::oid`.execute(db);
	pg.types.setTypeParser(rows[0].oid, pg.types.getTypeParser(1016));
}
await ordinary(async (text, values) => (await db.executeQuery(CompiledQuery.raw(text, values))).rows as any);

await task('schema', async () => {
	// snippet: schema
	await db.schema.createTable('invoices')
		.addColumn('id', sql.raw(ID_TYPE), column => column.primaryKey().defaultTo(sql`snowflake_nextval()`))
		.addColumn('order_id', sql.raw(ID_TYPE), column => column.references('orders.id'))
		.execute();
	// end
	const [table] = (await db.introspection.getTables()).filter(({ name }) => name === 'invoices');
	expect(table.columns[0].dataType, ID_TYPE === 'bigint' ? 'int8' : 'snowflake');
});
await task('builder', async () => {
	// snippet: use
	const order = await db.insertInto('orders').values({ item: 'bread' }).returningAll().executeTakeFirstOrThrow();
	await db.insertInto('invoices').values({ order_id: order.id }).execute();
	const joined = await db.selectFrom('orders').innerJoin('invoices', 'order_id', 'orders.id')
		.selectAll('orders').where('orders.id', 'in', [order.id]).execute();
	// end
	expect(joined, [order]);
	if (ID_TYPE === 'snowflake') {
		// snippet: time
		const recent = db.selectFrom('orders').selectAll().where(sql<boolean>`id >= ${hourAgo()}::timestamptz`);
		// end
		expect((await recent.where('item', '=', 'bread').execute()).length, 1);
	}
});
await db.destroy();
