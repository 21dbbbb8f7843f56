import { defineEntity, MikroORM, p, raw } from '@mikro-orm/postgresql';
import { CREATE_TABLES, DATABASE_URL, expect, HELP, hourAgo, ID_TYPE, identifiers, jsonOf, task, version } from './tasks.ts';

version('MikroORM', '@mikro-orm/core');

// snippet: entity
const Order: any = defineEntity({
	name: 'Order',
	tableName: 'orders',
	properties: {
		id: p.string().columnType(ID_TYPE).primary().autoincrement(false).defaultRaw('snowflake_nextval()'),
		item: p.text().nullable(),
		parent: (): any => p.manyToOne(Order).fieldName('parent_id').nullable(),
	},
});
// end

const options = {
	// snippet: skip
	// What the extension has created, or else schema:update says to drop it.
	schemaGenerator: { skipTables: [/^idgen_/, /^segment_/], skipViews: [/^idgen_/, /^segment/, /^snowflake_/] },
	// end
};
const orm = await MikroORM.init({ clientUrl: DATABASE_URL, entities: [Order], ...(HELP ? options : {}) });
const em: any = orm.em.fork();
const one = async (text: string, ...values: unknown[]) => {
	// An array is a list to MikroORM.
	const questions = text.replace('ANY($1)', 'ANY(ARRAY[?]::ulid[])').replace(/\$\d/g, '?');
	return Object.values((await em.getConnection().execute(questions, values.flat()))[0] as object)[0] as any;
};
let tea: any, milk: any;

await task('create', () => orm.schema.create());
await task('insert', async () => {
	tea = em.create(Order, { item: 'tea' });
	milk = em.create(Order, { item: 'milk' });
	await em.flush();
	expect(String(tea.id), await one("SELECT id::text FROM orders WHERE item = 'tea'"));
});
await task('given', async () => {
	const id = await one('SELECT snowflake_nextval()');
	await em.persist(em.create(Order, { id, item: 'given' })).flush();
	expect(await one("SELECT id::text FROM orders WHERE item = 'given'"), id);
});
await task('by_id', async () => expect((await em.fork().findOneOrFail(Order, tea.id)).item, 'tea'));
await task('by_number', async () => expect((await em.fork().findOneOrFail(Order, { id: BigInt(tea.id) })).item, 'tea'));
await task('by_text', async () => expect((await em.fork().findOneOrFail(Order, { id: String(tea.id) })).item, 'tea'));
await task('list', async () => expect(await em.count(Order, { id: { $in: [tea.id, milk.id] } }), 2));
await task('time', async () => {
	// snippet: time
	const recent = await em.count(Order, { id: { $gte: raw('snowflake_lower_bound(?)', [hourAgo()]) } });
	// end
	expect(recent >= 2, true);
});
await task('null', async () => {
	await em.persist(em.create(Order, { item: 'none', parent: null })).flush();
	expect((await em.fork().findOneOrFail(Order, { item: 'none', parent: null })).parent, null);
});
await task('relation', async () => {
	milk.parent = tea;
	em.create(Order, { item: 'sugar', parent: tea });
	await em.flush();
	const rows = await em.fork().find(Order, { parent: tea.id }, { populate: ['parent'] });
	expect(rows.map((row: any) => row.parent.id), [tea.id, tea.id]);
	await em.refresh(milk);
	expect(milk.parent === tea, true);
});
await task('batch', async () => {
	const ids = await one('SELECT snowflake_nextvals(3)::text[]');
	await em.insertMany(Order, ids.map((id: string) => ({ id, item: 'batch', parent: tea.id })));
	expect(await one("SELECT array_agg(id::text ORDER BY id) FROM orders WHERE item = 'batch'"), ids);
});
await task('schema', async () => expect((await orm.schema.getUpdateSchemaSQL()).trim(), ''));
for (const statement of CREATE_TABLES.split(';\n').slice(1).filter(Boolean))
	await em.getConnection().execute(statement);
await identifiers(one);
jsonOf(tea);
await orm.close();
