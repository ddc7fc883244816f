WITH versions AS (
  SELECT birth_date, valid_from, country, country_code, postcode,
    row_number() OVER (PARTITION BY customer_id ORDER BY valid_from DESC, arrival_time DESC, file_digest DESC, line_number DESC) AS newest
  FROM {processed}.customers
),
ages AS (
  SELECT country, year(valid_from) - year(birth_date)
    - CASE WHEN month(valid_from) * 100 + day(valid_from) < month(birth_date) * 100 + day(birth_date) THEN 1 ELSE 0 END AS age,
    CASE WHEN country_code = 'GB' THEN regexp_extract(postcode, '^([A-Z][A-Z]?)[0-9]', 1) ELSE substr(postcode, 1, 2) END AS area
  FROM versions
  WHERE newest = 1
),
people AS (
  SELECT country, coalesce(nullif(area, ''), 'unknown') AS area,
    CASE WHEN age < 18 THEN 'under_18' WHEN age < 25 THEN '18_24' WHEN age < 35 THEN '25_34' WHEN age < 45 THEN '35_44'
      WHEN age < 55 THEN '45_54' WHEN age < 65 THEN '55_64' WHEN age >= 65 THEN '65_plus' ELSE 'unknown' END AS band
  FROM ages
),
areas AS (
  SELECT country, band, CASE WHEN count(*) OVER (PARTITION BY country, band, area) < 5 THEN 'withheld' ELSE area END AS area
  FROM people
),
bands AS (
  SELECT CASE WHEN count(*) OVER (PARTITION BY country, band, area) < 5 THEN 'withheld' ELSE band END AS age_band
  FROM areas
)
SELECT age_band, count(*) AS customers
FROM bands
GROUP BY age_band
ORDER BY age_band
