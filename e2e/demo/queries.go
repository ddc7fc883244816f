package demo

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/analytics/sql"
	"dataplatform/contracts"
	"dataplatform/e2e/report"
	"dataplatform/internal/figures"
)

// examples runs every example query as one of the people who may, and computes its answer again.
func (s *Session) examples(ctx context.Context, runReport *report.Report) error {
	set, err := s.Platform.Outputs.Contracts()
	if err != nil {
		return err
	}
	queries, err := sql.All()
	if err != nil {
		return err
	}
	raw, err := s.rawBytes(ctx, set)
	if err != nil {
		return err
	}
	runs := map[string]int{} // by person
	for _, example := range queries {
		ran, err := s.example(ctx, runReport, set, example, runs)
		if err != nil {
			return fmt.Errorf("example query %s: %w", example.Name, err)
		}
		for _, id := range report.RawOf(set, example) {
			ran.RawBytes += raw[id]
		}
		runReport.Queries = append(runReport.Queries, ran)
	}
	if err := s.views(ctx, runReport, set, runs, raw); err != nil {
		return err
	}
	if err := s.canaries(ctx, runReport, set); err != nil {
		return err
	}
	return s.filtered(ctx, runReport, set, queries)
}

func (s *Session) example(
	ctx context.Context, runReport *report.Report, set *contracts.Set, example sql.Query, runs map[string]int,
) (figures.Query, error) {
	asker, err := s.turn(set, example, runs)
	if err != nil {
		return figures.Query{}, err
	}
	as, err := s.As(ctx, asker)
	if err != nil {
		return figures.Query{}, err
	}
	text, exported := s.Platform.Outputs.ExampleQueries[example.Key()]
	if !exported {
		return figures.Query{}, fmt.Errorf("the stack's outputs have no %s", example.Key())
	}
	result, err := as.Query(ctx, text)
	if err != nil {
		return figures.Query{}, fmt.Errorf("as %s: %w", asker, err)
	}
	if len(result.Rows) == 0 && s.options.Clicks == "" && s.options.Sales == "" && s.options.Assets == "" &&
		!runReport.OfIdle(report.RawOf(set, example)) {
		runReport.Problem("example query %s returned no rows", example.Name)
	}
	difference, err := report.CheckQuery(ctx, s.queries, example, s.Platform.Outputs.Databases, result,
		runReport.Datasets)
	if err != nil {
		return figures.Query{}, err
	}
	if difference != "" {
		runReport.Problem("example query %s", difference)
	}
	return figures.Query{
		Name: example.Key(), As: asker, Rows: len(result.Rows), Seconds: result.Seconds,
		ScannedBytes: result.ScannedBytes,
	}, nil
}

// turn is who asks: of those who may run the query and see every row the one who has asked least, so that all of them
// do.
func (s *Session) turn(set *contracts.Set, example sql.Query, runs map[string]int) (string, error) {
	asker := ""
	for _, name := range slices.Sorted(maps.Keys(s.Platform.Outputs.Principals)) {
		person := s.Platform.Outputs.Principals[name]
		if person.Workgroup == "" || len(person.Countries) > 0 || !example.RunsFor(person, set) {
			continue
		}
		if asker == "" || runs[name] < runs[asker] {
			asker = name
		}
	}
	if asker == "" {
		return "", fmt.Errorf("none of the people may run it")
	}
	runs[asker]++
	return asker, nil
}

// filtered lets those who see some countries' rows run a query each.
func (s *Session) filtered(
	ctx context.Context, runReport *report.Report, set *contracts.Set, queries []sql.Query,
) error {
	for _, name := range slices.Sorted(maps.Keys(s.Platform.Outputs.Principals)) {
		person := s.Platform.Outputs.Principals[name]
		if len(person.Countries) == 0 {
			continue
		}
		at := slices.IndexFunc(queries,
			func(q sql.Query) bool { return q.RunsFor(person, set) && reads(q, "country", set) })
		if at < 0 {
			return fmt.Errorf("%s may run no example query that tells countries apart", name)
		}
		as, err := s.As(ctx, name)
		if err != nil {
			return err
		}
		if _, err := as.Query(ctx, queries[at].SQL(s.Platform.Outputs.Databases)); err != nil {
			return fmt.Errorf("example query %s as %s: %w", queries[at].Name, name, err)
		}
		seen, err := as.Query(ctx, fmt.Sprintf("SELECT DISTINCT coalesce(country_code, '') FROM %s.sales_hourly",
			s.Platform.Outputs.Databases[contracts.LayerCurated]))
		if err != nil {
			return fmt.Errorf("countries as %s: %w", name, err)
		}
		allowed := slices.Concat(person.Countries, []string{""}) // with the rows whose country nobody knows
		for _, row := range seen.Rows {
			if !slices.Contains(allowed, row[0]) {
				runReport.Problem("%s sees rows of %q, though %v are granted", name, row[0], person.Countries)
			}
		}
	}
	return nil
}

func reads(q sql.Query, column string, set *contracts.Set) bool {
	return slices.ContainsFunc(q.Tables(), func(id string) bool {
		contract, known := set.Get(id)
		return known && slices.Contains(q.Columns(contract), column)
	})
}

// rawBytes are the bytes that raw holds of each of its datasets.
func (s *Session) rawBytes(ctx context.Context, set *contracts.Set) (map[string]int64, error) {
	bucket, sizes := s.Platform.Outputs.Buckets[contracts.LayerRaw], map[string]int64{}
	for _, contract := range set.Layer(contracts.LayerRaw) {
		pages := s3.NewListObjectsV2Paginator(s3.NewFromConfig(s.config),
			&s3.ListObjectsV2Input{Bucket: &bucket, Prefix: aws.String(contract.Prefix())})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("size of %s: %w", contract.ID, err)
			}
			for _, object := range page.Contents {
				sizes[contract.ID] += aws.ToInt64(object.Size)
			}
		}
	}
	return sizes, nil
}
