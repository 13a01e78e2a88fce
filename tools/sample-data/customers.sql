-- Adds the customers :first to :last.
INSERT INTO customers
SELECT
    number,
    initcap(pg_temp.word(h, 0)) || ' ' || initcap(pg_temp.word(h, 1)),
    pg_temp.word(h, 0) || '.' || pg_temp.word(h, 1) || number || '@' || pg_temp.word(h, 2) || '.example',
    initcap(pg_temp.word(h, 3)) || ' ' || initcap(pg_temp.word(h, 4)) || ' Street ' || 1 + get_byte(h, 5),
    initcap(pg_temp.word(h, 6)) || 'ton',
    (ARRAY['AT', 'BR', 'CH', 'DE', 'ES', 'FR', 'GB', 'IT', 'JP', 'NL', 'NO', 'PL', 'PT', 'SE', 'US', 'ZA'])[1 + get_byte(h, 7) % 16],
    timestamptz '2021-01-01 UTC' + number * interval '37 seconds' + get_byte(h, 8) * interval '1 second',
    get_byte(h, 9) < 100,
    CASE
        WHEN get_byte(h, 10) < 128 THEN
            concat_ws(' ', pg_temp.word(h, 11), pg_temp.word(h, 12), pg_temp.word(h, 13), pg_temp.word(h, 14),
                pg_temp.word(h, 15), pg_temp.word(h, 16), pg_temp.word(h, 17), pg_temp.word(h, 18))
    END
FROM generate_series(:first::bigint, :last::bigint) AS number,
    LATERAL (SELECT pg_temp.digest('customer', number) AS h OFFSET 0) AS digests;
