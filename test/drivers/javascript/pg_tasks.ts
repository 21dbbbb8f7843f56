import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { CREATE_TABLES, HELP, ordinary, task, version } from './tasks.ts';

version('node-pg', 'pg');

// snippet: arrays
// IDs are strings without this; snowflake[] is then a list of strings, as bigint[] is.
async function snowflakeArrays(client: pg.Client) {
	const { rows } = await client.query("SELECT 'snowflake[]'::regtype::oid");
	pg.types.setTypeParser(rows[0].oid, pg.types.getTypeParser(1016));
}
// end

const client = new pg.Client();
await client.connect();
await task('create', () => client.query(CREATE_TABLES));
if (HELP)
	await snowflakeArrays(client);

await ordinary(
	async (text, values) => (await client.query(text, values)).rows,
	text => pipeline(Readable.from([text]), client.query(copyFrom('COPY orders (id, item, parent_id) FROM STDIN'))));
await client.end();
