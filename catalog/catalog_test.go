package catalog

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/analytics/sql"
	"dataplatform/catalog/internal/synthetic"
	"dataplatform/contracts"
	"dataplatform/internal/figures"
)

// real is the platform's own catalog.
func real(t *testing.T) Input {
	t.Helper()
	set, err := contracts.Load()
	require.NoError(t, err)
	history, err := contracts.History(os.DirFS("../contracts/released"))
	require.NoError(t, err)
	queries, err := sql.All()
	require.NoError(t, err)
	consumers, err := Consumers()
	require.NoError(t, err)
	return Input{Contracts: set, History: history, Queries: queries, Consumers: consumers,
		Databases: map[string]string{"raw": "shop_raw", "processed": "shop_processed", "curated": "shop_curated"}}
}

func build(t *testing.T, in Input) map[string]string {
	t.Helper()
	files, err := Build(in)
	require.NoError(t, err)
	texts := map[string]string{}
	for name, content := range files {
		texts[name] = string(content)
	}
	return texts
}

func TestEveryContractHasItsPage(t *testing.T) {
	in := real(t)
	files := build(t, in)
	for _, c := range in.Contracts.All() {
		page, ok := files["dataset/"+c.ID+".html"]
		require.True(t, ok, c.ID)
		assert.Contains(t, files["index.html"], `href="dataset/`+c.ID+`.html"`)
		for _, want := range []string{c.Owner, c.Version, string(c.Format), c.Layer, duration(c.SLA.Latency),
			days(c.SLA.RetentionDays)} {
			assert.Contains(t, page, want, c.ID)
		}
		for _, column := range slices.Concat(c.Columns, c.PathColumns) {
			row := regexp.MustCompile(`(?s)<tr id="column-` + regexp.QuoteMeta(column.Name) +
				`">.*?</tr>`).FindString(page)
			assert.Contains(t, row, ">"+column.Physical+"<", "%s: %s", c.ID, column.Name)
			assert.Contains(t, row, ">"+column.Classification+"<", "%s: %s", c.ID, column.Name)
		}
		assert.Contains(t, page, "<strong>"+c.Version+"</strong>", "%s: its history", c.ID)
	}
	assert.Contains(t, files["dataset/raw.clicks.html"], `id="column-payload.event_id"`,
		"the fields of JSON text are columns, too")
	assert.Contains(t, files["dataset/curated.sales_hourly.html"], "FROM shop_curated.sales_hourly")
}

func TestNothingIsAskedFromOutside(t *testing.T) {
	for name, text := range build(t, real(t)) {
		assert.NotRegexp(t, `(src|href|url|import|fetch)\s*[=(]\s*["']?(https?:)?//`, text, name)
		assert.NotRegexp(t, `\son[a-z]+=`, text, "%s: a handler in the page", name)
	}
}

func TestSameBytesEveryTime(t *testing.T) {
	assert.Equal(t, build(t, real(t)), build(t, real(t)))
}

// TestLineage: the graph is what contracts, pipelines and queries say, no more and no less.
func TestLineage(t *testing.T) {
	in := real(t)
	in.Consumers = []Consumer{{"board", KindDashboard, "Board", "Numbers.", []string{"curated.sales_hourly"}}}
	g := newGraph(in)
	var want []edge
	for _, c := range in.Contracts.All() {
		for _, id := range c.Upstream {
			want = append(want, edge{id, c.ID})
		}
	}
	for _, p := range in.Contracts.Pipelines() {
		want = append(want, edge{"source." + p.Name, p.Raw.ID}, edge{p.Raw.ID, "raw.quarantine"})
		if beside, ok := in.Contracts.Get(p.Raw.ID + "_json"); ok {
			want = append(want, edge{"source." + p.Name, beside.ID}, edge{beside.ID, p.Processed.ID},
				edge{beside.ID, "raw.quarantine"})
		}
	}
	for _, query := range in.Queries {
		for _, id := range query.Tables() {
			want = append(want, edge{id, "query." + query.Name})
		}
	}
	assert.ElementsMatch(t, append(want, edge{"curated.sales_hourly", "dashboard.board"}), g.edges)
	for _, e := range g.edges {
		assert.NotEmpty(t, g.node(e.from).Href, e.from)
		assert.NotEmpty(t, g.node(e.to).Href, e.to)
	}
	var ids []string
	for _, n := range g.around("processed.sales").nodes {
		ids = append(ids, n.ID)
	}
	assert.Subset(t, ids, []string{"source.sales", "raw.sales", "raw.sales_json", "processed.sales",
		"curated.sales_hourly", "dashboard.board", "query.hourly_revenue"})
	assert.NotContains(t, ids, "raw.quarantine", "it hangs on raw.sales, not on the way to or from processed.sales")
	assert.NotContains(t, ids, "raw.clicks")
}

func TestSourcesSayHowDataArrives(t *testing.T) {
	g := newGraph(real(t))
	for id, want := range map[string]string{
		"source.clicks": "events on the stream", "source.sales": "files in landing/sales/",
		"source.assets": "objects in raw/assets/",
	} {
		assert.Equal(t, want, g.node(id).Note, id)
	}
}

