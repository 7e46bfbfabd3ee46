"""RFM of the whole base in one statement, straight from the rollups.

Scores. A buyer's score is the quintile in which the *middle* of the group of equal values lies
(ridit scores: Bross 1958, "How to use ridit analysis", Biometrics 14): with `below` buyers
having less and `equal` having the same, score = ceil(5 * (below + equal / 2) / n).
- Equal values always get the same score, which `ntile` breaks at random.
- It is symmetric. `cume_dist` alone would put the 60 % of one-time buyers of a usual shop at
  frequency 3, `percent_rank` alone would leave nobody at 5 where the best are tied.
- Without ties every score holds a fifth of the buyers. A base where all are equal, or of one
  buyer, gets 3: nothing tells them apart. Three distinct buyers get 1, 3 and 5.
In integers: below + (below + equal) = rank - 1 + count of those not above, both over one sort.

Buyers are active customers with at least one order. Only rows whose score changed are written.
"""

# three sorts of all buyers: in memory they take a third of the time
WORK_MEM = "256MB"

REFRESH = """
WITH ranked AS (
    SELECT s.customer_id, s.last_order_at, s.orders, s.revenue, s.margin,
           rank() OVER by_recency - 1 + count(*) OVER by_recency AS r2,
           rank() OVER by_orders - 1 + count(*) OVER by_orders AS f2,
           rank() OVER by_revenue - 1 + count(*) OVER by_revenue AS m2,
           count(*) OVER () AS n
      FROM events_customerstats s
      JOIN customers_customer c ON c.id = s.customer_id AND c.status = %(active)s
        -- IS TRUE: nearly all rows fit, an index on the moment would only fetch them one by one
     WHERE s.orders > 0 AND (s.last_order_at <= %(as_of)s) IS TRUE
       AND s.customer_id <> ALL (%(excluded)s::bigint[])
    WINDOW by_recency AS (ORDER BY s.last_order_at),
           by_orders AS (ORDER BY s.orders),
           by_revenue AS (ORDER BY s.revenue)
), scored AS MATERIALIZED (
    SELECT customer_id, last_order_at, orders, revenue, margin,
           ((5 * r2 + 2 * n - 1) / (2 * n))::int AS r,
           ((5 * f2 + 2 * n - 1) / (2 * n))::int AS f,
           ((5 * m2 + 2 * n - 1) / (2 * n))::int AS m
      FROM ranked
), gone AS (
    DELETE FROM features_rfmscore old
     WHERE NOT EXISTS (SELECT FROM scored WHERE scored.customer_id = old.customer_id)
), named AS (
    SELECT customer_id, r, f, m,
           (%(presets)s::text[])[(r - 1) * 25 + (f - 1) * 5 + m] AS preset FROM scored
), kept AS (
    INSERT INTO features_rfmscore (customer_id, recency, frequency, monetary, preset)
    SELECT n.customer_id, n.r, n.f, n.m, n.preset
      FROM named n LEFT JOIN features_rfmscore old ON old.customer_id = n.customer_id
     WHERE (old.recency, old.frequency, old.monetary, old.preset)
           IS DISTINCT FROM (n.r, n.f, n.m, n.preset)
    ON CONFLICT (customer_id) DO UPDATE
       SET recency = excluded.recency, frequency = excluded.frequency,
           monetary = excluded.monetary, preset = excluded.preset
), cells AS (
    SELECT jsonb_build_object(
               'r', r, 'f', f, 'm', m, 'customers', count(*),
               'revenue', sum(revenue)::bigint, 'margin', sum(margin)::bigint) AS cell
      FROM scored GROUP BY r, f, m ORDER BY r, f, m
), borders AS (
    SELECT 'recency' AS metric, r AS score, count(*) AS customers,
           to_jsonb(min(last_order_at)) AS low, to_jsonb(max(last_order_at)) AS high
      FROM scored GROUP BY r
    UNION ALL
    SELECT 'frequency', f, count(*), to_jsonb(min(orders)), to_jsonb(max(orders))
      FROM scored GROUP BY f
    UNION ALL
    SELECT 'monetary', m, count(*), to_jsonb(min(revenue)), to_jsonb(max(revenue))
      FROM scored GROUP BY m
)
SELECT (SELECT count(*) FROM scored),
       coalesce((SELECT jsonb_agg(cell) FROM cells), '[]'),
       coalesce((SELECT jsonb_agg(to_jsonb(borders) ORDER BY metric, score) FROM borders), '[]')
"""
