WITH ordered AS (
  SELECT event_type, event_time, product_id, quantity, price, is_bot, row_number() OVER (
    PARTITION BY event_id ORDER BY arrival_time, shard, length(ltrim(sequence_number, '0')), ltrim(sequence_number, '0'), ordinal) AS copy
  FROM {processed}.clicks
),
hours AS (
  SELECT product_id, sum(CASE WHEN event_type = 'product_view' THEN 1 ELSE 0 END) AS views,
    sum(CASE WHEN event_type = 'add_to_cart' THEN 1 ELSE 0 END) AS carts, sum(CASE WHEN event_type = 'purchase' THEN 1 ELSE 0 END) AS purchases,
    CAST(coalesce(sum(CASE WHEN event_type = 'purchase' THEN CAST(price AS decimal(12, 4)) * coalesce(quantity, 1) END), 0) AS decimal(18, 2)) AS revenue
  FROM ordered
  WHERE copy = 1 AND NOT is_bot AND product_id IS NOT NULL AND event_type IN ('product_view', 'add_to_cart', 'remove_from_cart', 'purchase')
  GROUP BY product_id, date_trunc('hour', event_time)
)
SELECT product_id, sum(views) AS views, sum(carts) AS carts, sum(purchases) AS purchases, sum(revenue) AS revenue
FROM hours
GROUP BY product_id
ORDER BY purchases DESC, views DESC, product_id
