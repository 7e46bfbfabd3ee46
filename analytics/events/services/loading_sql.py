"""The statements of `loading`, in their order. Table names are constants; values are parameters."""

from typing import Final

CATEGORIES: Final = """
INSERT INTO events_category (external_id, name)
SELECT DISTINCT left(category, 100), left(category, 200) FROM stage_product WHERE category <> ''
ON CONFLICT (external_id) DO NOTHING
"""

# the first row that names a product names it; a newer file renames it
PRODUCTS: Final = """
INSERT INTO events_product AS p (external_id, name, brand, cost, category_id)
SELECT s.external_id, coalesce(n.name, ''), '', c.cost, k.id
FROM (SELECT DISTINCT external_id FROM stage_product) s
LEFT JOIN (SELECT DISTINCT ON (external_id) external_id, left(name, 300) AS name
           FROM stage_product WHERE name <> '' ORDER BY external_id, row_no) n USING (external_id)
LEFT JOIN (SELECT DISTINCT ON (external_id) external_id, category
           FROM stage_product WHERE category <> '' ORDER BY external_id, row_no) g
       USING (external_id)
LEFT JOIN (SELECT DISTINCT ON (external_id) external_id, cost
           FROM stage_product WHERE cost IS NOT NULL ORDER BY external_id, row_no DESC) c
       USING (external_id)
LEFT JOIN events_category k ON k.external_id = left(g.category, 100)
ORDER BY s.external_id
ON CONFLICT (external_id) DO UPDATE SET
    name = coalesce(nullif(excluded.name, ''), p.name),
    cost = coalesce(excluded.cost, p.cost),
    category_id = coalesce(excluded.category_id, p.category_id)
WHERE excluded.name NOT IN ('', p.name)
   OR excluded.cost IS DISTINCT FROM coalesce(p.cost, excluded.cost)
   OR (excluded.cost IS NOT NULL AND p.cost IS NULL)
   OR (excluded.category_id IS NOT NULL AND p.category_id IS DISTINCT FROM excluded.category_id)
"""

PEOPLE: Final = """
CREATE TEMP TABLE stage_customer ON COMMIT DROP AS
SELECT o.customer AS external_id, NULL::bigint AS customer_id, false AS is_new,
    p.city, p.country, min(o.first_row) AS first_row
FROM stage_order o
LEFT JOIN (SELECT DISTINCT ON (external_id) external_id, city, country
           FROM stage_person ORDER BY external_id, first_row) p ON p.external_id = o.customer
WHERE o.customer IS NOT NULL AND o.customer_id IS NULL
GROUP BY 1, 4, 5
"""

# where the file says no cost price, the product's own is taken
HAS_COSTS: Final = "SELECT 1 FROM events_product WHERE cost IS NOT NULL LIMIT 1"
COSTS: Final = """
UPDATE stage_order s SET cost = c.cost FROM (
    SELECT l.ext, CASE WHEN count(*) = count(coalesce(l.cost, p.cost))
                       THEN sum(coalesce(l.cost, l.quantity * p.cost)) END AS cost
    FROM stage_line l LEFT JOIN events_product p ON p.external_id = l.product GROUP BY l.ext) c
WHERE c.ext = s.ext
"""

# One row an order: who, when, how much. A return is negative however its lines were written.
PLAN: Final = """
CREATE TEMP TABLE stage_plan ON COMMIT DROP AS
WITH orders AS (
    SELECT s.ext, s.ts, s.first_row, s.lines, s.status, s.is_return,
        -- a sale of an erased person stays under its stand-in, whoever the file says it was
        CASE WHEN o.customer_id < 0 THEN o.customer_id
             ELSE coalesce(s.customer_id, c.customer_id) END AS customer_id, s.discount,
        CASE WHEN s.is_return THEN -s.size ELSE s.amount END::bigint AS revenue,
        CASE WHEN s.is_return THEN -s.pieces ELSE s.items END::int AS items,
        CASE WHEN s.is_return THEN -abs(s.cost) ELSE s.cost END::bigint AS cost,
        o.id, o.public_id, o.customer_id AS old_customer_id, o.ts AS old_ts
    FROM stage_order s
    LEFT JOIN stage_customer c ON c.external_id = s.customer AND s.customer_id IS NULL
    LEFT JOIN events_order o ON o.external_id = s.ext AND o.source = %(source)s
    ORDER BY s.first_row
)
SELECT ext, ts, lines, status, is_return, customer_id, discount::bigint AS discount, revenue, items,
    cost, CASE WHEN cost IS NULL THEN round(revenue * %(margin)s / 10000.0)::bigint
               ELSE revenue - cost END AS margin,
    cost IS NULL AS is_margin_assumed,
    coalesce(id, nextval(pg_get_serial_sequence('events_order', 'id'))) AS order_id,
    coalesce(public_id, uuidv7()) AS public_id,
    id IS NULL AS is_new, false AS is_same, old_customer_id, old_ts
FROM orders
"""
PLAN_COUNTS: Final = """
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM stage_plan
"""

