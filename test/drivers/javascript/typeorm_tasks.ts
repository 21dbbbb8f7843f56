import 'reflect-metadata';
import { BaseEntity, Column, DataSource, Entity, In, JoinColumn, ManyToOne, PrimaryColumn, Raw } from 'typeorm';
import { CREATE_TABLES, DATABASE_URL, expect, HELP, hourAgo, ID_TYPE, identifiers, jsonOf, task, version } from './tasks.ts';

version('TypeORM', 'typeorm');

const type = (ID_TYPE === 'snowflake' && !HELP ? 'bigint' : ID_TYPE) as 'bigint';

// snippet: entity
@Entity('orders')
class Order extends BaseEntity {
	@PrimaryColumn({ type, default: () => 'snowflake_nextval()' })
	id!: string;

	@Column({ type: 'text', nullable: true })
	item!: string | null;

	@Column({ type, nullable: true })
	parent_id!: string | null;

	@ManyToOne(() => Order)
	@JoinColumn({ name: 'parent_id' })
	parent!: Order | null;
}
// end

const source = new DataSource({ type: 'postgres', url: DATABASE_URL, entities: [Order] });
if (HELP) {
	// snippet: type
	// Before initialize(), or else TypeORM refuses the type.
	source.driver.supportedDataTypes.push('snowflake' as any);
	// end
}
await source.initialize();

const one = async (text: string, ...values: unknown[]) => Object.values((await source.query(text, values))[0])[0] as any;
let tea!: Order, milk!: Order;

await task('create', async () => {
	if (HELP || ID_TYPE === 'bigint')
		await source.synchronize();
	else
		await source.query(CREATE_TABLES.split(';\n')[0]);
});
await task('insert', async () => {
	tea = await Order.create({ item: 'tea' }).save();
	milk = await Order.create({ item: 'milk' }).save();
	expect(tea.id, await one("SELECT id::text FROM orders WHERE item = 'tea'"));
});
await task('given', async () => {
	const id = await one('SELECT snowflake_nextval()');
	expect((await Order.create({ id, item: 'given' }).save()).id, id);
});
await task('by_id', async () => expect((await Order.findOneByOrFail({ id: tea.id })).item, 'tea'));
await task('by_number', async () => expect((await Order.findOneByOrFail({ id: BigInt(tea.id) as any })).item, 'tea'));
await task('by_text', async () => expect((await Order.findOneByOrFail({ id: String(tea.id) })).item, 'tea'));
await task('list', async () => expect(await Order.countBy({ id: In([tea.id, milk.id]) }), 2));
await task('time', async () => {
	// snippet: time
	const recent = await Order.countBy({ id: Raw(id => `${id} >= snowflake_lower_bound(:time)`, { time: hourAgo() }) });
	// end
	expect(recent >= 2, true);
});
await task('null', async () => {
	const none = await Order.create({ item: 'none', parent_id: null }).save();
	expect((await Order.findOneByOrFail({ id: none.id })).parent_id, null);
});
await task('relation', async () => {
	milk.parent = tea;
	await milk.save();
	await Order.create({ item: 'sugar', parent_id: tea.id }).save();
	const rows = await Order.find({ where: { parent: { id: tea.id } }, relations: { parent: true } });
	expect(rows.map(row => row.parent!.id), [tea.id, tea.id]);
	await milk.reload();
	expect(milk.parent_id, tea.id);
});
await task('batch', async () => {
	const ids = await one('SELECT snowflake_nextvals(3)::text[]');
	await Order.insert(ids.map((id: string) => ({ id, item: 'batch', parent_id: tea.id })));
	expect((await Order.find({ where: { item: 'batch' }, order: { id: 'ASC' } })).map(({ id }) => id), ids);
});
await task('schema', async () => {
	const before = await one('SELECT array_agg(id::text ORDER BY id) FROM orders');
	const { upQueries } = await source.driver.createSchemaBuilder().log();
	// What `synchronize` would do.
	expect(upQueries.filter(({ query }) => / DROP COLUMN /.test(query)).map(({ query }) => query), []);
	await source.synchronize();
	expect(await one('SELECT array_agg(id::text ORDER BY id) FROM orders'), before);
});
await source.query(CREATE_TABLES.split(';\n').slice(1).join(';'));
await identifiers(one);
jsonOf(tea);
await source.destroy();
