-- What each product sold, with its newest image and its thumbnail: keys in the raw and in the processed bucket.
SELECT
  CAST(sold.stock_code AS varchar) AS product_id,
  CAST(max(sold.product_title) AS varchar) AS product_title,
  CAST(sum(sold.units_sold) AS bigint) AS units_sold,
  CAST(sum(sold.net_revenue) AS decimal(38,4)) AS net_revenue,
  CAST(max(shown.image_key) AS varchar) AS image_key,
  CAST(max(shown.thumbnail_key) AS varchar) AS thumbnail_key
FROM {curated}.sales_hourly AS sold
LEFT JOIN {curated}.product_assets AS shown ON shown.product_id = upper(sold.stock_code)
GROUP BY sold.stock_code
