-- Which versions of the contract the senders of the last 7 days' clicks follow, and which release of the app they are. Copies of a delivery
-- count once.
SELECT coalesce(schema_version, '1.0.0') AS version, coalesce(app_version, 'browser') AS app,
  count(DISTINCT shard || ':' || sequence_number || ':' || CAST(ordinal AS varchar)) AS clicks
FROM {processed}.clicks
WHERE event_date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
GROUP BY 1, 2
ORDER BY 1, 2
