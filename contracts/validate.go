package contracts

import (
	"slices"
	"strings"
)

// Value sets the platform knows, for columns whose values are not the contract's to list.
const (
	valuesDatasets = "datasets"
	valuesReasons  = "reasons"
)

// layers in the order data flows: curated is also what models say that learnt from features.
var layers = []string{LayerRaw, LayerProcessed, LayerFeatures, LayerCurated}

// resolve fills the columns whose values come from the platform.
func (s *Set) resolve() {
	for _, c := range s.contracts {
		for i := range c.PathColumns {
			switch c.PathColumns[i].valuesFrom {
			case valuesDatasets:
				c.PathColumns[i].Enum = append(s.Datasets(), UnknownDataset)
			case valuesReasons:
				c.PathColumns[i].Enum = reasonCodes()
			}
		}
	}
}

// validate checks a contract as a whole and against the others.
func (s *Set) validate(p *problems, c *Contract) {
	if c.Format == "" { // not readable: what is wrong is already said
		return
	}
	names := map[string]string{}
	for _, column := range c.allColumns() {
		if other, twice := names[glueName(column.Name)]; twice {
			p.add("schema[0].properties."+column.Name, "is given twice (as %s): the Glue catalog ignores case", other)
		}
		names[glueName(column.Name)] = column.Name
	}
	for _, name := range c.SortBy {
		if !slices.ContainsFunc(c.Columns, func(col Column) bool { return col.Name == name }) {
			p.add("customProperties.sortBy", "%q is not a column", name)
		}
	}
	for _, column := range c.allColumns() {
		if c.Layer == LayerCurated && column.Classification == PersonalData {
			p.add("schema[0].properties."+column.Name+".classification",
				"is %s, which ends in processed: curated knows people by pseudonyms and groups", PersonalData)
		}
	}
	for _, name := range c.Ended {
		if _, has := c.Column(name); has {
			p.add("customProperties.ended", "%q is a column of this version", name)
		}
	}
	c.validateFormat(p)
	s.validateUpstream(p, c)
	s.validateReferences(p, c)
	if c.Layer == LayerCurated && len(c.Partitions) == 0 {
		s.validateKeyed(p, c)
	}
	switch {
	case c.Layer != LayerRaw || c.Source == SourcePlatform:
	case c.Source == SourceBeside:
		s.validateBeside(p, c)
	default:
		s.validateSource(p, c)
	}
	if c.Layer == LayerProcessed && c.Format == FormatIceberg {
		c.validateNames(p, rowColumns)
	}
}

// reserved are prefixes of the raw layer that belong to no source's dataset.
var reserved = []string{UnknownDataset, "aws", "discovery"}

// Columns that jobs have of a line beside its fields, and of a row beside its own columns. Spark and the catalog tell
// names apart without their case.
var (
	lineColumns = []string{"arrival_time", "error", "file_digest", "line_key", "line_number", "payload", "reason",
		"void"}
	rowColumns = []string{"error", "payload", "reason"}
)

// IsPlatformColumn says whether no column of a source's lines, or of the rows made of them, may be called so.
func IsPlatformColumn(name string) bool {
	return slices.Contains(lineColumns, glueName(name)) || slices.Contains(rowColumns, glueName(name))
}

// validateNames refuses columns called like the platform's own.
func (c *Contract) validateNames(p *problems, own []string) {
	for _, column := range c.Columns {
		if slices.Contains(own, glueName(column.Name)) {
			p.add("schema[0].properties."+column.Name+".name",
				"is a name that the platform uses itself, in whatever case; it has: %s. "+
					"A mapping (contracts/mappings) gives a source's column another name", strings.Join(own, ", "))
		}
	}
}

// validateSource checks that a dataset that a source sends can be processed.
func (s *Set) validateSource(p *problems, c *Contract) {
	if slices.Contains(reserved, c.Dataset) {
		p.add("", "the dataset's name is reserved: %s", strings.Join(reserved, ", "))
	}
	if c.Source == SourceStream && c.Event() == nil {
		p.add("schema[0].properties", "a stream's dataset needs one column of logicalType object: the event")
	}
	if c.Source == SourceLanding && c.Format == FormatCSV {
		c.validateNames(p, lineColumns)
	}
	processed, ok := s.Get(LayerProcessed + "." + c.Dataset)
	if !ok {
		p.add("", "%s/%s%s does not exist; a dataset with a source needs one", LayerProcessed, c.Dataset, suffix)
		return
	}
	if processed.Format == "" {
		return
	}
	if !s.reaches(processed, c.ID) {
		p.add("", "%s is not computed from it: its upstream is %s", processed.ID,
			strings.Join(processed.Upstream, ", "))
	}
	want := map[string]Format{
		SourceStream: FormatParquet, SourceLanding: FormatIceberg, SourceObjects: FormatIceberg,
	}[c.Source]
	if processed.Format != want {
		p.add("customProperties.source", "is %s, for which the format of %s is %q; allowed: %s", c.Source, processed.ID,
			processed.Format, want)
	}
}

