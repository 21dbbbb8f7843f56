import { DataTypes, literal, Op, QueryTypes, Sequelize } from 'sequelize';
import { CREATE_TABLES, DATABASE_URL, expect, hourAgo, ID_TYPE, identifiers, jsonOf, task, version } from './tasks.ts';

version('Sequelize', 'sequelize');

const sequelize = new Sequelize(DATABASE_URL, { logging: false });
const type = ID_TYPE === 'bigint' ? DataTypes.BIGINT : 'snowflake';

// snippet: model
const Order = sequelize.define<any>('order', {
	id: { type, primaryKey: true, defaultValue: literal('snowflake_nextval()') },
	item: DataTypes.TEXT,
	parent_id: { type, references: { model: 'orders', key: 'id' } },
}, { timestamps: false });
Order.belongsTo(Order, { as: 'parent', foreignKey: 'parent_id' });
// end

const plain = (rows: any[]) => rows.map(row => row.get({ plain: true }));
let tea: any, milk: any;

await task('create', () => Order.sync());
await task('insert', async () => {
	tea = await Order.create({ item: 'tea' });
	milk = await Order.create({ item: 'milk' });
	const [{ id }] = await sequelize.query<any>("SELECT id::text FROM orders WHERE item = 'tea'", { type: QueryTypes.SELECT });
	expect(tea.id, id);
});
await task('given', async () => {
	const [{ id }] = await sequelize.query<any>('SELECT snowflake_nextval() AS id', { type: QueryTypes.SELECT });
	expect((await Order.create({ id, item: 'given' })).id, id);
});
await task('by_id', async () => expect((await Order.findByPk(tea.id)).item, 'tea'));
await task('by_number', async () => expect((await Order.findByPk(BigInt(tea.id) as any)).item, 'tea'));
await task('by_text', async () => expect((await Order.findByPk(String(tea.id))).item, 'tea'));
await task('list', async () => expect(await Order.count({ where: { id: [tea.id, milk.id] } }), 2));
await task('time', async () => {
	// snippet: time
	const bound = sequelize.fn('snowflake_lower_bound', hourAgo());
	const recent = await Order.count({ where: { id: { [Op.gte]: bound } } });
	// end
	expect(recent >= 2, true);
});
await task('null', async () => {
	const none = await Order.create({ item: 'none', parent_id: null });
	expect((await Order.findOne({ where: { id: none.id, parent_id: null } })).parent_id, null);
});
await task('relation', async () => {
	await Order.create({ item: 'sugar', parent_id: tea.id });
	milk.parent_id = tea.id;
	await milk.save();
	const rows = await Order.findAll({ where: { parent_id: tea.id }, include: 'parent', order: ['id'] });
	expect(rows.map(row => row.parent.id), [tea.id, tea.id]);
	expect((await milk.reload()).parent_id, tea.id);
});
await task('batch', async () => {
	const [{ ids }] = await sequelize.query<any>('SELECT snowflake_nextvals(3)::text[] AS ids', { type: QueryTypes.SELECT });
	const rows = await Order.bulkCreate(ids.map((id: string) => ({ id, item: 'batch', parent_id: tea.id })));
	expect(rows.map(row => row.id), ids);
	expect((await Order.bulkCreate([{ item: 'more' }, { item: 'more' }])).filter(row => typeof row.id === 'string').length, 2);
});
await task('schema', async () => {
	const before = plain(await Order.findAll({ order: ['id'] }));
	await sequelize.sync({ alter: true });
	expect(plain(await Order.findAll({ order: ['id'] })), before);
	await Order.create({ item: 'after' });
});
await sequelize.query(CREATE_TABLES.split(';\n').slice(1).join(';'));
await identifiers(async (text, ...bind) => Object.values((await sequelize.query<any>(text, { bind, type: QueryTypes.SELECT }))[0])[0]);
jsonOf(tea);
await sequelize.close();
