-- The products as they are now.
SELECT product_id, title, category, price, currency
FROM {curated}.products_current
ORDER BY product_id
LIMIT 100
