"""A large base made inside the database, for plans and speed: skewed, seeded, no files.

One customer in a thousand causes a large part of the events, as in real bases; the last third of
the customers never bought. Call it inside a tenant.
"""

from datetime import timedelta

from analytics.events.partitions import ensure_partitions
from analytics.features.services import refresh_rfm
from cvm_platform.common import bulk, clock

DAYS = 700
_SEED = "SELECT setseed(0.42)"
_CUSTOMERS = """
INSERT INTO customers_customer (id, public_id, status, lifecycle_stage, timezone, language, city,
    age_band, attributes, tags, source)
SELECT n, gen_random_uuid(), 'active', '', '', 'ru',
    (ARRAY['Москва','Москва','Москва','Тверь','Казань','Омск','Сочи','Пермь','Уфа','Томск'])
        [1 + n %% 10],
    '', jsonb_build_object('grind', (ARRAY['fine','coarse','whole'])[1 + n %% 3]), '{}', 'bench'
FROM generate_series(1, %s) n
"""
_EVENTS = """
INSERT INTO events_event (customer_id, ts, event_id, kind, category, amount, properties, source)
SELECT 1 + floor(%(buyers)s * power(random(), 2.5))::bigint,
    %(now)s - random() * interval '1 day' * %(days)s, gen_random_uuid(), kind,
    (ARRAY['Кофе','Чай','Сладости','Посуда','Кофемашины'])[1 + floor(5 * power(random(), 2))::int],
    CASE WHEN kind = 'order' THEN 10000 + floor(400000 * power(random(), 3))::bigint END, '{}',
    'bench'
FROM (SELECT (ARRAY['sent','sent','sent','open','open','visit','product_view','product_view',
                    'click','order'])[1 + n %% 10] AS kind
      FROM generate_series(1, %(events)s) n) kinds
"""
_ORDERS = """
INSERT INTO events_order (public_id, source, external_id, customer_id, ts, kind, status, revenue,
    discount, margin, is_margin_assumed, items)
SELECT event_id, 'bench', event_id::text, customer_id, ts, 'sale', 'paid', amount, 0,
    amount * 3 / 10, false, 1
FROM events_event WHERE kind = 'order'
"""
_STATS = """
INSERT INTO events_customerstats (customer_id, first_order_at, last_order_at, orders, revenue,
    margin, returns, items, last_visit_at, last_sent_at, last_open_at, last_click_at,
    order_months, active_months)
SELECT c.id, e.first_order_at, e.last_order_at, coalesce(e.orders, 0), coalesce(e.revenue, 0),
    coalesce(e.revenue, 0) * 3 / 10, 0, coalesce(e.orders, 0), e.visit, e.sent, e.open,
    e.click, 0, 0
FROM customers_customer c LEFT JOIN (
    SELECT customer_id, min(ts) FILTER (WHERE kind = 'order') AS first_order_at,
        max(ts) FILTER (WHERE kind = 'order') AS last_order_at,
        count(*) FILTER (WHERE kind = 'order') AS orders, sum(amount) AS revenue,
        max(ts) FILTER (WHERE kind = 'visit') AS visit,
        max(ts) FILTER (WHERE kind = 'sent') AS sent,
        max(ts) FILTER (WHERE kind = 'open') AS open,
        max(ts) FILTER (WHERE kind = 'click') AS click
    FROM events_event GROUP BY customer_id) e ON e.customer_id = c.id
"""
_CONTACTS = """
INSERT INTO customers_contactpoint (customer_id, kind, sealed, address_hmac, provider, status,
    is_primary)
SELECT id, 'email', '\\x00', decode(md5(id::text), 'hex'), 'example.com', 'active', true
FROM customers_customer WHERE id %% 10 < 7
"""
_PERMISSIONS = """
INSERT INTO privacy_adpermission (public_id, customer_id, channel, address_hmac, status,
    identity_proof, verified_at, given_at, revoke_source, details, evidence_id)
SELECT gen_random_uuid(), customer_id, 'EMAIL', address_hmac, 'ACTIVE', 'DOI_EMAIL', now(),
    now(), '', '{}', 1
FROM customers_contactpoint WHERE customer_id %% 10 < 6
"""
_CONSENTS = """
INSERT INTO privacy_consentrecord (public_id, customer_id, purpose, status, given_at, source,
    details, evidence_id)
SELECT gen_random_uuid(), customer_id, 'PROMO_DIRECT', 'ACTIVE', now(), 'bench', '{}', 1
FROM customers_contactpoint WHERE customer_id %% 10 < 6
"""
_STOPS = """
INSERT INTO privacy_suppression (channel, address_hmac, reason, since)
SELECT 'EMAIL', address_hmac, 'unsubscribe', now() FROM customers_contactpoint
WHERE customer_id %% 100 = 1
"""
TABLES = (
    "customers_customer", "events_event", "events_order", "events_customerstats",
    "customers_contactpoint", "privacy_adpermission", "privacy_consentrecord",
    "privacy_suppression",
)  # fmt: skip


def fill_base(*, customers: int, events: int) -> None:
    """Rows for the entered tenant, then RFM, then fresh statistics for the planner."""
    now = clock.now()
    ensure_partitions((now - timedelta(days=DAYS)).date(), now.date())
    bulk.run(_SEED)
    bulk.run(_CUSTOMERS, [customers])
    values = {"buyers": customers * 2 // 3, "now": now, "days": DAYS, "events": events}
    bulk.run(_EVENTS, values)
    for statement in (_ORDERS, _STATS, _CONTACTS, _PERMISSIONS, _CONSENTS, _STOPS):
        bulk.run(statement.replace("%%", "%"))
    refresh_rfm()
    for table in (*TABLES, "features_rfmscore"):
        bulk.run(f"ANALYZE {table}")
