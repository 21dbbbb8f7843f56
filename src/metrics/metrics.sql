--
-- Metrics for monitoring systems.
--

CREATE FUNCTION idgen_metrics(
	OUT name text,
	OUT type text,
	OUT help text,
	OUT labels jsonb,
	OUT value float8)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_metrics'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000 ROWS 100;

COMMENT ON FUNCTION idgen_metrics() IS
'samples of all metrics of idgen, with names, types and labels as Prometheus has them';

REVOKE ALL ON FUNCTION idgen_metrics() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION idgen_metrics() TO pg_monitor;

CREATE FUNCTION idgen_metrics_text()
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_metrics_text'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION idgen_metrics_text() IS
'the samples of idgen_metrics() in the text format of Prometheus, as for the textfile collector of node_exporter';

REVOKE ALL ON FUNCTION idgen_metrics_text() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION idgen_metrics_text() TO pg_monitor;
