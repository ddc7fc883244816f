-- What each dataset's hours of arrival put into quarantine since yesterday, the latest hour first. For more days, name the dataset: a day is
-- a partition for each dataset and reason.
SELECT dataset, ingest_date, substr(arrival_time, 12, 2) AS ingest_hour, count(DISTINCT identity) AS quarantined, count(DISTINCT reason) AS reasons, max(reason) AS one_reason
FROM {raw}.quarantine
WHERE ingest_date BETWEEN date_format(current_date - INTERVAL '1' DAY, '%Y-%m-%d')
  AND date_format(current_date, '%Y-%m-%d')
GROUP BY dataset, ingest_date, substr(arrival_time, 12, 2)
ORDER BY ingest_date DESC, ingest_hour DESC, dataset
LIMIT 500
