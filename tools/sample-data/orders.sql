-- Adds the orders :first to :last, placed by the customers 1 to :customers.
INSERT INTO orders
SELECT
    number,
    1 + (pg_temp.pair(h, 0)::bigint * 65536 + pg_temp.pair(h, 2)) % :customers,
    (ARRAY['delivered', 'delivered', 'delivered', 'delivered', 'delivered', 'sent', 'paid', 'returned'])[1 + get_byte(h, 4) % 8],
    timestamptz '2022-01-01 UTC' + number * interval '11 seconds' + get_byte(h, 5) * interval '10 milliseconds',
    100 + pg_temp.pair(h, 6),
    jsonb_build_object(
        'lines', jsonb_build_array(
            jsonb_build_object(
                'sku', upper(left(pg_temp.word(h, 8), 3)) || '-' || pg_temp.pair(h, 9), 'quantity', 1 + get_byte(h, 11) % 4,
                'title', pg_temp.word(h, 8) || ' ' || pg_temp.word(h, 12), 'cents', 95 + 100 * get_byte(h, 13)),
            jsonb_build_object(
                'sku', upper(left(pg_temp.word(h, 14), 3)) || '-' || pg_temp.pair(h, 15), 'quantity', 1 + get_byte(h, 17) % 3,
                'title', pg_temp.word(h, 14) || ' ' || pg_temp.word(h, 18), 'cents', 50 + 100 * get_byte(h, 19))),
        'shipping', jsonb_build_object(
            'carrier', (ARRAY['post', 'courier', 'bicycle', 'freight'])[1 + get_byte(h, 20) % 4],
            'tracking', encode(substr(h, 44, 16), 'hex'), 'gift', get_byte(h, 32) < 20)),
    CASE
        WHEN get_byte(h, 33) < 160 THEN
            concat_ws(' ', initcap(pg_temp.word(h, 34)), pg_temp.word(h, 35), pg_temp.word(h, 36), pg_temp.word(h, 37),
                pg_temp.word(h, 38), pg_temp.word(h, 39), pg_temp.word(h, 40), pg_temp.word(h, 41), pg_temp.word(h, 42)) || '.'
    END
FROM generate_series(:first::bigint, :last::bigint) AS number,
    LATERAL (SELECT pg_temp.digest('order', number) AS h OFFSET 0) AS digests;
