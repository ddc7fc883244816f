package catalog

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"dataplatform/analytics/sql"
	"dataplatform/contracts"
	"dataplatform/internal/figures"
)

// layerMeanings stand above the lists of datasets.
var layerMeanings = []struct{ Layer, Meaning string }{
	{contracts.LayerCurated, "Computed for use: start here."},
	{contracts.LayerFeatures, "What was known as of a time, for models to learn from."},
	{contracts.LayerProcessed, "Typed, cleaned and checked, a row an event or a line."},
	{contracts.LayerRaw, "As it was received, for replay and audit."},
}

// site holds what all pages need.
type site struct {
	Input
	graph graph
}

func newSite(in Input) *site { return &site{Input: in, graph: newGraph(in)} }

// head is what every page starts with.
type head struct {
	Root  string // from the page to the site's root
	Title string
}

type indexPage struct {
	head
	Datasets, Columns int
	Run               *figures.Run
	Graph             template.HTML
	Layers            []layerList
	Index             searchIndex
}

type layerList struct {
	Layer, Meaning string
	Contracts      []*contracts.Contract
}

// searchIndex is what the page's script searches: d[i] are id, text; c[i] are dataset's place, name, type,
// classification, description.
type searchIndex struct {
	Datasets [][2]string `json:"d"`
	Columns  [][5]any    `json:"c"`
}

func (s *site) index() indexPage {
	page := indexPage{head: head{"", "Data catalog"}, Run: s.Run, Graph: s.graph.svg("", "")}
	for _, layer := range layerMeanings {
		if found := s.Contracts.Layer(layer.Layer); len(found) > 0 {
			page.Layers = append(page.Layers, layerList{layer.Layer, layer.Meaning, found})
		}
	}
	for i, c := range s.Contracts.All() {
		page.Datasets++
		page.Index.Datasets = append(page.Index.Datasets, [2]string{c.ID,
			strings.Join([]string{c.Description, c.Owner, c.Domain, string(c.Format), c.Classification()}, " ")})
		for _, column := range columns(c) {
			page.Columns++
			page.Index.Columns = append(page.Index.Columns,
				[5]any{i, column.Name, column.Type, column.Classification, column.Description})
		}
	}
	return page
}

// column is a row of a dataset's table of columns. Fields of JSON text are columns of their own, named column.field.
type column struct {
	Name, Type, Logical, Description, Classification string
	Required, Key, Partition                         bool
	Limits                                           []string
}

func columns(c *contracts.Contract) []column {
	var out []column
	var walk func(prefix string, list []contracts.Column)
	walk = func(prefix string, list []contracts.Column) {
		for _, each := range list {
			physical := each.Physical
			if prefix != "" {
				physical = each.Logical // inside JSON there is no other
			}
			out = append(out, column{
				Name: prefix + each.Name, Type: physical, Logical: each.Logical,
				Description: each.Description, Classification: each.Classification,
				Required: each.Required, Key: prefix == "" && slices.Contains(c.PrimaryKey(), each.Name),
				Partition: prefix == "" && slices.ContainsFunc(c.Partitions,
					func(p contracts.Partition) bool { return p.Column == each.Name }),
				Limits: limits(each),
			})
			walk(prefix+each.Name+".", each.Properties)
		}
	}
	walk("", slices.Concat(c.Columns, c.PathColumns))
	return out
}

// limits are a column's rules in words.
func limits(c contracts.Column) []string {
	var out []string
	if c.Unique {
		out = append(out, "unique")
	}
	if len(c.Enum) > 0 {
		out = append(out, "one of "+strings.Join(c.Enum, ", "))
	}
	if c.Minimum != nil {
		out = append(out, fmt.Sprintf("at least %v", *c.Minimum))
	}
	if c.Maximum != nil {
		out = append(out, fmt.Sprintf("at most %v", *c.Maximum))
	}
	if c.Earliest != nil {
		out = append(out, "not before "+*c.Earliest)
	}
	if c.Latest != nil {
		out = append(out, "not after "+*c.Latest)
	}
	if c.MinLength != nil {
		out = append(out, count(*c.MinLength, "character")+" or more")
	}
	if c.MaxLength != nil {
		out = append(out, count(*c.MaxLength, "character")+" or fewer")
	}
	if c.Pattern != "" {
		out = append(out, "matches "+c.Pattern)
	}
	return out
}

