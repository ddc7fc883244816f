-- The share of each product's sold pieces that came back.
SELECT
  CAST(stock_code AS varchar) AS product_id,
  CAST(max(description) AS varchar) AS description,
  CAST(sum(units_sold) AS bigint) AS units_sold,
  CAST(sum(units_returned) AS bigint) AS units_returned,
  CAST(CAST(sum(units_returned) AS double) / nullif(sum(units_sold), 0) AS double) AS returns_rate
FROM {curated}.sales_hourly
GROUP BY stock_code