func TestLayout(t *testing.T) {
	set, _, err := synthetic.Contracts(50, 5)
	require.NoError(t, err)
	g := newGraph(Input{Contracts: set, Consumers: []Consumer{{"early", KindModel, "Early",
		"Reads what is not curated.", []string{"raw.feed_03", "curated.report_02"}}}})
	d := g.layout()
	assert.Len(t, d.bends[edge{"raw.feed_03", "model.early"}], 2)
	for _, e := range g.edges {
		x := d.places[e.from].x
		for _, id := range append(slices.Clone(d.bends[e]), e.to) {
			assert.Equal(t, x+boxWidth+columnGap, d.places[id].x, "%v goes one column at a time", e)
			x = d.places[id].x
		}
	}
	byColumn := map[int][]string{}
	for id, at := range d.places {
		byColumn[at.x] = append(byColumn[at.x], id)
		assert.LessOrEqual(t, at.x+boxWidth, d.width)
		assert.LessOrEqual(t, at.y+d.heightOf(id), d.height)
	}
	for _, column := range byColumn {
		slices.SortFunc(column, func(a, b string) int { return d.places[a].y - d.places[b].y })
		for i := 1; i < len(column); i++ {
			assert.GreaterOrEqual(t, d.places[column[i]].y, d.places[column[i-1]].y+d.heightOf(column[i-1])+rowGap)
		}
	}
}

func TestTheLastRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.json")
	run, err := figures.Read(file)
	require.NoError(t, err)
	assert.Nil(t, run, "no run is no error")
	require.NoError(t, os.WriteFile(file,
		[]byte(`{"datasets": {"sales": {"received": 42481, "processed": 41981, "duplicates": 480, "quarantined": 20, "lost": 0,
		"reasons": {"wrong_type": 20}}}, "queries": [{"name": "salesByCountry", "rows": 20, "seconds": 0.454}], "deploy": {}}`), 0o600))
	at := time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	require.NoError(t, os.Chtimes(file, at, at))
	in := real(t)
	in.Run, err = figures.Read(file)
	require.NoError(t, err)
	files := build(t, in)
	page := files["dataset/processed.sales.html"]
	for _, want := range []string{"1 March 2026, 12:30 UTC", ">42,481<", ">41,981<", ">480<", "0.05 %",
		"<code>wrong_type</code> 20"} {
		assert.Contains(t, page, want)
	}
	assert.Contains(t, files["dataset/curated.sales_hourly.html"], "In the last run: 20 rows in 0.45 s.")
	assert.Contains(t, files["dataset/processed.clicks.html"], "The last run did not count this dataset by itself.")
	assert.Contains(t, build(t, real(t))["dataset/processed.sales.html"],
		"No run of the platform has been counted here.")

	require.NoError(t, os.WriteFile(file, []byte(`{"datasets": 7}`), 0o600))
	_, err = figures.Read(file)
	assert.ErrorContains(t, err, "report.json")
}

func TestHistoryIsShownNewestFirst(t *testing.T) {
	in := real(t)
	in.History = map[string][]contracts.Release{"processed.sales": {
		{Version: "1.0.0"}, {Version: "1.0.1"},
		{Version: "2.0.0", Changes: []contracts.Change{{Path: "price", Kind: "column removed", Breaking: true}}},
	}}
	page := build(t, in)["dataset/processed.sales.html"]
	page = page[strings.Index(page, `id="history"`):]
	for _, want := range []string{"2.0.0", "price: column removed", "breaks readers", "1.0.1", "only texts changed",
		"1.0.0", "first released"} {
		at := strings.Index(page, want)
		require.GreaterOrEqual(t, at, 0, want)
		page = page[at:]
	}
}

func TestConsumersRefuse(t *testing.T) {
	in := real(t)
	for want, consumers := range map[string][]Consumer{
		`kind "report" is not allowed`:           {{"a", "report", "A", "A.", []string{"raw.sales"}}},
		"needs title, description and reads":     {{"a", KindModel, "A", "", nil}},
		"reads raw.nothing, which no contract":   {{"a", KindModel, "A", "A.", []string{"raw.nothing"}}},
		`consumer "../a": the id is not allowed`: {{"../a", KindModel, "A", "A.", []string{"raw.sales"}}},
		"or given twice": {{"a", KindModel, "A", "A.", []string{"raw.sales"}},
			{"a", KindModel, "B", "B.", []string{"raw.sales"}}},
	} {
		in.Consumers = consumers
		_, err := Build(in)
		assert.ErrorContains(t, err, want)
	}
	_, err := parseConsumers([]byte("consumers:\n  - {id: a, read: []}"))
	assert.ErrorContains(t, err, "field read not found")
	in.Consumers, in.Queries = nil, []sql.Query{{Name: "q", Description: "Q.", Text: "SELECT 1 FROM {raw}.nothing"}}
	_, err = Build(in)
	assert.ErrorContains(t, err, "query q: reads raw.nothing")
}

func TestWriteReplacesOnlyACatalog(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "site")
	require.NoError(t, Write(folder, map[string][]byte{"index.html": []byte("1"), "dataset/a.html": []byte("a")}))
	require.NoError(t, Write(folder, map[string][]byte{"index.html": []byte("2"), "dataset/b.html": []byte("b")}))
	assert.NoFileExists(t, filepath.Join(folder, "dataset", "a.html"))
	assert.FileExists(t, filepath.Join(folder, "dataset", "b.html"))
	other := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(other, "thesis.txt"), nil, 0o600))
	assert.ErrorContains(t, Write(other, map[string][]byte{"index.html": nil}), "holds something that is no catalog")
	assert.FileExists(t, filepath.Join(other, "thesis.txt"))
}

func TestWords(t *testing.T) {
	for give, want := range map[time.Duration]string{
		time.Hour: "1 hour", 15 * time.Minute: "15 minutes", 48 * time.Hour: "2 days", 90 * time.Second: "90 seconds",
	} {
		assert.Equal(t, want, duration(give))
	}
	for give, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 42481: "42,481", 1234567: "1,234,567"} {
		assert.Equal(t, want, thousands(give))
	}
	assert.Equal(t, "–", share(1, 0))
	assert.Equal(t, "product_funnel_h…", shorten("product_funnel_hourly", 17))
}
