-- One day in the shop: about :percent % of the rows change. Variables: day, percent, and words as elsewhere here.
-- Of the changed customers and orders, a quarter are scattered over the whole table and the rest stand together, as
-- where a job goes through one month's orders. Events are only added, and as many of the oldest removed.

-- Whether a row is among the share (0 to 1) that is hit at random on this day.
CREATE FUNCTION pg_temp.is_hit(kind text, number bigint, share numeric) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('x' || left(md5(kind || ' ' || number || ' ' || :day), 7))::bit(28)::int < share * 268435456;

-- Where a run of the given length begins on this day among the numbers from 1 to the last.
CREATE FUNCTION pg_temp.run_start(kind text, length bigint, last bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 1 + ('x' || left(md5(kind || ' ' || :day), 7))::bit(28)::bigint % greatest(last - length, 1);

SELECT max(id) AS customers, ceil(count(*) * :percent / 100.0) AS changed_customers FROM customers \gset
SELECT max(id) AS orders, ceil(count(*) * :percent / 100.0) AS changed_orders FROM orders \gset
SELECT min(id) AS oldest, max(id) AS events, ceil(count(*) * :percent / 100.0) AS changed_events FROM events \gset

BEGIN;

UPDATE customers
SET remark = 'moved on day ' || :day || ' to ' || pg_temp.word(pg_temp.digest('move ' || :day, id), 0) || 'ton',
    newsletter = NOT newsletter
WHERE pg_temp.is_hit('customer', id, :percent / 400.0);

SELECT pg_temp.run_start('customer', ceil(:changed_customers * 0.75)::bigint, :customers) AS start \gset
UPDATE customers
SET street = initcap(pg_temp.word(pg_temp.digest('street ' || :day, id), 0)) || ' Road ' || 1 + (id + :day) % 200
WHERE id >= :start AND id < :start + ceil(:changed_customers * 0.65);

UPDATE orders
SET status = 'returned', total_cents = total_cents - 1, remark = 'Returned on day ' || :day || '.'
WHERE pg_temp.is_hit('order', id, :percent / 400.0);

SELECT pg_temp.run_start('order', ceil(:changed_orders * 0.55)::bigint, :orders) AS start \gset
UPDATE orders
SET status = 'archived', items = jsonb_set(items, '{archived}', to_jsonb('day ' || :day))
WHERE id >= :start AND id < :start + ceil(:changed_orders * 0.55);

SELECT pg_temp.run_start('removal', ceil(:changed_orders * 0.1)::bigint, :orders) AS start \gset
DELETE FROM orders WHERE id >= :start AND id < :start + ceil(:changed_orders * 0.1);
DELETE FROM events WHERE id < :oldest + :changed_events;

SELECT :customers + 1 AS first, :customers + ceil(:changed_customers * 0.1)::bigint AS last \gset
\ir customers.sql
SELECT :customers + ceil(:changed_customers * 0.1)::bigint AS customers \gset
SELECT :orders + 1 AS first, :orders + ceil(:changed_orders * 0.1)::bigint AS last \gset
\ir orders.sql
SELECT :events + 1 AS first, :events + :changed_events::bigint AS last \gset
\ir events.sql

COMMIT;

-- Done here and not by autovacuum, so that the next day's rows find the same free places each time.
VACUUM ANALYZE;
