WITH sold AS (
  SELECT stock_code, sum(CASE WHEN line_type = 'sale' THEN quantity ELSE 0 END) AS units_sold,
    sum(CASE WHEN line_type IN ('sale', 'return') THEN line_total ELSE 0 END) AS net_revenue
  FROM {processed}.sales
  GROUP BY stock_code
),
shown AS (
  SELECT upper(product_id) AS product_id, object_key, thumbnail_key,
    row_number() OVER (PARTITION BY upper(product_id) ORDER BY event_time DESC, object_key DESC) AS newest
  FROM {processed}.assets
  WHERE is_current AND kind = 'image' AND product_id IS NOT NULL
)
SELECT sold.stock_code, sold.units_sold, sold.net_revenue, shown.object_key AS image_key, shown.thumbnail_key
FROM sold
LEFT JOIN shown ON shown.product_id = upper(sold.stock_code) AND shown.newest = 1
ORDER BY sold.net_revenue DESC, sold.stock_code
