package contracts

import (
	"slices"
	"time"
)

// Layers in the order data flows.
const (
	LayerRaw       = "raw"
	LayerProcessed = "processed"
	// LayerFeatures is what models learn from. Only a platform that trains some has it: see LoadWithFeatures.
	LayerFeatures = "features"
	LayerCurated  = "curated"
)

// PseudonymColumn is what tables without personal data know customers by: a keyed hash of the number.
const PseudonymColumn = "customer_key"

// Format is how a dataset's objects are stored.
type Format string

// The formats. Raw is text, compressed; projected Parquet is for Athena, Iceberg for everything that is merged.
const (
	FormatJSONLines Format = "jsonlines"
	FormatCSV       Format = "csv"
	FormatLines     Format = "lines" // a row is a line of text, whatever stands in it
	FormatParquet   Format = "parquet"
	FormatIceberg   Format = "iceberg"
)

// Projected says that the table's partitions are computed from its parameters instead of being listed in the catalog.
func (f Format) Projected() bool { return f != FormatIceberg }

// text says that values are written as text, so a column may be stored as string whatever its logical type.
func (f Format) text() bool { return f == FormatJSONLines || f == FormatCSV || f == FormatLines }

// Sources of a raw dataset.
const (
	SourceStream  = "stream"
	SourceLanding = "landing"
	// SourceObjects are objects that a source puts into the dataset's folder of raw; the dataset is what a function
	// says of each.
	SourceObjects  = "objects"
	SourcePlatform = "platform"
	// SourceBeside are files of another form that sources drop for a dataset: they lie in its folder, and its job reads
	// them.
	SourceBeside = "beside"
)

// Contract is what a dataset promises in one layer.
type Contract struct {
	ID          string // <layer>.<dataset>
	Layer       string
	Dataset     string
	Domain      string
	Version     string // semantic version
	Owner       string // a team role, never a person
	Description string
	Usage       string // what it is for, and what to mind
	Limitations string
	Grain       string // what one row is
	Format      Format
	Source      string // raw only: SourceStream, SourceLanding, SourceObjects, SourcePlatform or SourceBeside
	// Columns are the columns stored in the objects, in order. Partition columns of projected tables live in the path
	// and are PathColumns; Iceberg's are ordinary columns.
	Columns     []Column
	PathColumns []Column
	Upstream    []string
	SLA         SLA
	Quality     []QualityRule
	Partitions  []Partition
	SortBy      []string
	// Mappings say which other sources' files the dataset takes, by source.
	Mappings []Mapping
	// Properties are the Iceberg table's properties.
	Properties map[string]string
	// Ended are columns of earlier versions: an Iceberg table keeps them, and nothing writes them any more.
	Ended []string

	pathTemplate string
	headersUntil map[string]string // by version, the day that its header ends, as the contract says
	folder       string            // of the files with the contract's own header, see Header
	earlier      []Header          // of the versions before, newest first
	primaryKey   []string
	text         []byte // the file
}

// SLA is what a dataset promises about time.
type SLA struct {
	Latency       time.Duration // from the event, or the file's arrival, to a row that queries return
	Frequency     time.Duration // between updates
	RetentionDays int
}

// Partition is one field of the partition spec.
type Partition struct {
	Column    string `json:"column"`
	Transform string `json:"transform"` // identity, hour, day or month
}

// Column is one column, or one field of a nested object.
type Column struct {
	Name           string
	Logical        string // ODCS logical type
	Physical       string // Glue (Hive) type
	Description    string
	Classification string // Public, Internal, Pseudonymous or PersonalData
	Required       bool
	Unique         bool
	Enum           []string
	Pattern        string // anchored; same meaning in Go, Java and ECMA
	MinLength      *int   // characters
	MaxLength      *int
	Minimum        *float64
	Maximum        *float64
	Earliest       *string // dates as 2006-01-02, timestamps in RFC 3339, UTC
	Latest         *string
	Properties     []Column // fields of the JSON text the column holds
	// QueryParameters are those that a column of addresses keeps; others stay in raw.
	QueryParameters []string
	Formerly        []string // what earlier versions of the dataset called the column

	firstDate  string // path columns of logical type date: where partition projection starts, whatever Since says
	valuesFrom string // the platform's value set that filled Enum
}

// PrimaryKey names the columns that identify a row.
func (c *Contract) PrimaryKey() []string { return slices.Clone(c.primaryKey) }

// Column returns the stored or path column of that name.
func (c *Contract) Column(name string) (Column, bool) {
	for _, col := range c.allColumns() {
		if col.Name == name {
			return col, true
		}
	}
	return Column{}, false
}

// Event returns the fields of the JSON text that the dataset carries, or nil when it carries none.
func (c *Contract) Event() []Column {
	for _, col := range c.Columns {
		if len(col.Properties) > 0 {
			return col.Properties
		}
	}
	return nil
}

// Compatibility is the rule by which new versions are admitted: readers of raw must cope with data of every older
// version, readers of processed and curated with newer data as well.
func (c *Contract) Compatibility() string {
	if c.Layer == LayerRaw {
		return "BACKWARD"
	}
	return "FULL"
}

// Tags are the Lake Formation tags of the table.
func (c *Contract) Tags() map[string]string {
	return map[string]string{"layer": c.Layer, "domain": c.Domain}
}

// ColumnTags are the classifications of the table's columns by the name they have in the Glue catalog.
func (c *Contract) ColumnTags() map[string]string {
	tags := map[string]string{}
	for _, col := range c.allColumns() {
		tags[glueName(col.Name)] = col.Classification
	}
	return tags
}

func (c *Contract) allColumns() []Column { return slices.Concat(c.Columns, c.PathColumns) }
