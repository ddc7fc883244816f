package contracts

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// GlueColumn is a column as the Glue catalog describes it.
type GlueColumn struct {
	Name    string
	Type    string
	Comment string
}

// Serde is how Athena reads a projected table's objects.
type Serde struct {
	InputFormat  string
	OutputFormat string
	Library      string
	Parameters   map[string]string
}

// commentLimit is the longest column comment the Glue API takes (Glue API, Column).
const commentLimit = 255

// csvEscape is a character that no usable field holds. A backslash, the SerDe's own choice, is one that sources write,
// and RFC 4180 has no escape but the doubled quote.
const csvEscape = "\x01"

// glueName is the column's name in the catalog, which folds names to lower case.
func glueName(name string) string { return strings.ToLower(name) }

// GlueColumns are the stored columns, in order. Names are in lower case; CSV is read by position, so the source's own
// names do not matter there.
func (c *Contract) GlueColumns() []GlueColumn { return glueColumns(c.Columns) }

// GluePartitionKeys are the partition columns of a projected table, in path order; an Iceberg table has none in the
// catalog.
func (c *Contract) GluePartitionKeys() []GlueColumn { return glueColumns(c.PathColumns) }

func glueColumns(columns []Column) []GlueColumn {
	out := make([]GlueColumn, 0, len(columns))
	for _, column := range columns {
		out = append(out,
			GlueColumn{Name: glueName(column.Name), Type: column.Physical, Comment: shorten(column.Description)})
	}
	return out
}

func shorten(comment string) string {
	return Shorten(strings.Join(strings.Fields(comment), " "), commentLimit)
}

// Shorten cuts a text to so many bytes: AWS's limits are in characters, but the provider counts bytes before it asks
// AWS.
func Shorten(text string, limit int) string {
	const cut = "…"
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit-len(cut)], "") + cut
}

// Since is the first day of data, as YYYY-MM-DD: the projection of dates begins there unless the contract's minimum
// says otherwise. Whoever asks for no range of days has every partition from there on listed, empty or not.
type Since struct {
	// Arrivals is that of raw, whose dates are when data came; Events that of other layers, whose dates are the data's.
	Arrivals, Events string
}

func (s Since) of(layer string) string {
	if layer == LayerRaw {
		return s.Arrivals
	}
	return s.Events
}

// TableParameters are the parameters of the catalog table. For projected tables they hold the partition projection, all
// but storage.location.template, which needs the bucket: see ProjectionTemplate.
func (c *Contract) TableParameters(since Since) map[string]string {
	parameters := map[string]string{
		"contract_id":         c.ID,
		"contract_version":    c.Version,
		"owner":               c.Owner,
		"upstream":            strings.Join(c.Upstream, ","),
		"data_classification": c.Classification(),
	}
	if !c.Format.Projected() {
		return parameters
	}
	// Glue's own meaning of classification is the file format.
	parameters["classification"] = map[Format]string{
		FormatJSONLines: "json", FormatCSV: "csv", FormatLines: "txt", FormatParquet: "parquet",
	}[c.Format]
	parameters["EXTERNAL"] = "TRUE"
	if len(c.PathColumns) > 0 {
		parameters["projection.enabled"] = "true"
	}
	if c.Format == FormatCSV {
		parameters["skip.header.line.count"] = "1"
	}
	for _, column := range c.PathColumns {
		for key, value := range column.projection(since.of(c.Layer)) {
			parameters["projection."+glueName(column.Name)+"."+key] = value
		}
	}
	return parameters
}

// projection are the settings of one partition column (Athena User Guide, Supported types for partition projection).
func (c Column) projection(first string) map[string]string {
	switch c.Logical {
	case "date":
		return map[string]string{
			"type": "date", "format": "yyyy-MM-dd", "range": cmp.Or(c.firstDate, first) + ",NOW+1DAY",
			"interval": "1", "interval.unit": "DAYS",
		}
	case "integer":
		highest := strconv.Itoa(int(*c.Maximum))
		return map[string]string{
			"type": "integer", "range": fmt.Sprintf("%d,%s", int(*c.Minimum), highest),
			"digits": strconv.Itoa(len(highest)),
		}
	default:
		return map[string]string{"type": "enum", "values": strings.Join(c.Enum, ",")}
	}
}

