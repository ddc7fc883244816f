package lineage_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/operations/lineage"
)

var buckets = map[string]string{"raw": "r", "processed": "p", "curated": "c", "artifacts": "a"}

func dataset(t *testing.T, set *contracts.Set, id string) lineage.Dataset {
	t.Helper()
	c, ok := set.Get(id)
	require.True(t, ok, id)
	fields := []map[string]string{}
	for _, column := range c.Columns {
		fields = append(fields, map[string]string{"name": column.Name})
	}
	text, err := json.Marshal(map[string]any{
		"namespace": "s3://" + buckets[c.Layer], "name": c.Dataset,
		"facets": map[string]any{
			"schema": map[string]any{"fields": fields}, "version": map[string]any{"datasetVersion": c.Version},
		},
		"outputFacets": map[string]any{"outputStatistics": map[string]any{"rowCount": 1}},
	})
	require.NoError(t, err)
	var made lineage.Dataset
	require.NoError(t, json.Unmarshal(text, &made))
	return made
}

// agreed are events that say what the contracts say: an event a dataset.
func agreed(t *testing.T, set *contracts.Set) []lineage.Event {
	t.Helper()
	inputs := map[string][]lineage.Dataset{}
	var order []string
	for _, edge := range set.Edges() {
		if inputs[edge.To] == nil {
			order = append(order, edge.To)
		}
		inputs[edge.To] = append(inputs[edge.To], dataset(t, set, edge.From))
	}
	var events []lineage.Event
	for _, id := range order {
		event := lineage.Event{
			EventType: "COMPLETE", Inputs: inputs[id], Outputs: []lineage.Dataset{dataset(t, set, id)},
		}
		event.Job.Name = "job"
		events = append(events, event)
	}
	return events
}

func TestCompare(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	report := lineage.Compare(set, buckets, agreed(t, set))
	assert.Empty(t, report.Differences)
	assert.Equal(t, len(set.Edges()), report.Edges)

	sales := func(e lineage.Event) bool { return e.Outputs[0].Name == "sales" || e.Outputs[0].Name == "sales_hourly" }
	assert.Empty(t, lineage.Compare(set, buckets, slices.DeleteFunc(agreed(t, set),
		sales), "processed.sales", "curated.sales_hourly").Differences,
		"of tables that got nothing no run has to tell")

	hourly := func(events []lineage.Event) *lineage.Event {
		return &events[slices.IndexFunc(events,
			func(e lineage.Event) bool { return e.Outputs[0].Name == "sales_hourly" })]
	}
	for _, test := range []struct {
		name   string
		change func(events []lineage.Event)
		want   string
	}{
		{"an edge is missing", func(events []lineage.Event) { hourly(events).Inputs = hourly(events).Inputs[:1] },
			"no run reported that curated.sales_hourly comes from processed.sales, as its contract says"},
		{"an edge too many", func(events []lineage.Event) {
			hourly(events).Inputs = append(hourly(events).Inputs, dataset(t, set, "processed.customers"))
		}, "a run made curated.sales_hourly of processed.customers, which its contract does not say"},
		{"a failed run made nothing", func(events []lineage.Event) { hourly(events).EventType = "FAIL" },
			"no run reported that curated.sales_hourly comes from processed.products, as its contract says"},
		{"an old version", func(events []lineage.Event) { hourly(events).Outputs[0].Facets.Version.Version = "0.9.0" },
			`job: curated.sales_hourly was written as version "0.9.0", its contract is`},
		{"a column is missing", func(events []lineage.Event) { hourly(events).Outputs[0].Facets.Schema.Fields = nil },
			"job: curated.sales_hourly was written with the columns [], its contract has"},
		{"rows are not counted", func(events []lineage.Event) {
			hourly(events).Outputs[0].OutputFacets.Statistics = nil
		}, "job: curated.sales_hourly was written without a count of rows"},
		{"somebody else's bucket", func(events []lineage.Event) { hourly(events).Outputs[0].Namespace = "s3://other" },
			"job: s3://other/sales_hourly is described by no contract"},
	} {
		t.Run(test.name, func(t *testing.T) {
			events := agreed(t, set)
			test.change(events)
			found := lineage.Compare(set, buckets, events).Differences
			require.NotEmpty(t, found)
			assert.True(t, slices.ContainsFunc(found, func(d string) bool {
				return len(d) >= len(test.want) && d[:len(test.want)] == test.want
			}), "%q in %q", test.want, found)
		})
	}
}

func TestParse(t *testing.T) {
	events, err := lineage.Parse([]byte(`{"eventType":"START","job":{"name":"a"}}` + "\n" + `{"eventType":"COMPLETE"}` +
		"\n"))
	require.NoError(t, err)
	require.Len(t, events, 2)
	assert.Equal(t, "a", events[0].Job.Name)
	_, err = lineage.Parse([]byte("{"))
	require.Error(t, err)
}
