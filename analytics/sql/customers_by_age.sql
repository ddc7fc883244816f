-- Customers by age band.
SELECT age_band, count(*) AS customers
FROM {curated}.customers_current
GROUP BY age_band
ORDER BY age_band
