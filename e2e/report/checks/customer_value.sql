WITH lines AS (
  SELECT customer_id, country, invoice_no, line_type, line_total,
    row_number() OVER (PARTITION BY customer_id ORDER BY invoice_time DESC, line_key DESC) AS latest
  FROM {processed}.sales
  WHERE customer_id <> 'guest'
),
customers AS (
  SELECT customer_id, max(CASE WHEN latest = 1 THEN country END) AS country,
    count(DISTINCT CASE WHEN line_type = 'sale' THEN invoice_no END) AS orders,
    sum(CASE WHEN line_type IN ('sale', 'return') THEN line_total ELSE 0 END) AS net_revenue
  FROM lines
  GROUP BY customer_id
)
SELECT country, count(*) AS customers, sum(orders) AS orders, sum(net_revenue) AS net_revenue
FROM customers
GROUP BY country
ORDER BY net_revenue DESC, country
