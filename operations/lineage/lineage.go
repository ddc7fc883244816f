// Package lineage compares what runs reported about where data came from with what the contracts say.
package lineage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/contracts"
	"dataplatform/policies"
)

// Event is the part of an OpenLineage run event that is compared.
type Event struct {
	EventType string `json:"eventType"`
	Job       struct {
		Name string `json:"name"`
	} `json:"job"`
	Inputs  []Dataset `json:"inputs"`
	Outputs []Dataset `json:"outputs"`
}

// Dataset is one dataset of an event, with the documented facets.
type Dataset struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Facets    struct {
		Schema struct {
			Fields []struct {
				Name string `json:"name"`
			} `json:"fields"`
		} `json:"schema"`
		Version struct {
			Version string `json:"datasetVersion"`
		} `json:"version"`
	} `json:"facets"`
	OutputFacets struct {
		Statistics *struct {
			Rows int `json:"rowCount"`
		} `json:"outputStatistics"`
	} `json:"outputFacets"`
}

// Report is a comparison: how many events ended a run, how many edges they reported, and where they differ from the
// contracts.
type Report struct {
	Events      int      `json:"events"`
	Edges       int      `json:"edges"`
	Differences []string `json:"differences"`
}

// Read reads the events of all runs from the artifacts bucket.
func Read(ctx context.Context, client *s3.Client, bucket string) ([]Event, error) {
	prefix := policies.LineagePrefix
	var all []Event
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("lineage: %w", err)
		}
		for _, object := range page.Contents {
			events, err := read(ctx, client, bucket, *object.Key)
			if err != nil {
				return nil, fmt.Errorf("lineage: %s: %w", *object.Key, err)
			}
			all = append(all, events...)
		}
	}
	return all, nil
}

func read(ctx context.Context, client *s3.Client, bucket, key string) ([]Event, error) {
	object, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(object.Body)
	if err := errors.Join(err, object.Body.Close()); err != nil {
		return nil, err
	}
	return Parse(text)
}

// Parse reads events, a line each.
func Parse(text []byte) ([]Event, error) {
	var events []Event
	for decoder := json.NewDecoder(bytes.NewReader(text)); ; {
		var event Event
		if err := decoder.Decode(&event); errors.Is(err, io.EOF) {
			return events, nil
		} else if err != nil {
			return nil, err
		}
		events = append(events, event)
	}
}

// Compare holds events against the contracts; buckets are their names by layer. Every edge of the contracts has to be
// reported and no other, and every dataset that was written has the contract's columns and version and says how many
// rows. Of tables without, given by their ids, nothing need be reported.
func Compare(set *contracts.Set, buckets map[string]string, events []Event, without ...string) Report {
	c := comparison{
		set: set, layers: map[string]string{}, reported: map[contracts.Edge]bool{}, problems: map[string]bool{},
	}
	for _, layer := range set.Layers() {
		c.layers["s3://"+buckets[layer]] = layer
	}
	ended := 0
	for _, event := range events {
		if event.EventType != "COMPLETE" {
			continue
		}
		ended++
		c.take(event)
	}
	edges := set.Edges()
	for _, edge := range edges {
		if !c.reported[edge] && !slices.Contains(without, edge.To) {
			c.differ("no run reported that %s comes from %s, as its contract says", edge.To, edge.From)
		}
	}
	for edge := range c.reported {
		if !slices.Contains(edges, edge) {
			c.differ("a run made %s of %s, which its contract does not say", edge.To, edge.From)
		}
	}
	return Report{Events: ended, Edges: len(c.reported), Differences: slices.Sorted(maps.Keys(c.problems))}
}

type comparison struct {
	set      *contracts.Set
	layers   map[string]string // by namespace
	reported map[contracts.Edge]bool
	problems map[string]bool // each once, however many runs had it
}

func (c *comparison) differ(format string, args ...any) {
	c.problems[fmt.Sprintf(format, args...)] = true
}

// contract is what describes a dataset of an event; none is a difference.
func (c *comparison) contract(job string, d Dataset) *contracts.Contract {
	found, ok := c.set.Get(c.layers[d.Namespace] + "." + d.Name)
	if !ok {
		c.differ("%s: %s/%s is described by no contract", job, d.Namespace, d.Name)
		return nil
	}
	return found
}

func (c *comparison) take(event Event) {
	for _, output := range event.Outputs {
		written := c.contract(event.Job.Name, output)
		if written == nil {
			continue
		}
		c.facets(event.Job.Name, written, output)
		for _, input := range event.Inputs {
			if read := c.contract(event.Job.Name, input); read != nil {
				c.reported[contracts.Edge{From: read.ID, To: written.ID}] = true
			}
		}
	}
}

func (c *comparison) facets(job string, written *contracts.Contract, d Dataset) {
	if d.Facets.Version.Version != written.Version {
		c.differ("%s: %s was written as version %q, its contract is %s", job, written.ID, d.Facets.Version.Version,
			written.Version)
	}
	var got, want []string
	for _, field := range d.Facets.Schema.Fields {
		got = append(got, field.Name)
	}
	for _, column := range written.Columns {
		want = append(want, column.Name)
	}
	if !slices.Equal(got, want) {
		c.differ("%s: %s was written with the columns %v, its contract has %v", job, written.ID, got, want)
	}
	if d.OutputFacets.Statistics == nil {
		c.differ("%s: %s was written without a count of rows", job, written.ID)
	}
}
