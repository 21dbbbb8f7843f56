SELECT count(snowflake_nextval()) FROM generate_series(1, 1000);
