--
-- Segments: numbers of a sequence, drawn by the range
--
CREATE SEQUENCE orders_seq;
CREATE TABLE orders (id bigint PRIMARY KEY DEFAULT segment_nextval('orders_seq'), item text);
INSERT INTO orders (item) VALUES ('first'), ('second') RETURNING id;
INSERT INTO orders (item) SELECT 'more' FROM generate_series(1, 100);
SELECT max(id) FROM orders;
SELECT segment_nextvals('orders_seq', 5);
SELECT segment_next_block('orders_seq', 50);
SELECT segment_take('orders_seq', 1000);

-- what was taken from the sequence, and where it is
SELECT last_value, log_cnt, is_called FROM orders_seq;
SELECT sequence, root, chunk, next, reserve, step, taken, issued, wasted, returned, refills, waits, last_error FROM segments;
SELECT segment_return('orders_seq');
SELECT nextval('orders_seq'), segment_nextval('orders_seq');

-- setval() is followed, but nothing comes twice
SELECT setval('orders_seq', 500000);
SELECT segment_nextval('orders_seq');
SELECT setval('orders_seq', 1);
SELECT segment_nextval('orders_seq') > 500001 AS above;

-- read-only, and lastval() is left alone
BEGIN READ ONLY;
SELECT segment_nextval('orders_seq') > 500001 AS above;
COMMIT;
SELECT lastval();

-- options
SELECT segment_configure('orders_seq', step => 100, order_by => 'session');
SELECT * FROM segment_options;
SELECT segment_configure('orders_seq', order_by => 'any');
SELECT segment_configure('orders_seq', step => -1);

-- what is no segment
\set VERBOSITY default
CREATE SEQUENCE down INCREMENT BY -1;
SELECT segment_nextval('down');
CREATE SEQUENCE around CYCLE;
SELECT segment_nextval('around');
CREATE TEMP SEQUENCE mine;
SELECT segment_nextval('mine');
SELECT segment_nextval('orders');
SELECT segment_nextvals('orders_seq', 0);
SELECT segment_take('orders_seq', 0);
CREATE SEQUENCE short MAXVALUE 3;
SELECT segment_next_block('short', 4);
SELECT segment_nextvals('short', 3);
SELECT segment_nextval('short');
CREATE SEQUENCE odd INCREMENT BY 2;
SELECT segment_nextval('odd'), segment_nextval('odd');
SELECT segment_take('odd', 2);

-- privileges
CREATE ROLE regress_idgen_reader;
SET ROLE regress_idgen_reader;
SELECT segment_nextval('orders_seq');
SELECT segment_return('orders_seq');
SELECT segment_configure('orders_seq', 5);
SELECT count(*) FROM segments;
RESET ROLE;
GRANT USAGE ON SEQUENCE orders_seq TO regress_idgen_reader;
SET ROLE regress_idgen_reader;
SELECT segment_nextval('orders_seq') > 500001 AS above;
SELECT sequence FROM segments;
RESET ROLE;
REVOKE USAGE ON SEQUENCE orders_seq FROM regress_idgen_reader;
DROP ROLE regress_idgen_reader;
DROP TABLE orders;
DROP SEQUENCE orders_seq, down, around, short, odd;
