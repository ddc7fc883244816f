package report

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"dataplatform/e2e/load"
	"dataplatform/operations/query"
	"dataplatform/platform/outputs"
)

// Querier runs SQL.
type Querier interface {
	Run(ctx context.Context, sql string) (query.Result, error)
}

// Clicks counts the click identities of a ledger in raw, processed and quarantine.
func Clicks(ctx context.Context, q Querier, out outputs.Outputs, ledger *load.Ledger) (Counts, error) {
	processed, err := pairs(ctx, q, fmt.Sprintf(
		`SELECT shard || ':' || sequence_number || ':' || CAST(ordinal AS varchar), event_id FROM "%s"."clicks"`, out.Databases["processed"]))
	if err != nil {
		return Counts{}, err
	}
	quarantined, err := quarantine(ctx, q, out, "clicks")
	if err != nil {
		return Counts{}, err
	}
	rawRows, err := pairs(ctx, q, fmt.Sprintf(
		`SELECT shard || ':' || sequence_number || ':' || CAST(ordinal AS varchar), CAST(count(*) AS varchar) FROM "%s"."clicks" GROUP BY 1`, out.Databases["raw"]))
	if err != nil {
		return Counts{}, err
	}
	c := Counts{Received: len(ledger.Clicks), Reasons: map[string]int{}}
	sent, events := map[string]bool{}, map[string]bool{}
	var lost []string
	for _, click := range ledger.Clicks {
		sent[click.Identity] = true
		reason, bad := quarantined[click.Identity]
		event, good := processed[click.Identity]
		_, inRaw := rawRows[click.Identity]
		switch {
		case !inRaw:
			lost = append(lost, click.Identity)
		case good && !events[event]:
			events[event] = true
			c.Processed++
		case good:
			c.Duplicates++
		case bad:
			c.Reasons[reason]++
			c.Quarantined++
		default:
			lost = append(lost, click.Identity)
		}
	}
	for _, rows := range rawRows {
		n, err := strconv.Atoi(rows)
		if err != nil {
			return Counts{}, fmt.Errorf("count of raw rows: %w", err)
		}
		c.Redelivered += n - 1
	}
	c.settle(lost, invented(sent, processed, quarantined, rawRows))
	return c, nil
}

// Files counts the line identities of a dataset that arrives as files.
func Files(ctx context.Context, q Querier, out outputs.Outputs, ledger *load.Ledger, dataset string) (Counts, error) {
	processed, err := pairs(ctx, q, fmt.Sprintf(
		`SELECT file_digest || ':' || CAST(line_number AS varchar), line_key FROM "%s"."%s"`, out.Databases["processed"], dataset))
	if err != nil {
		return Counts{}, err
	}
	quarantined, err := quarantine(ctx, q, out, dataset)
	if err != nil {
		return Counts{}, err
	}
	keys := map[string]bool{}
	for _, key := range processed {
		keys[key] = true
	}
	c := Counts{Reasons: map[string]int{}}
	sent := map[string]bool{}
	var lost []string
	for _, line := range ledger.Lines {
		if line.Dataset != dataset {
			continue
		}
		c.Received++
		sent[line.Identity] = true
		reason, bad := quarantined[line.Identity]
		_, kept := processed[line.Identity]
		switch {
		case kept:
			c.Processed++
		case bad:
			c.Reasons[reason]++
			c.Quarantined++
		case keys[line.Key]:
			c.Duplicates++
		default:
			lost = append(lost, line.Identity)
		}
	}
	c.settle(lost, invented(sent, processed, quarantined))
	return c, nil
}

// Assets counts the versions of objects of a ledger in processed and quarantine. Equal content is no duplicate: it is another asset.
func Assets(ctx context.Context, q Querier, out outputs.Outputs, ledger *load.Ledger) (Counts, error) {
	processed, err := pairs(ctx, q, fmt.Sprintf(`SELECT object_key || '?versionId=' || version_id, state FROM "%s"."assets"`, out.Databases["processed"]))
	if err != nil {
		return Counts{}, err
	}
	quarantined, err := quarantine(ctx, q, out, "assets")
	if err != nil {
		return Counts{}, err
	}
	c := Counts{Received: len(ledger.Assets), Reasons: map[string]int{}}
	sent := map[string]bool{}
	var lost []string
	for _, asset := range ledger.Assets {
		sent[asset.Identity] = true
		reason, bad := quarantined[asset.Identity]
		_, good := processed[asset.Identity]
		switch {
		case good:
			c.Processed++
		case bad:
			c.Reasons[reason]++
			c.Quarantined++
		default:
			lost = append(lost, asset.Identity)
		}
	}
	c.settle(lost, invented(sent, processed, quarantined))
	return c, nil
}

func (c *Counts) settle(lost, invented []string) {
	c.Lost, c.LostIDs = len(lost), first(lost)
	c.Invented, c.InventedIDs = len(invented), first(invented)
}

