package contracts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
)

// bundleVersion counts incompatible changes of the bundle's own shape.
const bundleVersion = 1

type bundle struct {
	Version   int                       `json:"version"`
	Hash      string                    `json:"hash"`
	Reasons   []Reason                  `json:"reasons"`
	Pipelines []bundlePipeline          `json:"pipelines"`
	Contracts map[string]bundleContract `json:"contracts"`
}

type bundlePipeline struct {
	Name      string   `json:"name"`
	Domain    string   `json:"domain"`
	Streaming bool     `json:"streaming"`
	Raw       string   `json:"raw"`
	Beside    []string `json:"beside"`
	Processed string   `json:"processed"`
	Curated   []string `json:"curated"`
}

type bundleContract struct {
	ID           string          `json:"id"`
	Layer        string          `json:"layer"`
	Dataset      string          `json:"dataset"`
	Domain       string          `json:"domain"`
	Version      string          `json:"version"`
	Owner        string          `json:"owner"`
	Description  string          `json:"description"`
	Format       Format          `json:"format"`
	Source       string          `json:"source,omitempty"`
	Columns      []bundleColumn  `json:"columns"`
	PathColumns  []bundleColumn  `json:"pathColumns"`
	PathTemplate string          `json:"pathTemplate"`
	SparkSchema  json.RawMessage `json:"sparkSchema"`
	PrimaryKey   []string        `json:"primaryKey"`
	Partitions   []Partition     `json:"partitions"`
	SortBy       []string        `json:"sortBy"`
	Ended        []string        `json:"ended,omitempty"`
	Upstream     []string        `json:"upstream"`
	Quality      []QualityRule   `json:"quality"`
	Header       []string        `json:"header,omitempty"` // CSV only: the source's columns in order
	// Headers are those of earlier versions, which files in raw may have.
	Headers    [][]string        `json:"headers,omitempty"`
	Mappings   []Mapping         `json:"mappings,omitempty"`
	Properties map[string]string `json:"properties"`
	// RetentionDays is how long a row is kept.
	RetentionDays int `json:"retentionDays"`
}

type bundleColumn struct {
	Name           string         `json:"name"`
	Logical        string         `json:"logical"`
	Physical       string         `json:"physical"`
	Description    string         `json:"description"`
	Classification string         `json:"classification"`
	Required       bool           `json:"required"`
	Unique         bool           `json:"unique"`
	Enum           []string       `json:"enum,omitempty"`
	Pattern        string         `json:"pattern,omitempty"`
	MinLength      *int           `json:"minLength,omitempty"`
	MaxLength      *int           `json:"maxLength,omitempty"`
	Minimum        *float64       `json:"minimum,omitempty"`
	Maximum        *float64       `json:"maximum,omitempty"`
	Earliest       *string        `json:"earliest,omitempty"`
	Latest         *string        `json:"latest,omitempty"`
	Formerly       []string       `json:"formerly,omitempty"`
	Properties     []bundleColumn `json:"properties,omitempty"`
}

// Bundle is everything the Glue jobs need of the contracts, as one JSON document with the same bytes every time.
func (s *Set) Bundle() ([]byte, error) { return bytes.Clone(s.bundle), nil }

// Hash identifies the contracts: lower-case hex SHA-256 over the bundle without its hash.
func (s *Set) Hash() string { return s.hash }

// seal renders the bundle and its hash once, when the set is known to be valid.
func (s *Set) seal() error {
	b := bundle{
		Version: bundleVersion, Reasons: Reasons(), Pipelines: []bundlePipeline{},
		Contracts: map[string]bundleContract{},
	}
	for _, p := range s.Pipelines() {
		b.Pipelines = append(b.Pipelines, bundlePipeline{
			p.Name, p.Domain, p.Streaming, p.Raw.ID, ids(p.Beside), p.Processed.ID, ids(p.Curated),
		})
	}
	for _, c := range s.contracts {
		b.Contracts[c.ID] = c.bundle()
	}
	unsigned, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("contracts: bundle: %w", err)
	}
	sum := sha256.Sum256(unsigned)
	s.hash = hex.EncodeToString(sum[:])
	b.Hash = s.hash
	signed, err := json.MarshalIndent(b, "", " ")
	if err != nil {
		return fmt.Errorf("contracts: bundle: %w", err)
	}
	s.bundle = append(signed, '\n')
	return nil
}

func ids(contracts []*Contract) []string {
	found := []string{}
	for _, c := range contracts {
		found = append(found, c.ID)
	}
	return found
}

func (c *Contract) bundle() bundleContract {
	out := bundleContract{
		ID: c.ID, Layer: c.Layer, Dataset: c.Dataset, Domain: c.Domain, Version: c.Version, Owner: c.Owner,
		Description: c.Description, Format: c.Format, Source: c.Source,
		Columns: bundleColumns(c.Columns), PathColumns: bundleColumns(c.PathColumns), PathTemplate: c.PathTemplate(),
		SparkSchema: c.SparkSchema(),
		PrimaryKey:  nonNil(c.primaryKey), Partitions: nonNil(c.Partitions),
		SortBy: nonNil(c.SortBy), Upstream: nonNil(c.Upstream), Quality: c.Quality, Properties: c.Properties,
		Ended: c.Ended, Mappings: c.Mappings, RetentionDays: c.SLA.RetentionDays,
	}
	if out.Properties == nil {
		out.Properties = map[string]string{}
	}
	if out.Quality == nil {
		out.Quality = []QualityRule{}
	}
	if c.Format == FormatCSV {
		for _, column := range c.Columns {
			out.Header = append(out.Header, column.Name)
		}
		for _, header := range c.earlier {
			out.Headers = append(out.Headers, header.Columns)
		}
	}
	return out
}

func bundleColumns(columns []Column) []bundleColumn {
	out := make([]bundleColumn, 0, len(columns))
	for _, c := range columns {
		column := bundleColumn{
			Name: c.Name, Logical: c.Logical, Physical: c.Physical, Description: c.Description,
			Classification: c.Classification, Required: c.Required, Unique: c.Unique, Enum: c.Enum, Pattern: c.Pattern,
			MinLength: c.MinLength, MaxLength: c.MaxLength, Minimum: c.Minimum, Maximum: c.Maximum,
			Earliest: c.Earliest, Latest: c.Latest, Formerly: c.Formerly,
		}
		if len(c.Properties) > 0 {
			column.Properties = bundleColumns(c.Properties)
		}
		out = append(out, column)
	}
	return out
}

func nonNil[T any](values []T) []T {
	if values == nil {
		return []T{}
	}
	return slices.Clone(values)
}
