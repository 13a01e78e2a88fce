-- The tables of a small shop.
CREATE TABLE customers (
    id bigint NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    street text NOT NULL,
    city text NOT NULL,
    country char(2) NOT NULL,
    created_at timestamptz NOT NULL,
    newsletter boolean NOT NULL,
    remark text
);
COMMENT ON TABLE customers IS 'who buys';

CREATE TABLE orders (
    id bigint NOT NULL,
    customer_id bigint NOT NULL,
    status text NOT NULL,
    placed_at timestamptz NOT NULL,
    total_cents integer NOT NULL,
    items jsonb NOT NULL,
    remark text
);
COMMENT ON TABLE orders IS 'what they buy';

CREATE TABLE events (
    id bigint NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    customer_id bigint,
    request uuid NOT NULL,
    milliseconds integer NOT NULL,
    message text NOT NULL
);
COMMENT ON TABLE events IS 'what happened; rows are only added, and the oldest removed';
