// Columns of idgen for Drizzle: snowflake() and ulid(), which are strings, and conditions on the time of an ID.

import { type Column, type SQL, sql } from 'drizzle-orm';
import { customType } from 'drizzle-orm/pg-core';

/** A snowflake, as a string: JavaScript's numbers are not exact above 2^53. A bigint may be given, too. */
export const snowflake = customType<{ data: string; driverData: string | bigint }>({
	dataType: () => 'snowflake',
	fromDriver: value => String(value),
	toDriver: value => String(value),
});

/** A ULID, as its 26 characters. */
export const ulid = customType<{ data: string; driverData: string }>({
	dataType: () => 'ulid',
});

/** Drizzle's bigint({ mode: 'number' }) rounds IDs; this is a bigint column that is a string. */
export const bigintId = customType<{ data: string; driverData: string | bigint }>({
	dataType: () => 'bigint',
	fromDriver: value => String(value),
	toDriver: value => String(value),
});

/** The default of a column of IDs: .default(nextSnowflake), .default(nextUlid). */
export const nextSnowflake = sql`snowflake_nextval()`;
export const nextUlid = sql`ulid()`;

/** IDs that were issued at this time or later, and before it: `where(and(since(orders.id, from), before(orders.id, to)))`. */
export const since = (id: Column, time: Date): SQL =>
	sql`${id} >= snowflake_lower_bound(${time.toISOString()}::timestamptz)`;
export const before = (id: Column, time: Date): SQL =>
	sql`${id} < snowflake_lower_bound(${time.toISOString()}::timestamptz)`;
