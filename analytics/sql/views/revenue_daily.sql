-- Pieces and revenue by day and country.
SELECT
  CAST(hour_start AS date) AS day,
  CAST(country AS varchar) AS country,
  CAST(sum(units_sold) AS bigint) AS units_sold,
  CAST(sum(gross_revenue) AS decimal(38,4)) AS gross_revenue,
  CAST(sum(returns_value) AS decimal(38,4)) AS returns_value,
  CAST(sum(gross_revenue) - sum(returns_value) AS decimal(38,4)) AS net_revenue
FROM {curated}.sales_hourly
GROUP BY CAST(hour_start AS date), country
