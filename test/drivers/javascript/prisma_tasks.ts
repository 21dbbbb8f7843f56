import { PrismaPg } from '@prisma/adapter-pg';
import { execFileSync } from 'node:child_process';
import { writeFileSync, mkdirSync } from 'node:fs';
import { CREATE_TABLES, DATABASE_URL, expect, HELP, hourAgo, ID_TYPE, identifiers, jsonOf, task, version } from './tasks.ts';

version('Prisma', '@prisma/client');

const directory = `${import.meta.dirname}/generated/${ID_TYPE}${HELP ? '-helped' : ''}`;
const plain = `
// snippet: bigint
model Order {
  id       BigInt  @id @default(dbgenerated("snowflake_nextval()"))
  item     String?
  parentId BigInt? @map("parent_id")
  parent   Order?  @relation("parts", fields: [parentId], references: [id])
  parts    Order[] @relation("parts")

  @@map("orders")
}
// end
`;
const helped = `
// snippet: model
model Order {
  id       String  @id @default(dbgenerated("snowflake_nextval()"))
  item     String?
  parentId String? @map("parent_id")
  parent   Order?  @relation("parts", fields: [parentId], references: [id])
  parts    Order[] @relation("parts")

  @@map("orders")
}
// end
`;
mkdirSync(directory, { recursive: true });
writeFileSync(`${directory}/schema.prisma`, `
generator client {
  provider = "prisma-client"
  output   = "./client"
}
datasource db {
  provider = "postgresql"
}
${(HELP ? helped : plain).replace(/^\/\/.*\n/gm, '')}`);
// To generate a client takes no engine; without a name of one, it is looked for on the network.
execFileSync(`${import.meta.dirname}/node_modules/.bin/prisma`, ['generate', '--schema', `${directory}/schema.prisma`],
	{ env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true', CHECKPOINT_DISABLE: '1' }, stdio: ['ignore', 'ignore', 'inherit'] });
const { PrismaClient } = await import(`${directory}/client/client.ts`);

const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: DATABASE_URL }) });
const one = async (text: string, ...values: unknown[]) =>
	Object.values(((await prisma.$queryRawUnsafe(text, ...values)) as any)[0])[0] as any;
const given = (id: string) => HELP ? id : BigInt(id);
let tea: any, milk: any;

await task('create', async () => {
	for (const statement of CREATE_TABLES.split(';\n').filter(Boolean))
		await prisma.$executeRawUnsafe(statement);
});
await task('insert', async () => {
	tea = await prisma.order.create({ data: { item: 'tea' } });
	milk = await prisma.order.create({ data: { item: 'milk' } });
	expect(String(tea.id), await one("SELECT id::text FROM orders WHERE item = 'tea'"));
});
await task('given', async () => {
	const id = await one('SELECT snowflake_nextval()::text');
	expect(String((await prisma.order.create({ data: { id: given(id), item: 'given' } })).id), id);
});
await task('by_id', async () => expect((await prisma.order.findUniqueOrThrow({ where: { id: tea.id } })).item, 'tea'));
await task('list', async () => expect(await prisma.order.count({ where: { id: { in: [tea.id, milk.id] } } }), 2));
await task('time', async () => {
	// snippet: time
	const first = await prisma.$queryRaw`SELECT snowflake_lower_bound(${hourAgo()})::text AS id`;
	const recent = await prisma.order.count({ where: { id: { gte: given(first[0].id) } } });
	// end
	expect(recent >= 2, true);
});
await task('null', async () => {
	const none = await prisma.order.create({ data: { item: 'none', parentId: null } });
	expect((await prisma.order.findFirstOrThrow({ where: { id: none.id, parentId: null } })).parentId, null);
});
await task('relation', async () => {
	await prisma.order.create({ data: { item: 'sugar', parentId: tea.id } });
	await prisma.order.update({ where: { id: milk.id }, data: { parent: { connect: { id: tea.id } } } });
	const rows = await prisma.order.findMany({ where: { parentId: tea.id }, include: { parent: true } });
	expect(rows.map((row: any) => row.parent.id), [tea.id, tea.id]);
	const { parts } = await prisma.order.findUniqueOrThrow({ where: { id: tea.id }, include: { parts: true } });
	expect(parts.length, 2);
});
await task('batch', async () => {
	const ids = await one('SELECT snowflake_nextvals(3)::text[]');
	await prisma.order.createMany({ data: ids.map((id: string) => ({ id: given(id), item: 'batch', parentId: tea.id })) });
	expect(await one("SELECT array_agg(id::text ORDER BY id) FROM orders WHERE item = 'batch'"), ids);
	expect((await prisma.order.createManyAndReturn({ data: [{ item: 'more' }, { item: 'more' }] })).length, 2);
});
await identifiers(async (text, ...values) => one(text.replace('$1', text.includes('payments') ? '$1::uuid' : '$1'), ...values));
jsonOf(tea);
await prisma.$disconnect();
