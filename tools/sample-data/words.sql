-- What the other files of this folder need in each session: the word list as functions, and a digest for each row.
-- All content follows from the rows' numbers and SHA-512, so that the same numbers yield the same rows anywhere.
-- Variables: words (the list as an array literal of 256 words).
SET client_min_messages = warning;
SET TimeZone = 'UTC';

CREATE FUNCTION pg_temp.word(digest bytea, place int) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (:'words'::text[])[1 + get_byte(digest, place)];

CREATE FUNCTION pg_temp.digest(kind text, number bigint) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sha512(convert_to(kind || ' ' || number, 'UTF8'));

-- A number from 0 to 65,535 that two bytes of a digest make.
CREATE FUNCTION pg_temp.pair(digest bytea, place int) RETURNS int
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN get_byte(digest, place) * 256 + get_byte(digest, place + 1);
