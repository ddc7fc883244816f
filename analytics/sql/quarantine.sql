-- What was put into quarantine since yesterday, by reason. By arrival: what was dropped today with data of last year is here, too. For more
-- days, name the dataset: a day is a partition for each dataset and reason.
SELECT dataset, reason, count(DISTINCT identity) AS quarantined
FROM {raw}.quarantine
WHERE ingest_date BETWEEN date_format(current_date - INTERVAL '1' DAY, '%Y-%m-%d')
  AND date_format(current_date, '%Y-%m-%d')
GROUP BY dataset, reason
ORDER BY quarantined DESC, dataset, reason
