package contracts

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

var (
	versionPattern = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$`)
	datasetPattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
	domainPattern  = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
)

// fill copies the document into the contract, recording everything that is missing or not allowed.
func (d *document) fill(p *problems, c *Contract) {
	p.oneOf("apiVersion", d.APIVersion, "v3.1.0")
	p.oneOf("kind", d.Kind, "DataContract")
	p.oneOf("id", d.ID, c.ID)
	p.oneOf("name", d.Name, c.Dataset)
	p.oneOf("status", d.Status, "active", "deprecated")
	if !datasetPattern.MatchString(c.Dataset) {
		p.add("", "the file's name %q is not a dataset name; allowed: %s", c.Dataset, datasetPattern)
	}
	if !versionPattern.MatchString(d.Version) {
		p.add("version", "%q is not allowed; allowed: a semantic version such as 1.0.0", d.Version)
	}
	if !domainPattern.MatchString(d.Domain) {
		p.add("domain", "%q is not allowed; allowed: %s", d.Domain, domainPattern)
	}
	p.needed("description.purpose", d.Description.Purpose)
	p.needed("team.name", d.Team.Name)
	c.Version, c.Domain, c.Owner = d.Version, d.Domain, d.Team.Name
	c.Description = strings.TrimSpace(d.Description.Purpose)
	c.Usage, c.Limitations = strings.TrimSpace(d.Description.Usage), strings.TrimSpace(d.Description.Limitations)
	c.SLA = fillSLA(p, d.SLAProperties)
	fillCustom(p, d.CustomProperties, c)
	if c.Format == "" {
		return // what columns may be depends on it
	}
	if len(d.Schema) != 1 {
		p.add("schema", "has %d objects; allowed: exactly one, the dataset's table", len(d.Schema))
		return
	}
	table := d.Schema[0]
	p.oneOf("schema[0].name", table.Name, c.Dataset)
	p.oneOf("schema[0].logicalType", table.LogicalType, "object")
	p.oneOf("schema[0].physicalType", table.PhysicalType, "table")
	p.needed("schema[0].dataGranularityDescription", table.Granularity)
	c.Grain = strings.TrimSpace(table.Granularity)
	fillColumns(p, table.Properties, c)
	c.hideBounds()
	fillQuality(p, table, c)
}

// formats are what a layer may be stored as: raw is text as received; what is merged or published whole takes Iceberg;
// what is reported of models is an object a run.
var formats = map[string][]string{
	LayerRaw:       {string(FormatJSONLines), string(FormatCSV), string(FormatLines)},
	LayerProcessed: {string(FormatParquet), string(FormatIceberg)},
	LayerCurated:   {string(FormatIceberg)},
	LayerFeatures:  {string(FormatIceberg), string(FormatJSONLines)},
}

// fillCustom reads the contract's customProperties. Without a valid format it leaves the contract's empty.
func fillCustom(p *problems, properties []customProperty, c *Contract) {
	var format string
	values := map[string]any{
		"layer": new(string), "format": &format, "source": &c.Source, "upstream": &c.Upstream,
		"sortBy": &c.SortBy, "tableProperties": &c.Properties, "pathTemplate": &c.pathTemplate,
		"headersUntil": &c.headersUntil, "ended": &c.Ended,
	}
	seen := decodeCustom(p, "customProperties", properties, values)
	p.oneOf("customProperties.layer", *values["layer"].(*string), c.Layer)
	if !p.oneOf("customProperties.format", format, formats[c.Layer]...) {
		return
	}
	c.Format = Format(format)
	if c.Layer == LayerRaw {
		p.oneOf("customProperties.source", c.Source, SourceStream, SourceLanding, SourceObjects, SourcePlatform,
			SourceBeside)
	} else if seen["source"] {
		p.add("customProperties.source", "is only for raw datasets; the others have upstream")
	}
	if seen["headersUntil"] && (c.Source != SourceLanding || c.Format != FormatCSV) {
		p.add("customProperties.headersUntil", "is only for CSV files that sources drop")
	}
	if c.Format == FormatIceberg {
		for key, want := range map[string]string{"format-version": "2", "write.parquet.compression-codec": "zstd"} {
			if got := c.Properties[key]; got != want {
				p.add("customProperties.tableProperties", "%s is %q; allowed: %q", key, got, want)
			}
		}
	} else {
		for _, name := range []string{"sortBy", "tableProperties", "ended"} {
			if seen[name] {
				p.add("customProperties."+name, "is only for format iceberg")
			}
		}
	}
}

// decodeCustom decodes customProperties into the targets, which are all that is allowed, and returns the names seen.
func decodeCustom(p *problems, path string, properties []customProperty, targets map[string]any) map[string]bool {
	allowed := make([]string, 0, len(targets))
	for name := range targets {
		allowed = append(allowed, name)
	}
	slices.Sort(allowed)
	seen := map[string]bool{}
	for _, property := range properties {
		at := path + "." + property.Property
		switch target, ok := targets[property.Property]; {
		case !ok:
			p.add(path, "unknown property %q; allowed: %s", property.Property, strings.Join(allowed, ", "))
		case seen[property.Property]:
			p.add(at, "is given twice")
		case property.Value.Kind == 0:
			p.add(at, "has no value")
		default:
			if err := property.Value.Decode(target); err != nil {
				p.add(at, "is not %s", kindOf(target))
			}
		}
		seen[property.Property] = true
	}
	return seen
}

func kindOf(target any) string {
	switch target.(type) {
	case *[]string:
		return "a list of strings"
	case *map[string]string:
		return "a mapping of strings"
	default:
		return "a string"
	}
}

var slaUnits = map[string]time.Duration{"minutes": time.Minute, "hours": time.Hour, "days": 24 * time.Hour}

// fillSLA reads latency, frequency and retention; each is required once.
func fillSLA(p *problems, properties []slaProperty) SLA {
	got := map[string]time.Duration{}
	for _, property := range properties {
		at := "slaProperties." + property.Property
		if !p.oneOf("slaProperties", property.Property, "latency", "frequency", "retention") {
			continue
		}
		if _, twice := got[property.Property]; twice {
			p.add(at, "is given twice")
		}
		if property.Value <= 0 {
			p.add(at, "value is %d; allowed: a positive integer", property.Value)
		}
		p.oneOf(at+".unit", property.Unit, "minutes", "hours", "days")
		got[property.Property] = time.Duration(property.Value) * slaUnits[property.Unit]
	}
	for _, name := range []string{"latency", "frequency", "retention"} {
		if _, ok := got[name]; !ok {
			p.add("slaProperties", "%s is missing", name)
		}
	}
	return SLA{
		Latency: got["latency"], Frequency: got["frequency"], RetentionDays: int(got["retention"] / (24 * time.Hour)),
	}
}

// scalar returns the text of a scalar node, or "" when the key is absent.
func scalar(node yaml.Node) string {
	if node.Kind != yaml.ScalarNode {
		return ""
	}
	return node.Value
}

// boundsOf begins the property that says what of a column Iceberg's metadata keep.
const boundsOf = "write.metadata.metrics.column."

// hideBounds keeps the least and the greatest value of personal and pseudonymous columns out of an Iceberg table's
// metadata: "table$files" shows them to whoever may query the table, whatever columns that is. The columns are keys,
// names, addresses and exact times: no query passes files over by the bounds of the first three, and tables are
// partitioned by the days of the last.
func (c *Contract) hideBounds() {
	if c.Format != FormatIceberg {
		return
	}
	for _, column := range c.Columns {
		if slices.Contains([]string{PersonalData, Pseudonymous}, column.Classification) {
			if c.Properties == nil {
				c.Properties = map[string]string{}
			}
			c.Properties[boundsOf+column.Name] = "none"
		}
	}
}
