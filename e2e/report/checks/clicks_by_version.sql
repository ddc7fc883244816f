WITH refused AS (
  SELECT DISTINCT identity FROM {raw}.quarantine WHERE dataset = 'clicks'
),
sent AS (
  SELECT shard || ':' || sequence_number || ':' || CAST(ordinal AS varchar) AS identity, max(payload) AS payload
  FROM {raw}.clicks
  GROUP BY 1
)
SELECT coalesce(nullif(trim(json_extract_scalar(sent.payload, '$.schema_version')), ''), '1.0.0') AS version,
  coalesce(nullif(trim(json_extract_scalar(sent.payload, '$.app_version')), ''), 'browser') AS app, count(*) AS clicks
FROM sent
LEFT JOIN refused ON refused.identity = sent.identity
WHERE refused.identity IS NULL
GROUP BY 1, 2
ORDER BY 1, 2
