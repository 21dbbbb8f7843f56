--
-- What an ID from anywhere is: pictures, which depend on nothing, and guesses
--
\pset format unaligned
\t on

-- published IDs, in the layouts they are of
SELECT snowflake_inspect(175928847299117063, 'discord');
SELECT snowflake_inspect(1541815603606036480, 'twitter');
SELECT snowflake_inspect(2384288897814875714, 'instagram');
SELECT snowflake_inspect(235191684988928001, 'cockroach');
SELECT snowflake_inspect(136169504773242881, 'pgedge1');
SELECT snowflake_inspect(170505378935607296, 'pgedge');
SELECT snowflake_inspect(129053495681099, 'yitter');
-- of a configuration that is no preset
SELECT snowflake_inspect(180363646902239241, 'time 29 bits of 1 s since 2016-09-19 16:00:00, worker 21, sequence 13');

-- the sign, bits that are not used, a time that is none, a time that is too far to tell
SELECT snowflake_inspect(-1, 'discord');
SELECT snowflake_inspect(-1, 'sonyflake');
SELECT snowflake_inspect(9007199254740992, 'js53');
SELECT snowflake_inspect(281479271743489, 'hybrid');
SELECT snowflake_inspect(-1, 'time 44 bits of 1 s since 1970-01-01, sequence 20');
SELECT snowflake_inspect(0, 'seata');

-- text, as it is found
SELECT snowflake_inspect('18446744073709551615', 'tso') = snowflake_inspect(-1, 'tso') AS unsigned,
       snowflake_inspect('-1', 'tso') = snowflake_inspect(-1, 'tso') AS signed,
       snowflake_inspect(E' "175,928,847,299,117,063"\n', 'discord') = snowflake_inspect(175928847299117063, 'discord') AS quoted,
       snowflake_inspect('175_928 847299117063'::varchar, 'discord') = snowflake_inspect(175928847299117063, 'discord') AS divided,
       snowflake_inspect(snowflake '175928847299117063', 'discord') = snowflake_inspect(175928847299117063, 'discord') AS snowflake,
       snowflake_inspect(7, 'discord') = snowflake_inspect('0007', 'discord') AS small;
SELECT snowflake_inspect('', 'discord');
SELECT snowflake_inspect('-', 'discord');
SELECT snowflake_inspect('12.5', 'discord');
SELECT snowflake_inspect('1-2', 'discord');
SELECT snowflake_inspect('0x0271065AC1020007', 'discord');
SELECT snowflake_inspect('18446744073709551616', 'discord');
SELECT snowflake_inspect('99999999999999999999999', 'discord');
SELECT snowflake_inspect('-9223372036854775809', 'discord');
-- what is no Snowflake ID: a UUID, a ULID, and one that has no letter
SELECT snowflake_inspect('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
SELECT snowflake_inspect('"01ARZ3NDEKTSV4RRFFQ69G5FAV"', 'discord');
SELECT snowflake_inspect('01234567890123456789012345');
SELECT snowflake_inspect(NULL::bigint, 'discord') IS NULL AND snowflake_inspect(NULL::text) IS NULL AS "null";

-- without a layout; what depends on the day is left out
SELECT line FROM (VALUES (1, '5'), (2, '-1'), (3, '18446744073709551615'), (4, '129053495681099')) v(n, id),
       unnest((string_to_array(snowflake_inspect(id), E'\n'))[1:2]) WITH ORDINALITY AS l(line, at)
ORDER BY n, at;
SELECT line FROM unnest((string_to_array(snowflake_inspect(snowflake_nextval() & -4194304 | 4099), E'\n'))[2:5]) AS line;
-- nodes in the millions are no first guess, and what counts from 1970 is known
SELECT (string_to_array(snowflake_inspect(7102577116159582209), E'\n'))[2];
-- IDs of the database's generators are among the candidates, also those of layouts that they had
SELECT snowflake_create_generator('regress_parts', 'time 40 bits of 1 ms since 2025-06-01, shard 7, sequence 16', shard_id => 5);
SELECT snowflake_create_generator('regress_media', 'instagram', shard_id => 3);
SELECT regexp_replace(line, '\d+( %  \S.*?) .*:', '...\1 ...') FROM unnest(string_to_array(snowflake_inspect(snowflake_nextval('regress_parts')), E'\n')) AS line
WHERE line ~ 'Most likely|layout of';
SELECT split_part(snowflake_inspect(snowflake_nextval('regress_media')), E'\n', 2);
DROP SERVER regress_parts, regress_media;
-- which form is meant
SELECT split_part(snowflake_inspect('175928847299117063'), E'\n', 1);
SELECT split_part(snowflake_inspect(175928847299117063), E'\n', 1);
SELECT snowflake_inspect('pgedge');
\t off
\pset format aligned
