import { count, eq, inArray, isNull, relations, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { bigint, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { before, bigintId, nextSnowflake, nextUlid, since, snowflake, ulid } from '../../../contrib/drizzle/idgen.ts';
import { CREATE_TABLES, DATABASE_URL, expect, HELP, hourAgo, ID_TYPE, jsonOf, task, version } from './tasks.ts';

version('Drizzle', 'drizzle-orm');

// Without the helper, what drizzle-kit makes of a bigint.
const id = (name: string): any => !HELP ? bigint(name, { mode: 'number' }) : ID_TYPE === 'bigint' ? bigintId(name) : snowflake(name);

// snippet: table
const orders = pgTable('orders', {
	id: id('id').primaryKey().default(nextSnowflake),
	item: text('item'),
	parentId: id('parent_id'),
});
const payments = pgTable('payments', {
	id: uuid('id').primaryKey().default(sql`public.uuidv7()`),
	amount: integer('amount'),
});
const notes = pgTable('notes', { id: ulid('id').primaryKey().default(nextUlid), body: text('body') });
// end
const ordersRelations = relations(orders, ({ one }) => ({
	parent: one(orders, { fields: [orders.parentId], references: [orders.id] }),
}));

const pool = new pg.Pool({ connectionString: DATABASE_URL });
const db = drizzle(pool, { schema: { orders, ordersRelations } });
const one = async (query: string) => Object.values((await pool.query(query)).rows[0])[0] as any;
let tea: any, milk: any;

await task('create', () => pool.query(CREATE_TABLES));
await task('insert', async () => {
	[tea, milk] = await db.insert(orders).values([{ item: 'tea' }, { item: 'milk' }] as any).returning();
	expect(String(tea.id), await one("SELECT id::text FROM orders WHERE item = 'tea'"));
});
await task('given', async () => {
	const id = await one('SELECT snowflake_nextval()');
	await db.insert(orders).values({ id: HELP ? id : Number(id), item: 'given' } as any);
	expect(await one("SELECT id::text FROM orders WHERE item = 'given'"), id);
});
await task('by_id', async () => expect((await db.select().from(orders).where(eq(orders.id, tea.id)))[0]?.item, 'tea'));
await task('by_number', async () =>
	expect((await db.select().from(orders).where(eq(orders.id, BigInt(tea.id))))[0]?.item, 'tea'));
await task('by_text', async () => expect((await db.select().from(orders).where(eq(orders.id, String(tea.id))))[0]?.item, 'tea'));
await task('list', async () =>
	expect((await db.select({ n: count() }).from(orders).where(inArray(orders.id, [tea.id, milk.id])))[0].n, 2));
await task('time', async () => {
	const [{ n }] = await db.select({ n: count() }).from(orders).where(since(orders.id, hourAgo()));
	expect(n >= 2, true);
	expect((await db.select({ n: count() }).from(orders).where(before(orders.id, hourAgo())))[0].n, 0);
});
await task('null', async () => {
	await db.insert(orders).values({ item: 'none', parentId: null } as any);
	const rows = await db.select().from(orders).where(isNull(orders.parentId));
	expect(rows.filter(row => row.item === 'none').map(row => row.parentId), [null]);
});
await task('relation', async () => {
	await db.insert(orders).values({ item: 'sugar', parentId: tea.id } as any);
	await db.update(orders).set({ parentId: tea.id } as any).where(eq(orders.id, milk.id));
	const rows = await db.query.orders.findMany({ where: eq(orders.parentId, tea.id), with: { parent: true } });
	expect(rows.map((row: any) => row.parent.id), [tea.id, tea.id]);
});
await task('batch', async () => {
	const ids = await one('SELECT snowflake_nextvals(3)::text[]');
	await db.insert(orders).values(ids.map((id: string) => ({ id: HELP ? id : Number(id), item: 'batch' })));
	expect(await one("SELECT array_agg(id::text ORDER BY id) FROM orders WHERE item = 'batch'"), ids);
});
await task('uuidv7', async () => {
	const [payment] = await db.insert(payments).values({ amount: 1 }).returning();
	expect(await db.select().from(payments).where(eq(payments.id, payment.id)), [payment]);
});
await task('ulid', async () => {
	const [note] = await db.insert(notes).values({ body: 'a note' }).returning();
	expect(await db.select().from(notes).where(inArray(notes.id, [note.id])), [note]);
});
// A bigint column that is a string.
if (HELP)
	await task('bigint', async () => {
		const counters = pgTable('counters', { id: bigintId('id').primaryKey().default(nextSnowflake) });
		await pool.query('CREATE TABLE counters (id bigint PRIMARY KEY DEFAULT snowflake_nextval())');
		const rows = await db.insert(counters).values([{}, {}]).returning();
		expect(await one('SELECT array_agg(id::text ORDER BY id) FROM counters'), rows.map(({ id }) => id));
		expect(await db.select().from(counters).where(eq(counters.id, rows[1].id)), [rows[1]]);
	});
// What drizzle-kit pull makes of the tables.
await task('schema', async () => {
	const out = `${import.meta.dirname}/generated/drizzle-${ID_TYPE}`;
	execFileSync(`${import.meta.dirname}/node_modules/.bin/drizzle-kit`,
		['pull', '--dialect=postgresql', `--url=${DATABASE_URL}`, `--out=${out}`], { stdio: 'ignore' });
	const written = readFileSync(`${out}/schema.ts`, 'utf8');
	expect(/bigint\("?i?d?"?.*mode: "number"|unknown\("id"\)/.exec(written)?.[0], undefined);
});
jsonOf(tea);
await pool.end();
