SELECT product_id, count(*) AS images, sum(size_bytes) AS bytes, max(CASE WHEN newest = 1 THEN object_key END) AS image_key,
  max(CASE WHEN newest = 1 THEN thumbnail_key END) AS thumbnail_key
FROM (
  SELECT upper(product_id) AS product_id, size_bytes, object_key, thumbnail_key,
    row_number() OVER (PARTITION BY upper(product_id) ORDER BY event_time DESC, object_key DESC) AS newest
  FROM {processed}.assets
  WHERE is_current AND kind = 'image' AND product_id IS NOT NULL
) AS shown
GROUP BY product_id
ORDER BY images DESC, product_id
