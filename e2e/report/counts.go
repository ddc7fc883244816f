package report

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"dataplatform/e2e/load"
	"dataplatform/internal/figures"
	"dataplatform/operations/query"
	"dataplatform/platform/outputs"
)

// Querier runs SQL.
type Querier interface {
	Run(ctx context.Context, sql string) (query.Result, error)
}

// Clicks counts the click identities of a ledger in raw, processed and quarantine.
func Clicks(ctx context.Context, q Querier, out outputs.Outputs, ledger *load.Ledger) (figures.Counts, error) {
	processed, err := pairs(ctx, q, fmt.Sprintf(
		`SELECT shard || ':' || sequence_number || ':' || CAST(ordinal AS varchar), event_id FROM "%s"."clicks"`,
		out.Databases["processed"]))
	if err != nil {
		return figures.Counts{}, err
	}
	quarantined, err := quarantine(ctx, q, out, "clicks")
	if err != nil {
		return figures.Counts{}, err
	}
	rawRows, err := pairs(ctx, q, fmt.Sprintf(
		`SELECT shard || ':' || sequence_number || ':' || CAST(ordinal AS varchar), CAST(count(*) AS varchar) FROM "%s"."clicks" GROUP BY 1`, out.Databases["raw"]))
	if err != nil {
		return figures.Counts{}, err
	}
	c := figures.Counts{Received: len(ledger.Clicks), Reasons: map[string]int{}}
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
			return figures.Counts{}, fmt.Errorf("count of raw rows: %w", err)
		}
		c.Redelivered += n - 1
	}
	settle(&c, lost, invented(sent, processed, quarantined, rawRows))
	return c, nil
}

// Files counts the line identities of a dataset that arrives as files.
func Files(
	ctx context.Context, q Querier, out outputs.Outputs, ledger *load.Ledger, dataset string,
) (figures.Counts, error) {
	processed, err := pairs(ctx, q, fmt.Sprintf(
		`SELECT file_digest || ':' || CAST(line_number AS varchar), line_key FROM "%s"."%s"`,
		out.Databases["processed"], dataset))
	if err != nil {
		return figures.Counts{}, err
	}
	quarantined, err := quarantine(ctx, q, out, dataset)
	if err != nil {
		return figures.Counts{}, err
	}
	// What the lines say that were kept, by the sender's own reading of them.
	keys := map[string]bool{}
	for _, line := range ledger.Lines {
		if _, kept := processed[line.Identity]; kept && line.Dataset == dataset {
			keys[line.Key] = true
		}
	}
	c := figures.Counts{Reasons: map[string]int{}}
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
	settle(&c, lost, invented(sent, processed, quarantined))
	return c, nil
}

// Assets counts the versions of objects of a ledger in processed and quarantine. Equal content is no duplicate: it is
// another asset.
func Assets(ctx context.Context, q Querier, out outputs.Outputs, ledger *load.Ledger) (figures.Counts, error) {
	processed, err := pairs(ctx, q,
		fmt.Sprintf(`SELECT object_key || '?versionId=' || version_id, state FROM "%s"."assets"`,
			out.Databases["processed"]))
	if err != nil {
		return figures.Counts{}, err
	}
	quarantined, err := quarantine(ctx, q, out, "assets")
	if err != nil {
		return figures.Counts{}, err
	}
	c := figures.Counts{Received: len(ledger.Assets), Reasons: map[string]int{}}
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
	settle(&c, lost, invented(sent, processed, quarantined))
	return c, nil
}

// settle writes down what is missing and what is too much.
func settle(c *figures.Counts, lost, invented []string) {
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
	return pairs(ctx, q, fmt.Sprintf(`SELECT identity, reason FROM "%s"."quarantine" WHERE dataset = '%s'`,
		out.Databases["raw"], dataset))
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