// validateBeside checks that what lies beside a dataset's own files is governed and kept as they are.
func (s *Set) validateBeside(p *problems, c *Contract) {
	dataset, ok := s.Get(LayerRaw + "." + c.Of())
	if !ok || dataset.Source != SourceLanding {
		p.add("customProperties.pathTemplate",
			"%q is in the folder of no dataset that sources drop files for", c.pathTemplate)
		return
	}
	if c.SLA.RetentionDays != dataset.SLA.RetentionDays {
		p.add("slaProperties", "retention is %d days; %s has %d, and one rule for both", c.SLA.RetentionDays,
			dataset.ID, dataset.SLA.RetentionDays)
	}
	if c.Classification() != dataset.Classification() {
		p.add("schema[0].properties", "the strictest classification is %s; that of %s is %s", c.Classification(),
			dataset.ID, dataset.Classification())
	}
}

func (c *Contract) validateFormat(p *problems) {
	if c.Format == FormatCSV {
		for _, column := range c.Columns {
			if column.Physical != "string" {
				p.add("schema[0].properties."+column.Name, "is %s; a CSV file's columns are strings", column.Physical)
			}
		}
	}
	if c.Format == FormatLines && (len(c.Columns) != 1 || c.Columns[0].Physical != "string") {
		p.add("schema[0].properties", "lines are one column, a string")
	}
	if c.pathTemplate == "" {
		return
	}
	if !c.Format.Projected() {
		p.add("customProperties.pathTemplate", "is not for format iceberg")
	}
	if c.Source != SourceBeside && !strings.HasPrefix(c.pathTemplate, c.Dataset+"/") {
		p.add("customProperties.pathTemplate", "%q does not start with %s/", c.pathTemplate, c.Dataset)
	}
	for _, column := range c.PathColumns {
		if strings.Count(c.pathTemplate, "${"+column.Name+"}") != 1 {
			p.add("customProperties.pathTemplate", "%q does not hold ${%s} exactly once", c.pathTemplate, column.Name)
		}
	}
	if strings.Count(c.pathTemplate, "${") != len(c.PathColumns) {
		p.add("customProperties.pathTemplate", "%q holds something that is not a partitioned column", c.pathTemplate)
	}
}

func (s *Set) validateUpstream(p *problems, c *Contract) {
	if c.Layer == LayerRaw {
		if len(c.Upstream) > 0 {
			p.add("customProperties.upstream", "raw datasets have none; they have a source")
		}
		return
	}
	if len(c.Upstream) == 0 {
		p.add("customProperties.upstream", "is required: the contracts this one is computed from")
	}
	for i, id := range c.Upstream {
		upstream, ok := s.Get(id)
		switch {
		case !ok:
			p.add("customProperties.upstream", "%q does not exist; existing: %s", id, strings.Join(s.ids(), ", "))
		case slices.Contains(c.Upstream[:i], id):
			p.add("customProperties.upstream", "%q is given twice", id)
		case slices.Index(layers, upstream.Layer) > slices.Index(layers, c.Layer):
			p.add("customProperties.upstream", "%q is of a later layer than %s", id, c.Layer)
		case upstream.Layer == LayerRaw && c.Layer != LayerProcessed:
			p.add("customProperties.upstream", "%q is raw, of which processed alone is computed", id)
		case s.reaches(upstream, c.ID):
			p.add("customProperties.upstream", "%q is computed from this dataset: a cycle", id)
		case c.Layer == LayerCurated && s.learnt(c) != (upstream.Layer == LayerFeatures):
			p.add("customProperties.upstream",
				"%q is %s; what a model says is computed from features alone, and anything else without them", id,
				upstream.Layer)
		case c.Layer == LayerCurated && !s.learnt(c) && i > 0 &&
			(upstream.Layer != LayerProcessed || upstream.Format != FormatIceberg):
			p.add("customProperties.upstream",
				"%q is %s and %s; values are looked up in Iceberg tables of processed only", id, upstream.Layer,
				upstream.Format)
		}
	}
}

// validateKeyed checks a curated dataset without partitions: it is recomputed by its key from all rows of that key,
// whatever their time, which takes a table that can be asked for a key.
func (s *Set) validateKeyed(p *problems, c *Contract) {
	source := s.source(c)
	if source == nil || source.Format == "" { // what is wrong is already said, or a model says it
		return
	}
	if source.ID != c.Upstream[0] || source.Format != FormatIceberg {
		p.add("schema[0].properties",
			"no column is partitioned; allowed only for what is computed from an Iceberg table of processed")
	}
}

// learnt says whether a curated dataset is what a model says: computed from features, replaced whole, and in no
// pipeline.
func (s *Set) learnt(c *Contract) bool {
	if c.Layer != LayerCurated || len(c.Upstream) == 0 {
		return false
	}
	first, ok := s.Get(c.Upstream[0])
	return ok && first.Layer == LayerFeatures
}

// needsFeatures says whether a dataset is of the features layer, or computed from one that is.
func (s *Set) needsFeatures(c *Contract) bool {
	return slices.ContainsFunc(s.Layer(LayerFeatures), func(feature *Contract) bool { return s.reaches(c, feature.ID) })
}

func (s *Set) ids() []string {
	var ids []string
	for _, c := range s.contracts {
		ids = append(ids, c.ID)
	}
	return ids
}

// reaches says whether from is, or is computed from, the contract target.
func (s *Set) reaches(from *Contract, target string) bool {
	seen := map[string]bool{}
	var visit func(c *Contract) bool
	visit = func(c *Contract) bool {
		if c.ID == target {
			return true
		}
		if seen[c.ID] {
			return false
		}
		seen[c.ID] = true
		return slices.ContainsFunc(c.Upstream, func(id string) bool {
			next, ok := s.Get(id)
			return ok && visit(next)
		})
	}
	return visit(from)
}
