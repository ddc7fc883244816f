// Package emf writes metrics in CloudWatch's embedded metric format: one JSON line on standard output, from which
// CloudWatch Logs extracts the metrics (AWS: "Specification: Embedded metric format").
package emf

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// MaxValues is the longest array of values one metric may carry.
const MaxValues = 100

// Units that CloudWatch knows and the functions use.
const (
	Count        = "Count"
	Bytes        = "Bytes"
	Milliseconds = "Milliseconds"
)

// Metric is one metric of a line. A metric without values is left out.
type Metric struct {
	Name   string
	Unit   string
	Values []float64 // at most MaxValues
}

// One makes a metric of a single value.
func One(name, unit string, value float64) Metric {
	return Metric{Name: name, Unit: unit, Values: []float64{value}}
}

type definition struct {
	Name string `json:"Name"`
	Unit string `json:"Unit"`
}

type directive struct {
	Namespace  string       `json:"Namespace"`
	Dimensions [][]string   `json:"Dimensions"`
	Metrics    []definition `json:"Metrics"`
}

type metadata struct {
	Timestamp         int64       `json:"Timestamp"`
	CloudWatchMetrics []directive `json:"CloudWatchMetrics"`
}

// Writer writes lines for one namespace.
type Writer struct {
	Out       io.Writer
	Namespace string
}

// Write emits one line: the metrics under a single dimension Dataset, and the properties, which are searchable in the
// log but are not metrics.
func (w Writer) Write(at time.Time, dataset string, metrics []Metric, properties map[string]string) error {
	line := map[string]any{"Dataset": dataset}
	for name, value := range properties {
		line[name] = value
	}
	definitions := make([]definition, 0, len(metrics))
	for _, m := range metrics {
		switch {
		case len(m.Values) == 0:
			continue
		case len(m.Values) > MaxValues:
			return fmt.Errorf("metric %s has %d values, at most %d are allowed", m.Name, len(m.Values), MaxValues)
		case len(m.Values) == 1:
			line[m.Name] = m.Values[0]
		default:
			line[m.Name] = m.Values
		}
		definitions = append(definitions, definition{m.Name, m.Unit})
	}
	line["_aws"] = metadata{
		Timestamp: at.UnixMilli(),
		CloudWatchMetrics: []directive{{
			Namespace: w.Namespace, Dimensions: [][]string{{"Dataset"}}, Metrics: definitions,
		}},
	}
	text, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("metrics line: %w", err)
	}
	if _, err := w.Out.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("metrics line: %w", err)
	}
	return nil
}
