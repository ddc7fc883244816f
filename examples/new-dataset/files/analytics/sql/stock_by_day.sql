-- How many counts each day had, and of how many pieces, the latest first.
SELECT CAST(counted_at AS date) AS day, count(*) AS lines, sum(on_hand) AS on_hand
FROM {processed}.stock
GROUP BY CAST(counted_at AS date)
ORDER BY day DESC
LIMIT 31
