-- How often products were seen, put into a cart and bought, best sellers first.
SELECT product_id, max(product_title) AS product_title, sum(views) AS views, sum(carts) AS carts, sum(purchases) AS purchases, sum(revenue) AS revenue
FROM {curated}.product_funnel_hourly
GROUP BY product_id
ORDER BY purchases DESC, views DESC, product_id
LIMIT 20
