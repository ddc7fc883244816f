-- Events by day and kind of the last 7 days, minutes old. An event that was delivered or put into its batch twice counts once; one that the
-- sender repeated later counts again, until sessions have it. The condition on event_date decides which partitions are looked at.
SELECT event_date, event_type, count(DISTINCT shard || ':' || sequence_number || ':' || CAST(ordinal AS varchar)) AS events
FROM {processed}.clicks
WHERE event_date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND NOT is_duplicate
GROUP BY event_date, event_type
ORDER BY event_date DESC, event_type
LIMIT 100