_LINES = """
SELECT p.order_id, l.number, g.id AS product_id,
    CASE WHEN p.is_return THEN -abs(l.quantity) ELSE l.quantity END AS quantity, l.price,
    l.discount, CASE WHEN p.is_return THEN -abs(l.amount) ELSE l.amount END AS amount,
    CASE WHEN p.is_return THEN -abs(coalesce(l.cost, l.quantity * g.cost))
         ELSE coalesce(l.cost, l.quantity * g.cost) END AS cost
FROM stage_line l JOIN stage_plan p ON p.ext = l.ext
LEFT JOIN events_product g ON g.external_id = l.product
"""

DIFFERENT: Final = f"""
CREATE TEMP TABLE stage_different ON COMMIT DROP AS
WITH fresh AS ({_LINES} WHERE NOT p.is_new), kept AS (
    SELECT order_id, number, product_id, quantity, price, discount, amount, cost
    FROM events_orderline
    WHERE order_id IN (SELECT order_id FROM stage_plan WHERE NOT is_new))
SELECT DISTINCT order_id FROM (
    (TABLE fresh EXCEPT ALL TABLE kept) UNION ALL (TABLE kept EXCEPT ALL TABLE fresh)) d
"""
MARK_SAME: Final = """
UPDATE stage_plan p SET is_same = true FROM events_order o
WHERE NOT p.is_new AND o.id = p.order_id AND o.ts = p.ts AND o.status = p.status
  AND o.customer_id IS NOT DISTINCT FROM p.customer_id
  AND (o.kind = 'return') = p.is_return
  AND p.order_id NOT IN (SELECT order_id FROM stage_different)
"""

DROP_OLD_EVENTS: Final = """
DELETE FROM events_event e USING stage_plan p
WHERE NOT p.is_new AND NOT p.is_same AND e.customer_id = p.old_customer_id AND e.ts = p.old_ts
  AND e.event_id = p.public_id
"""
DROP_OLD_LINES: Final = """
DELETE FROM events_orderline l USING stage_plan p
WHERE NOT p.is_new AND NOT p.is_same AND l.order_id = p.order_id
"""
UPDATE_ORDERS: Final = """
UPDATE events_order o SET customer_id = p.customer_id, ts = p.ts, status = p.status,
    kind = CASE WHEN p.is_return THEN 'return' ELSE 'sale' END, revenue = p.revenue,
    discount = p.discount, cost = p.cost, margin = p.margin, items = p.items,
    is_margin_assumed = p.is_margin_assumed, received_at = now()
FROM stage_plan p WHERE o.id = p.order_id AND NOT p.is_new AND NOT p.is_same
"""
INSERT_ORDERS: Final = """
INSERT INTO events_order (id, public_id, source, external_id, customer_id, ts, kind, status,
    revenue, discount, cost, margin, is_margin_assumed, items)
SELECT order_id, public_id, %s, ext, customer_id, ts,
    CASE WHEN is_return THEN 'return' ELSE 'sale' END, status, revenue, discount, cost, margin,
    is_margin_assumed, items
FROM stage_plan WHERE is_new ORDER BY order_id
"""
INSERT_LINES: Final = f"""
INSERT INTO events_orderline (order_id, number, product_id, quantity, price, discount, amount,
    cost) {_LINES} WHERE NOT p.is_same
"""

EVENT_MONTHS: Final = """
SELECT DISTINCT date_trunc('month', ts AT TIME ZONE 'UTC')::date FROM stage_plan
WHERE customer_id IS NOT NULL AND NOT is_same AND status = 'paid'
"""
# what an order is about: the category that most of its money went to
TOP_CATEGORIES: Final = """
CREATE TEMP TABLE stage_category ON COMMIT DROP AS
SELECT DISTINCT ON (s.ext) s.ext, s.name FROM (
    SELECT l.ext, k.name, sum(abs(l.amount)) AS size FROM stage_line l
    JOIN events_product g ON g.external_id = l.product
    JOIN events_category k ON k.id = g.category_id GROUP BY 1, 2) s
ORDER BY s.ext, s.size DESC, s.name
"""
# the event of an order carries the order's public id, so that a replaced order replaces it
INSERT_EVENTS: Final = """
INSERT INTO events_event (customer_id, ts, event_id, kind, subject_id, category, amount,
    properties, source)
SELECT p.customer_id, p.ts, p.public_id, CASE WHEN p.is_return THEN 'return' ELSE 'order' END,
    p.order_id, left(c.name, 100), p.revenue, '{}', %s
FROM stage_plan p LEFT JOIN stage_category c ON c.ext = p.ext
WHERE p.customer_id IS NOT NULL AND NOT p.is_same AND p.status = 'paid'
"""
TOUCHED: Final = """
CREATE TEMP TABLE stage_touched ON COMMIT DROP AS
SELECT customer_id FROM stage_plan WHERE NOT is_same AND customer_id IS NOT NULL
UNION
SELECT old_customer_id FROM stage_plan WHERE NOT is_same AND old_customer_id IS NOT NULL
"""
STAGES: Final = (
    "stage_customer", "stage_plan", "stage_different", "stage_category", "stage_touched",
)  # fmt: skip
