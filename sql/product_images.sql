-- How many images each product has, and how large they are.
SELECT product_id, count(*) AS images, sum(size_bytes) AS bytes
FROM {processed}.assets
WHERE is_current AND kind = 'image'
GROUP BY product_id
ORDER BY images DESC, product_id
LIMIT 20
