-- Which versions of the contract the senders of clicks follow, and which release of the app they are.
SELECT coalesce(schema_version, '1.0.0') AS version, coalesce(app_version, 'browser') AS app, count(*) AS clicks
FROM {processed}.clicks
GROUP BY 1, 2
ORDER BY 1, 2
