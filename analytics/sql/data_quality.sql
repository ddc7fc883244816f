-- What each dataset's hours of arrival put into quarantine in the last 7 days, the latest hour first.
SELECT dataset, ingest_date, substr(arrival_time, 12, 2) AS ingest_hour, count(DISTINCT identity) AS quarantined, count(DISTINCT reason) AS reasons, max(reason) AS one_reason
FROM {raw}.quarantine
WHERE ingest_date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
GROUP BY dataset, ingest_date, substr(arrival_time, 12, 2)
ORDER BY ingest_date DESC, ingest_hour DESC, dataset
LIMIT 500
