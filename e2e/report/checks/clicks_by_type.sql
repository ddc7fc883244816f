WITH days AS (
  SELECT event_date, sum(page_views) AS page_views, sum(product_views) AS product_views, sum(carts) AS carts, sum(purchases) AS purchases
  FROM {curated}.sessions
  GROUP BY event_date
)
SELECT event_date, event_type, events
FROM (
  SELECT event_date, 'page_view' AS event_type, page_views AS events FROM days
  UNION ALL SELECT event_date, 'product_view' AS event_type, product_views AS events FROM days
  UNION ALL SELECT event_date, 'add_to_cart' AS event_type, carts AS events FROM days
  UNION ALL SELECT event_date, 'purchase' AS event_type, purchases AS events FROM days
) AS counted
WHERE events > 0
ORDER BY event_date DESC, event_type
