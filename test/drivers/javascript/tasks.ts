// The ordinary tasks, for drivers of JavaScript, and how a program reports what it did.  See ../python/tasks.py.

import { createRequire } from 'node:module';

export const ID_TYPE = process.env.ID_TYPE!;
export const HELP = Boolean(process.env.HELP);
export const CREATE_TABLES = process.env.CREATE_TABLES!;
export const DATABASE_URL = process.env.DATABASE_URL!;

/** The version of an installed package. */
export function version(name: string, module: string) {
	const require = createRequire(import.meta.url);
	let directory = import.meta.dirname + '/node_modules/' + module;
	console.log(`version ${name} ${require(directory + '/package.json').version}`);
}

export async function task(name: string, run: () => Promise<unknown>) {
	try {
		await run();
		console.log(`ok ${name}`);
	} catch (error: any) {
		const why = [error.message, error.cause?.message].filter(Boolean).join(': ');
		console.log(`not ok ${name} # ${why.trim().replace(/\s*\n\s*/g, ' ').slice(0, 200)}`);
	}
}

const shown = (value: unknown) =>
	JSON.stringify(value, (_, part) => typeof part === 'bigint' ? `${part}n` : part);

export function expect(got: unknown, expected: unknown) {
	if (shown(got) !== shown(expected) || typeof got !== typeof expected)
		throw new Error(`${shown(got)} where ${shown(expected)} was expected`);
}

/** How an ID comes out as JSON: as a string, or as a number, which JavaScript rounds. */
export function jsonOf(row: any) {
	try {
		console.log('json', typeof JSON.parse(JSON.stringify(row)).id);
	} catch (error) {
		console.log('json error');
	}
}

export const hourAgo = () => new Date(Date.now() - 3600 * 1000);

/** The condition on the time: a bigint takes a function, and a snippet may say what the parameter is. */
export function since(parameter: string) {
	if (ID_TYPE === 'bigint')
		return `id >= snowflake_lower_bound(${parameter})`;
	return `id >= ${parameter}${HELP ? '::timestamptz' : ''}`;
}

type Query = (sql: string, values: unknown[]) => Promise<Record<string, any>[]>;
type Copy = (text: string) => Promise<unknown>;

/** All tasks that are SQL, with $1 for a parameter. */
export async function ordinary(query: Query, copy?: Copy) {
	const one = async (sql: string, ...values: unknown[]) => Object.values((await query(sql, values))[0])[0];
	const exact = async (item: string, got: unknown) =>
		expect(String(got), await one('SELECT id::text FROM orders WHERE item = $1', item));
	let tea: any, milk: any;

	await task('insert', async () => {
		tea = await one("INSERT INTO orders (item) VALUES ('tea') RETURNING id");
		milk = await one("INSERT INTO orders (item) VALUES ('milk') RETURNING id");
		await exact('tea', tea);
	});
	await task('given', async () => {
		const id = await one('SELECT snowflake_nextval()');
		await query("INSERT INTO orders (id, item) VALUES ($1, 'given')", [id]);
		await exact('given', id);
	});
	await task('by_id', async () => expect(await one('SELECT item FROM orders WHERE id = $1', tea), 'tea'));
	await task('by_number', async () => expect(await one('SELECT item FROM orders WHERE id = $1', BigInt(tea)), 'tea'));
	await task('by_text', async () => expect(await one('SELECT item FROM orders WHERE id = $1', String(tea)), 'tea'));
	await task('list', async () =>
		expect(Number(await one('SELECT count(*)::int FROM orders WHERE id = ANY($1)', [tea, milk])), 2));
	await task('array', async () =>
		expect(await one("SELECT array_agg(id ORDER BY id) FROM orders WHERE item IN ('tea', 'milk')"), [tea, milk]));
	await task('time', async () =>
		expect(await one(`SELECT count(*) > 1 FROM orders WHERE ${since('$1')}`, hourAgo()), true));
	await task('null', async () => {
		await query("INSERT INTO orders (item, parent_id) VALUES ('none', $1)", [null]);
		expect(await one("SELECT parent_id FROM orders WHERE item = 'none' AND parent_id IS NULL"), null);
	});
	await task('relation', async () => {
		expect(await one("INSERT INTO orders (item, parent_id) VALUES ('sugar', $1) RETURNING parent_id", tea), tea);
		await query('UPDATE orders SET parent_id = $1 WHERE id = $2', [tea, milk]);
		expect(Number(await one('SELECT count(*)::int FROM orders c JOIN orders p ON p.id = c.parent_id WHERE p.id = $1', tea)), 2);
	});
	await task('batch', async () => {
		const ids: any = await one('SELECT snowflake_nextvals(2)::text[]');
		await query("INSERT INTO orders (id, item, parent_id) VALUES ($1, 'batch', $3), ($2, 'batch', $3)", [...ids, tea]);
		expect(await one("SELECT array_agg(id::text ORDER BY id) FROM orders WHERE item = 'batch'"), ids);
	});
	if (copy)
		await task('copy', async () => {
			const ids: any = await one('SELECT snowflake_nextvals(2)::text[]');
			await copy(`${ids[0]}\tcopy\t\\N\n${ids[1]}\tcopy\t${tea}\n`);
			expect(await one("SELECT array_agg(id::text ORDER BY id) FROM orders WHERE item = 'copy'"), ids);
		});
	await identifiers(one);
	jsonOf({ id: tea });
}

/** A UUID and a ULID. */
export async function identifiers(one: (sql: string, ...values: unknown[]) => Promise<any>) {
	await task('uuidv7', async () => {
		const id = await one('INSERT INTO payments (amount) VALUES (1) RETURNING id');
		expect(await one('SELECT amount FROM payments WHERE id = $1', id), 1);
	});
	await task('ulid', async () => {
		const id = await one("INSERT INTO notes (body) VALUES ('a note') RETURNING id");
		expect(id.length, 26);
		expect(await one('SELECT body FROM notes WHERE id = $1', id), 'a note');
		expect(Number(await one('SELECT count(*)::int FROM notes WHERE id = ANY($1)', [id])), 1);
	});
}
