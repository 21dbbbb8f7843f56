-- What SQL alone shows of the reservation: columns, markings and privileges, counters
-- that fit each other, and a reset that refuses what it must.
BEGIN;
SELECT plan(26);

-- the first ID of all takes a reservation
CREATE TEMP TABLE first_id AS SELECT snowflake_nextval() AS id;

-- idgen_status(): columns, in this order, with these types
SELECT is(
	(SELECT string_agg(format('%s %s', name, type::regtype), ', ' ORDER BY n)
	 FROM pg_proc, unnest(proargnames, proallargtypes, proargmodes) WITH ORDINALITY AS a (name, type, mode, n)
	 WHERE oid = 'idgen_status()'::regprocedure AND mode = 'o'),
	'datacenter_id integer, worker_id integer, layout text, timeline_at timestamp with time zone, '
	'ahead_of_clock interval, reserved_until timestamp with time zone, preloaded boolean, ids_issued bigint, '
	'chunks_taken bigint, sequence_waits bigint, drift_waits bigint, reservation_waits bigint, lease_waits bigint, time_waited interval, '
	'reservations bigint, time_reserving interval, regressions bigint, largest_regression interval, lead interval, lead_since timestamp with time zone, lead_time_left interval, horizon_lag interval',
	'columns of idgen_status()');
SELECT columns_are('idgen_slots', ARRAY['pid', 'ids_issued', 'chunks_taken', 'waits', 'time_waited', 'last_id_at']);

-- what it tells is so
SELECT ok(reserved_until > timeline_at, 'time is reserved beyond the last ID') FROM idgen_status();
SELECT ok(reserved_until > snowflake_timestamp(id), '... whoever made it') FROM first_id, idgen_status();
SELECT ok(reserved_until <= clock_timestamp() + interval '1 ms' + current_setting('idgen.max_drift')::interval
	+ current_setting('idgen.reserve_ahead')::interval, '... but not further than the settings say') FROM idgen_status();
SELECT ok(reservations > 0 AND time_reserving >= '0', 'reservations are counted') FROM idgen_status();
SELECT ok(sequence_waits >= 0 AND drift_waits >= 0 AND reservation_waits > 0, 'so are waits') FROM idgen_status();
SELECT ok((regressions = 0) = (largest_regression = '0'), 'so are regressions of the clock') FROM idgen_status();
SELECT is(count(*), 1::bigint, 'there is an origin') FROM pg_replication_origin WHERE roname = 'idgen';
SELECT ok(pg_replication_origin_progress('idgen', false) - '0/0' >= extract(epoch FROM reserved_until) * 1000000,
	'... with what is reserved, in microseconds since 1970') FROM idgen_status();

CREATE TEMP TABLE before AS SELECT * FROM idgen_status();
SELECT lives_ok('SELECT * FROM idgen_status(), idgen_slots', 'looking');
SELECT is(s.reservations, b.reservations, '... reserves nothing') FROM before b, idgen_status() s;

-- idgen_reset_timeline()
SELECT has_function('idgen_reset_timeline', ARRAY['timestamp with time zone', 'boolean']);
SELECT function_returns('idgen_reset_timeline', ARRAY['timestamp with time zone', 'boolean'], 'timestamp with time zone');
SELECT volatility_is('idgen_reset_timeline', ARRAY['timestamp with time zone', 'boolean'], 'volatile');
SELECT volatility_is('idgen_status', ARRAY[]::name[], 'volatile');
SELECT isnt_strict('idgen_reset_timeline', ARRAY['timestamp with time zone', 'boolean']);
SELECT is(proparallel, 'u'::"char", 'no parallel worker resets the timeline')
FROM pg_proc WHERE proname = 'idgen_reset_timeline';
SELECT isnt(obj_description('idgen_reset_timeline(timestamptz, boolean)'::regprocedure), NULL, 'it has a comment');

CREATE ROLE regress_idgen_user;
SELECT ok(NOT has_function_privilege('regress_idgen_user', 'idgen_reset_timeline(timestamptz, boolean)', 'EXECUTE'),
	'it is not for everyone');
SELECT ok(has_function_privilege('regress_idgen_user', 'idgen_status()', 'EXECUTE'), '... but its result is');

SELECT throws_ok('SELECT idgen_reset_timeline(clock_timestamp() - interval ''1 minute'')', '55000', NULL,
	'no way back over IDs that were made');
SELECT throws_ok('SELECT idgen_reset_timeline(start => ''infinity'')', '22008', NULL, 'no start at the end of time');
SELECT throws_ok('SELECT idgen_reset_timeline(start => ''2019-12-31 23:59:59+00'', force => true)', '22008', NULL,
	'no start before the epoch');
SELECT throws_ok('SELECT idgen_reset_timeline(start => ''2089-09-06 15:47:35.552+00'', force => true)', '22008', NULL,
	'no start past the end of the time field');
SELECT ok(snowflake_nextval() > id, 'IDs go on above') FROM first_id;

SELECT * FROM finish();
ROLLBACK;
