-- How many images each product has, how large they are, and which one is the newest.
SELECT product_id, product_title, images, bytes, image_key, thumbnail_key
FROM {curated}.product_assets
ORDER BY images DESC, product_id
LIMIT 20
