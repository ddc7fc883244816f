-- How many counts each day had, by warehouse, and of how many pieces.
SELECT
  CAST(counted_at AS date) AS day,
  CAST(warehouse AS varchar) AS warehouse,
  CAST(count(*) AS bigint) AS lines,
  CAST(sum(on_hand) AS bigint) AS on_hand
FROM {processed}.stock
GROUP BY CAST(counted_at AS date), warehouse
