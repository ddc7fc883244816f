package platform

import "strings"

// exampleQuery is a query that analysts can start from. Tables are written as {layer}.dataset.
type exampleQuery struct{ name, text string }

// sql puts the stack's databases in place.
func (q exampleQuery) sql(databases map[string]string) string {
	text := q.text
	for layer, database := range databases {
		text = strings.ReplaceAll(text, "{"+layer+"}", database)
	}
	return text
}

var exampleQueries = []exampleQuery{
	{"sessions", `SELECT event_date, count(*) AS sessions, sum(page_views) AS page_views, sum(purchases) AS purchases, sum(revenue) AS revenue
FROM {curated}.sessions
WHERE NOT is_bot
GROUP BY event_date
ORDER BY event_date DESC
LIMIT 31`},
	{"productFunnel", `SELECT product_id, sum(views) AS views, sum(carts) AS carts, sum(purchases) AS purchases, sum(revenue) AS revenue
FROM {curated}.product_funnel_hourly
GROUP BY product_id
ORDER BY purchases DESC, views DESC, product_id
LIMIT 20`},
	{"salesByCountry", `SELECT country, sum(units_sold) AS units_sold, sum(units_returned) AS units_returned, sum(net_revenue) AS net_revenue
FROM {curated}.sales_hourly
GROUP BY country
ORDER BY net_revenue DESC, country
LIMIT 20`},
	{"productImages", `SELECT product_id, count(*) AS images, sum(size_bytes) AS bytes
FROM {processed}.assets
WHERE is_current AND kind = 'image'
GROUP BY product_id
ORDER BY images DESC, product_id
LIMIT 20`},
	// Copies of an event count once. On much data, add a condition on event_date: it decides which objects are read.
	{"clicksByType", `SELECT event_date, event_type, count(DISTINCT event_id) AS events
FROM {processed}.clicks
GROUP BY event_date, event_type
ORDER BY event_date DESC, event_type
LIMIT 100`},
	// By arrival: what was dropped today with data of last year is here, too.
	{"quarantine", `SELECT dataset, reason, count(DISTINCT identity) AS quarantined
FROM {raw}.quarantine
WHERE ingest_date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
GROUP BY dataset, reason
ORDER BY quarantined DESC, dataset, reason`},
}
