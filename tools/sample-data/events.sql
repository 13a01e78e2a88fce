-- Adds the events :first to :last, of the customers 1 to :customers.
INSERT INTO events
SELECT
    number,
    timestamptz '2023-01-01 UTC' + number * interval '1700 milliseconds' + get_byte(h, 0) * interval '1 millisecond',
    (ARRAY['page', 'page', 'page', 'search', 'basket', 'login', 'payment', 'mail'])[1 + get_byte(h, 1) % 8],
    CASE WHEN get_byte(h, 2) < 200 THEN 1 + (pg_temp.pair(h, 3)::bigint * 65536 + pg_temp.pair(h, 5)) % :customers END,
    encode(substr(h, 8, 16), 'hex')::uuid,
    pg_temp.pair(h, 24) % 900,
    concat_ws(' ', 'GET', '/' || pg_temp.word(h, 26) || '/' || pg_temp.word(h, 27) || '?q=' || pg_temp.word(h, 28),
        'HTTP/1.1', 200 + get_byte(h, 29) % 2 * 104, pg_temp.pair(h, 30), 'trace=' || encode(substr(h, 41, 12), 'hex'),
        'page=' || pg_temp.word(h, 32) || '-' || pg_temp.word(h, 33) || '-' || pg_temp.word(h, 34),
        'cache=' || CASE WHEN get_byte(h, 35) < 200 THEN 'hit' ELSE 'miss' END)
FROM generate_series(:first::bigint, :last::bigint) AS number,
    LATERAL (SELECT pg_temp.digest('event', number) AS h OFFSET 0) AS digests;
