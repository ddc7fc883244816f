-- Customers by age band: unknown ones have no date of birth, those that are withheld are of groups too small to be shown.
SELECT age_band, sum(customers) AS customers
FROM {curated}.customer_groups
GROUP BY age_band
ORDER BY age_band
