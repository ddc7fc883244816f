-- Events by day and kind of the last 7 days, minutes old. Copies of an event count once. The condition on event_date decides which partitions
-- are looked at.
SELECT event_date, event_type, count(DISTINCT event_id) AS events
FROM {processed}.clicks
WHERE event_date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
GROUP BY event_date, event_type
ORDER BY event_date DESC, event_type
LIMIT 100
