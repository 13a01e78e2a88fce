-- Keys and indexes, made after the rows because that is faster.
ALTER TABLE customers ADD PRIMARY KEY (id);
ALTER TABLE orders ADD PRIMARY KEY (id);
ALTER TABLE events ADD PRIMARY KEY (id);
CREATE INDEX orders_by_customer ON orders (customer_id);
CREATE INDEX events_by_time ON events (at);
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers (id);
VACUUM ANALYZE;
