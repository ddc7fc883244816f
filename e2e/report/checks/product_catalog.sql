SELECT product_id, title, category, price, currency
FROM (
  SELECT product_id, title, category, price, currency,
    row_number() OVER (PARTITION BY product_id ORDER BY valid_from DESC, arrival_time DESC, file_digest DESC, line_number DESC) AS newest
  FROM {processed}.products
) AS versions
WHERE newest = 1
ORDER BY product_id
