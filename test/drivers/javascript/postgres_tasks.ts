import postgres from 'postgres';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { CREATE_TABLES, expect, hourAgo, ID_TYPE, ordinary, task, version } from './tasks.ts';

version('postgres.js', 'postgres');

const sql = postgres();
await task('create', () => sql.unsafe(CREATE_TABLES));
await ordinary(
	(text, values) => sql.unsafe(text, values as any),
	async text => pipeline(Readable.from([text]), await sql`COPY orders (id, item, parent_id) FROM STDIN`.writable()));

// The ways that are postgres.js's own.
await task('builder', async () => {
	// snippet: use
	const [order] = await sql`INSERT INTO orders ${sql({ item: 'bread' })} RETURNING *`;
	const same = await sql`SELECT * FROM orders WHERE id IN ${sql([order.id])}`;
	// end
	expect(same, [order]);
	if (ID_TYPE === 'snowflake') {
		const recent = await sql`SELECT * FROM orders WHERE id >= ${hourAgo()} AND item = 'bread'`;
		expect(recent, [order]);
	}
});
await sql.end();