// invented lists identities that tables have and the sender has not.
func invented(sent map[string]bool, places ...map[string]string) []string {
	var found []string
	for _, place := range places {
		for identity := range place {
			if !sent[identity] {
				found = append(found, identity)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func quarantine(ctx context.Context, q Querier, out outputs.Outputs, dataset string) (map[string]string, error) {
	return pairs(ctx, q, fmt.Sprintf(`SELECT identity, reason FROM "%s"."quarantine" WHERE dataset = '%s'`, out.Databases["raw"], dataset))
}

// pairs reads a two-column result as a map; repeated first columns, as redelivery makes them, become one.
func pairs(ctx context.Context, q Querier, sql string) (map[string]string, error) {
	result, err := q.Run(ctx, sql)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sql, err)
	}
	found := make(map[string]string, len(result.Rows))
	for _, row := range result.Rows {
		if len(row) != 2 {
			return nil, fmt.Errorf("%s: a row of %d columns", sql, len(row))
		}
		found[row[0]] = row[1]
	}
	return found, nil
}

// Agreement is a pair of queries that must return one equal value.
type Agreement struct{ Name, Left, Right string }

// Agreements are what the curated tables promise about the processed ones.
func Agreements(out outputs.Outputs) []Agreement {
	processed, curated := out.Databases["processed"], out.Databases["curated"]
	unique := fmt.Sprintf(`SELECT event_id, min(event_type) AS event_type FROM "%s"."clicks" WHERE %%s GROUP BY event_id`, processed)
	images := fmt.Sprintf(`FROM "%s"."assets" WHERE is_current AND kind = 'image' AND product_id IS NOT NULL`, processed)
	return []Agreement{
		{
			"sessions hold every click once",
			fmt.Sprintf(`SELECT CAST(coalesce(sum(events), 0) AS varchar) FROM "%s"."sessions"`, curated),
			`SELECT CAST(count(*) AS varchar) FROM (` + fmt.Sprintf(unique, "true") + `) AS t`,
		},
		{
			"the funnel holds every product view once",
			fmt.Sprintf(`SELECT CAST(coalesce(sum(views), 0) AS varchar) FROM "%s"."product_funnel_hourly"`, curated),
			`SELECT CAST(count(*) AS varchar) FROM (` + fmt.Sprintf(unique, "event_type = 'product_view' AND product_id IS NOT NULL") + `) AS t`,
		},
		{
			"an object has at most one current version",
			fmt.Sprintf(`SELECT CAST(count(*) AS varchar) FROM "%s"."assets" WHERE is_current`, processed),
			fmt.Sprintf(`SELECT CAST(count(DISTINCT object_key) AS varchar) FROM "%s"."assets" WHERE is_current AND state = 'present'`, processed),
		},
		{
			"every product with an image is there once, with all its images",
			fmt.Sprintf(`SELECT CAST(count(*) AS varchar) || ' with ' || CAST(coalesce(sum(images), 0) AS varchar) FROM "%s"."product_assets"`, curated),
			`SELECT CAST(count(DISTINCT upper(product_id)) AS varchar) || ' with ' || CAST(count(*) AS varchar) ` + images,
		},
		{
			"a product's image is its newest",
			fmt.Sprintf(`SELECT CAST(count(*) AS varchar) FROM "%s"."product_assets"`, curated),
			fmt.Sprintf(`SELECT CAST(count(*) AS varchar) FROM "%s"."product_assets" AS made JOIN (SELECT upper(product_id) AS product_id, max(event_time) AS newest %s GROUP BY 1) AS found
				ON found.product_id = made.product_id AND found.newest = made.image_time`, curated, images),
		},
		{
			"hourly sales hold every line once",
			fmt.Sprintf(`SELECT CAST(coalesce(sum(lines), 0) AS varchar) FROM "%s"."sales_hourly"`, curated),
			fmt.Sprintf(`SELECT CAST(count(*) AS varchar) FROM "%s"."sales"`, processed),
		},
		{
			"customers' value holds every line once",
			fmt.Sprintf(`SELECT CAST(coalesce(sum(lines), 0) AS varchar) FROM "%s"."customer_value"`, curated),
			fmt.Sprintf(`SELECT CAST(count(*) AS varchar) FROM "%s"."sales"`, processed),
		},
		{
			"customers' revenue is the hours'",
			fmt.Sprintf(`SELECT CAST(coalesce(sum(net_revenue), 0) AS varchar) FROM "%s"."customer_value"`, curated),
			fmt.Sprintf(`SELECT CAST(coalesce(sum(net_revenue), 0) AS varchar) FROM "%s"."sales_hourly"`, curated),
		},
		{
			"every product is current once",
			fmt.Sprintf(`SELECT CAST(count(*) AS varchar) || ' of ' || CAST(coalesce(sum(versions), 0) AS varchar) FROM "%s"."products_current"`, curated),
			fmt.Sprintf(`SELECT CAST(count(DISTINCT product_id) AS varchar) || ' of ' || CAST(count(*) AS varchar) FROM "%s"."products"`, processed),
		},
		{
			"every customer is current once",
			fmt.Sprintf(`SELECT CAST(count(*) AS varchar) || ' of ' || CAST(coalesce(sum(versions), 0) AS varchar) FROM "%s"."customers_current"`, curated),
			fmt.Sprintf(`SELECT CAST(count(DISTINCT customer_id) AS varchar) || ' of ' || CAST(count(*) AS varchar) FROM "%s"."customers"`, processed),
		},
		{
			"hourly revenue is the lines' money",
			fmt.Sprintf(`SELECT CAST(coalesce(sum(net_revenue), 0) AS varchar) FROM "%s"."sales_hourly"`, curated),
			fmt.Sprintf(`SELECT CAST(coalesce(sum(line_total), 0) AS varchar) FROM "%s"."sales" WHERE line_type IN ('sale', 'return')`, processed),
		},
	}
}

// Agree runs an agreement and says how its sides differ, or nothing.
func (a Agreement) Agree(ctx context.Context, q Querier) (string, error) {
	var values [2]string
	for i, sql := range []string{a.Left, a.Right} {
		result, err := q.Run(ctx, sql)
		if err != nil {
			return "", fmt.Errorf("%s: %w", a.Name, err)
		}
		if len(result.Rows) != 1 || len(result.Rows[0]) != 1 {
			return "", fmt.Errorf("%s: want one value, got %v", a.Name, result.Rows)
		}
		values[i] = result.Rows[0][0]
	}
	if values[0] != values[1] {
		return fmt.Sprintf("%s: %s is not %s", a.Name, values[0], values[1]), nil
	}
	return "", nil
}
