-- What the last 7 days put into quarantine, by reason. By arrival: what was dropped today with data of last year is here, too.
SELECT dataset, reason, count(DISTINCT identity) AS quarantined
FROM {raw}.quarantine
WHERE ingest_date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
GROUP BY dataset, reason
ORDER BY quarantined DESC, dataset, reason
