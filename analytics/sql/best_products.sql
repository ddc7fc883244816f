-- The products that sold best, with their newest image and its thumbnail: keys in the raw and in the processed bucket. On much data, add a
-- condition on hour_start: it decides which files are read.
SELECT sold.stock_code, max(sold.product_title) AS product_title, sum(sold.units_sold) AS units_sold, sum(sold.net_revenue) AS net_revenue,
  max(shown.image_key) AS image_key, max(shown.thumbnail_key) AS thumbnail_key
FROM {curated}.sales_hourly AS sold
LEFT JOIN {curated}.product_assets AS shown ON shown.product_id = upper(sold.stock_code)
GROUP BY sold.stock_code
ORDER BY net_revenue DESC, sold.stock_code
LIMIT 20
