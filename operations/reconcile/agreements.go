package reconcile

import (
	"fmt"
	"time"

	"dataplatform/platform/outputs"
)

// Agreement is a pair of queries that must return one equal value, Left of curated and Right of what it is made of.
type Agreement struct {
	Name, Left, Right string
	// Least asks what Left must count at least, where Right also counts what came since the last run, which Left may or
	// may not hold.
	Least string
}

// Agreements are what the curated tables hold of the processed ones. Clicks that arrived since an hour may not be
// curated yet; zero is none.
func Agreements(out outputs.Outputs, since time.Time) []Agreement {
	processed, curated := out.Databases["processed"], out.Databases["curated"]
	count := func(which string) string {
		return fmt.Sprintf(
			`SELECT CAST(count(*) AS varchar) FROM (SELECT event_id FROM "%s"."clicks" WHERE %s GROUP BY event_id) AS t`,
			processed, which,
		)
	}
	least := func(which string) string {
		if since.IsZero() {
			return ""
		}
		return count(which + fmt.Sprintf(" AND arrival_time < TIMESTAMP '%s'", since.UTC().Format(time.DateTime)))
	}
	const every, views = "true", "event_type = 'product_view' AND product_id IS NOT NULL AND NOT is_bot"
	images := fmt.Sprintf(`FROM "%s"."assets" WHERE is_current AND kind = 'image' AND product_id IS NOT NULL`,
		processed)
	agreements := []Agreement{
		{
			Name:  "sessions hold every click once",
			Left:  fmt.Sprintf(`SELECT CAST(coalesce(sum(events), 0) AS varchar) FROM "%s"."sessions"`, curated),
			Right: count(every), Least: least(every),
		},
		{
			Name: "the funnel holds every product view of a person once",
			Left: fmt.Sprintf(`SELECT CAST(coalesce(sum(views), 0) AS varchar) FROM "%s"."product_funnel_hourly"`,
				curated),
			Right: count(views), Least: least(views),
		},
		{
			Name: "an object has at most one current version",
			Left: fmt.Sprintf(`SELECT CAST(count(*) AS varchar) FROM "%s"."assets" WHERE is_current`, processed),
			Right: fmt.Sprintf(
				`SELECT CAST(count(DISTINCT object_key) AS varchar) FROM "%s"."assets" WHERE is_current AND state = 'present'`,
				processed,
			),
		},
		{
			Name: "every product with an image is there once, with all its images",
			Left: fmt.Sprintf(
				`SELECT CAST(count(*) AS varchar) || ' with ' || CAST(coalesce(sum(images), 0) AS varchar) FROM "%s"."product_assets"`,
				curated,
			),
			Right: `SELECT CAST(count(DISTINCT upper(product_id)) AS varchar) || ' with ' || CAST(count(*) AS varchar) ` + images,
		},
		{
			Name: "a product's image is its newest",
			Left: fmt.Sprintf(`SELECT CAST(count(*) AS varchar) FROM "%s"."product_assets"`, curated),
			Right: fmt.Sprintf(`SELECT CAST(count(*) AS varchar) FROM "%s"."product_assets" AS made JOIN (SELECT upper(product_id) AS product_id, max(event_time) AS newest %s GROUP BY 1) AS found
				ON found.product_id = made.product_id AND found.newest = made.image_time`, curated, images),
		},
	}
	return append(agreements, ofFiles(processed, curated)...)
}

// ofFiles are those of what comes as files.
func ofFiles(processed, curated string) []Agreement {
	return []Agreement{
		{
			Name:  "hourly sales hold every line once",
			Left:  fmt.Sprintf(`SELECT CAST(coalesce(sum(lines), 0) AS varchar) FROM "%s"."sales_hourly"`, curated),
			Right: fmt.Sprintf(`SELECT CAST(count(*) AS varchar) FROM "%s"."sales"`, processed),
		},
		{
			Name:  "customers' value holds every line once",
			Left:  fmt.Sprintf(`SELECT CAST(coalesce(sum(lines), 0) AS varchar) FROM "%s"."customer_value"`, curated),
			Right: fmt.Sprintf(`SELECT CAST(count(*) AS varchar) FROM "%s"."sales"`, processed),
		},
		{
			Name: "customers' revenue is the hours'",
			Left: fmt.Sprintf(`SELECT CAST(coalesce(sum(net_revenue), 0) AS varchar) FROM "%s"."customer_value"`,
				curated),
			Right: fmt.Sprintf(`SELECT CAST(coalesce(sum(net_revenue), 0) AS varchar) FROM "%s"."sales_hourly"`,
				curated),
		},
		{
			Name: "every product is current once",
			Left: fmt.Sprintf(
				`SELECT CAST(count(*) AS varchar) || ' of ' || CAST(coalesce(sum(versions), 0) AS varchar) FROM "%s"."products_current"`,
				curated,
			),
			Right: fmt.Sprintf(
				`SELECT CAST(count(DISTINCT product_id) AS varchar) || ' of ' || CAST(count(*) AS varchar) FROM "%s"."products"`,
				processed,
			),
		},
		{
			Name: "every customer is current once",
			Left: fmt.Sprintf(
				`SELECT CAST(count(*) AS varchar) || ' of ' || CAST(coalesce(sum(versions), 0) AS varchar) FROM "%s"."customers_current"`,
				curated,
			),
			Right: fmt.Sprintf(
				`SELECT CAST(count(DISTINCT customer_id) AS varchar) || ' of ' || CAST(count(*) AS varchar) FROM "%s"."customers"`,
				processed,
			),
		},
		{
			Name: "every customer is in one group",
			Left: fmt.Sprintf(
				`SELECT CAST(coalesce(sum(customers), 0) AS varchar) || ' of ' || CAST(coalesce(sum(versions), 0) AS varchar) FROM "%s"."customer_groups"`,
				curated,
			),
			Right: fmt.Sprintf(
				`SELECT CAST(count(DISTINCT customer_id) AS varchar) || ' of ' || CAST(count(*) AS varchar) FROM "%s"."customers"`,
				processed,
			),
		},
		{
			Name: "hourly revenue is the lines' money",
			Left: fmt.Sprintf(`SELECT CAST(coalesce(sum(net_revenue), 0) AS varchar) FROM "%s"."sales_hourly"`,
				curated),
			Right: fmt.Sprintf(
				`SELECT CAST(coalesce(sum(line_total), 0) AS varchar) FROM "%s"."sales" WHERE line_type IN ('sale', 'return')`,
				processed,
			),
		},
	}
}
