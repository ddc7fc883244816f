-- Events by day and kind, minutes old. Copies of an event count once. On much data, add a condition on event_date: it decides which
-- objects are read.
SELECT event_date, event_type, count(DISTINCT event_id) AS events
FROM {processed}.clicks
GROUP BY event_date, event_type
ORDER BY event_date DESC, event_type
LIMIT 100
