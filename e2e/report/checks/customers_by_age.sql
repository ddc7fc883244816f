WITH versions AS (
  SELECT birth_date, valid_from,
    row_number() OVER (PARTITION BY customer_id ORDER BY valid_from DESC, arrival_time DESC, file_digest DESC, line_number DESC) AS newest
  FROM {processed}.customers
),
ages AS (
  SELECT year(valid_from) - year(birth_date)
    - CASE WHEN month(valid_from) * 100 + day(valid_from) < month(birth_date) * 100 + day(birth_date) THEN 1 ELSE 0 END AS age
  FROM versions
  WHERE newest = 1
)
SELECT CASE WHEN age < 18 THEN 'under_18' WHEN age < 25 THEN '18_24' WHEN age < 35 THEN '25_34' WHEN age < 45 THEN '35_44'
    WHEN age < 55 THEN '45_54' WHEN age < 65 THEN '55_64' WHEN age >= 65 THEN '65_plus' END AS age_band, count(*) AS customers
FROM ages
GROUP BY 1
ORDER BY age_band
