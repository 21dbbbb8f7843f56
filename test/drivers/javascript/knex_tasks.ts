import knexOf from 'knex';
import { CREATE_TABLES, DATABASE_URL, expect, HELP, hourAgo, ID_TYPE, ordinary, task, version } from './tasks.ts';

version('knex', 'knex');

const knex = knexOf({ client: 'pg', connection: DATABASE_URL });

await task('create', async () => knex.raw(CREATE_TABLES));
if (HELP) {
	const { types } = await import('pg').then(module => module.default);
	const { rows } = await knex.raw("SELECT 'snowflake[]'::regtype::oid");
	types.setTypeParser(rows[0].oid, types.getTypeParser(1016));
}
await ordinary(async (text, values) => {
	const used: unknown[] = [];
	const questions = text.replace(/\$(\d)/g, (_, n) => (used.push(values[n - 1]), '?'));
	return (await knex.raw(questions, used as any)).rows;
});

await task('schema', async () => {
	// snippet: schema
	await knex.schema.createTable('invoices', table => {
		table.specificType('id', ID_TYPE).primary().defaultTo(knex.raw('snowflake_nextval()'));
		table.specificType('order_id', ID_TYPE).references('orders.id');
	});
	// end
	const [invoice] = await knex('invoices').insert({ order_id: null }).returning('*');
	expect((await knex('invoices').columnInfo() as any).id.type, HELP || ID_TYPE === 'snowflake' ? 'USER-DEFINED' : 'bigint');
	expect(await knex('invoices').whereIn('id', [invoice.id]), [invoice]);
});
await task('builder', async () => {
	const [order] = await knex('orders').insert({ item: 'bread' }).returning('*');
	await knex('orders').insert([{ id: (BigInt(order.id) + 1n).toString(), item: 'bread', parent_id: order.id }]);
	// snippet: use
	const recent = await knex('orders').whereIn('id', [order.id])
		.whereRaw(ID_TYPE === 'bigint' ? 'id >= snowflake_lower_bound(?)' : 'id >= ?::timestamptz', [hourAgo()]);
	// end
	expect(recent, [order]);
});
await knex.destroy();