type datasetPageData struct {
	head
	*contracts.Contract
	Columns   []column
	MadeBy    string
	Reads     []node
	ReadBy    []node
	Graph     template.HTML
	Rules     []contracts.QualityRule
	Run       *figures.Run
	Counts    *figures.Counts
	Queries   []queryView
	Releases  []contracts.Release // newest first
	Keys      []string
	Partition []string
}

type queryView struct {
	Name, Description, SQL, Href string
	Run                          *figures.Query
}

func (s *site) dataset(c *contracts.Contract) datasetPageData {
	page := datasetPageData{
		head: head{"../", c.ID}, Contract: c, Columns: columns(c), MadeBy: s.madeBy(c),
		Graph: s.graph.around(c.ID).svg("../", c.ID), Rules: c.Quality, Run: s.Run,
		Releases: slices.Clone(s.History[c.ID]), Keys: c.PrimaryKey(),
	}
	slices.Reverse(page.Releases)
	page.Reads, page.ReadBy = s.graph.reads(c.ID), s.graph.readBy(c.ID)
	for _, p := range c.Partitions {
		page.Partition = append(page.Partition, strings.TrimPrefix(p.Transform+" of "+p.Column, "identity of "))
	}
	if s.Run != nil && c.Layer != contracts.LayerCurated { // counted are the datasets as they were sent and processed
		if counts, ok := s.Run.Datasets[c.Dataset]; ok {
			page.Counts = &counts
		}
	}
	for _, query := range s.Queries {
		if slices.Contains(query.Tables(), c.ID) {
			page.Queries = append(page.Queries, s.query(query))
		}
	}
	if len(page.Queries) == 0 {
		page.Queries = []queryView{{
			Name: "first_look", Description: "Ten rows.",
			SQL: "SELECT *\nFROM " + s.Databases[c.Layer] + "." + c.Dataset + "\nLIMIT 10",
		}}
	}
	return page
}

func (s *site) query(query sql.Query) queryView {
	view := queryView{
		Name: query.Name, Description: query.Description, SQL: query.SQL(s.Databases),
		Href: usePage(kindQuery + "." + query.Name),
	}
	if s.Run != nil {
		for _, run := range s.Run.Queries {
			if run.Name == query.Key() {
				view.Run = &run
			}
		}
	}
	return view
}

// madeBy says which part of a pipeline writes a dataset, and when.
func (s *site) madeBy(c *contracts.Contract) string {
	if c.Layer == contracts.LayerRaw && c.Source == contracts.SourcePlatform {
		return "every function and job that finds data which breaks its contract"
	}
	var by []string
	for _, p := range s.Contracts.Pipelines() {
		switch {
		case c.Source == contracts.SourceBeside && c.Of() == p.Name:
			by = append(by, "the landing function, as files of this form are dropped")
		case p.Streaming && (p.Raw.ID == c.ID || p.Processed.ID == c.ID):
			by = append(by, "the function behind the stream of "+p.Name+", as events arrive")
		case p.Raw.ID == c.ID:
			by = append(by, "the landing function, as files are dropped")
		case p.Processed.ID == c.ID:
			by = append(by, "the job "+p.Name+"-process, every hour")
		case slices.ContainsFunc(p.Curated, func(each *contracts.Contract) bool { return each.ID == c.ID }):
			by = append(by, "the job "+p.Name+"-curate, every hour")
		}
	}
	return strings.Join(by, "; ")
}

type usePageData struct {
	head
	Kind, Description string
	Query             *queryView
	Reads             []node
	Graph             template.HTML
	Run               *figures.Run
}

func (s *site) use(n node) usePageData {
	page := usePageData{head: head{"../",
		n.Title}, Kind: n.Kind, Graph: s.graph.around(n.ID).svg("../", n.ID), Reads: s.graph.reads(n.ID), Run: s.Run}
	for _, query := range s.Queries {
		if n.ID == kindQuery+"."+query.Name {
			view := s.query(query)
			page.Query, page.Description = &view, query.Description
		}
	}
	for _, consumer := range s.Consumers {
		if n.ID == consumer.Kind+"."+consumer.ID {
			page.Description = consumer.Description
		}
	}
	return page
}