// PathTemplate is the object prefix of one partition of a projected table, with ${column} holes and a final slash; for
// an Iceberg table the prefix of the table.
func (c *Contract) PathTemplate() string { return c.template(c.folder) }

// template is PathTemplate with a folder of the dataset's for the files that the table shows.
func (c *Contract) template(folder string) string {
	if c.pathTemplate != "" {
		return strings.TrimSuffix(c.pathTemplate, "/") + "/"
	}
	var b strings.Builder
	b.WriteString(c.Prefix())
	if folder != "" {
		b.WriteString(folder + "/")
	}
	for _, column := range c.PathColumns {
		fmt.Fprintf(&b, "%s=${%s}/", glueName(column.Name), glueName(column.Name))
	}
	return b.String()
}

// ProjectionTemplate is the value of the table parameter storage.location.template for the layer's bucket.
func (c *Contract) ProjectionTemplate(bucket string) string {
	return "s3://" + bucket + "/" + c.PathTemplate()
}

// Location is where the table lies in the layer's bucket.
func (c *Contract) Location(bucket string) string { return "s3://" + bucket + "/" + c.Prefix() }

// Prefix is the folder of the dataset's rows in the layer's bucket. Objects have the dataset's own folder to
// themselves, so that an event of one is never that of a row.
func (c *Contract) Prefix() string {
	switch c.Source {
	case SourceObjects:
		return c.Dataset + "-rows/"
	case SourceBeside:
		folder, _, _ := strings.Cut(c.pathTemplate, "${")
		return folder[:strings.LastIndex(folder, "/")+1]
	default:
		return c.Dataset + "/"
	}
}

// Folder is where the catalog says that a projected table lies.
func (c *Contract) Folder() string {
	if c.Source == SourceBeside {
		return c.Prefix()
	}
	return c.Dataset + "/"
}

// Of is the dataset that the rows belong to: that of the folder they lie in, for what lies beside another's.
func (c *Contract) Of() string {
	if c.Source != SourceBeside {
		return c.Dataset
	}
	dataset, _, _ := strings.Cut(c.pathTemplate, "/")
	return dataset
}

// Classification is the highest classification of any column.
func (c *Contract) Classification() string {
	var all []string
	for _, column := range c.allColumns() {
		all = append(all, column.Classification)
	}
	return Strictest(all)
}

// Strictest is the classification among those given that lets fewest read; the loosest there is of none.
func Strictest(given []string) string {
	highest := 0
	for _, classification := range given {
		highest = max(highest, slices.Index(classifications, classification))
	}
	return classifications[highest]
}

// Serde returns how a projected table is read; false for Iceberg, whose metadata says so itself.
func (c *Contract) Serde() (Serde, bool) {
	const (
		textInput  = "org.apache.hadoop.mapred.TextInputFormat"
		textOutput = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
	)
	switch c.Format {
	case FormatJSONLines:
		return Serde{textInput, textOutput, "org.openx.data.jsonserde.JsonSerDe", map[string]string{
			"case.insensitive": "true", "ignore.malformed.json": "false", "dots.in.keys": "false",
		}}, true
	case FormatCSV:
		return Serde{textInput, textOutput, "org.apache.hadoop.hive.serde2.OpenCSVSerde", map[string]string{
			"separatorChar": ",", "quoteChar": `"`, "escapeChar": csvEscape,
		}}, true
	case FormatLines:
		// A line is one field, without an end before the line's.
		return Serde{textInput, textOutput, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", map[string]string{
			"field.delim": csvEscape, "serialization.format": csvEscape, "serialization.last.column.takes.rest": "true",
		}}, true
	case FormatParquet:
		return Serde{
			"org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
			"org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
			"org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
			map[string]string{"serialization.format": "1"},
		}, true
	default:
		return Serde{}, false
	}
}
