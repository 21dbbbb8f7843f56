SELECT cardinality(snowflake_nextvals(:'generator', :batch));
