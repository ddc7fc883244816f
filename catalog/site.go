package catalog

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"dataplatform/analytics/sql"
	"dataplatform/contracts"
	"dataplatform/internal/figures"
)

// Input is everything the site is made of.
type Input struct {
	Contracts *contracts.Set
	History   map[string][]contracts.Release
	Queries   []sql.Query
	Consumers []Consumer
	// Run is nil when there was none.
	Run *figures.Run
	// Databases by layer, for queries that can be copied.
	Databases map[string]string
}

//go:embed pages
var pages embed.FS

func datasetPage(id string) string { return "dataset/" + id + ".html" }

func usePage(id string) string { return "use/" + id + ".html" }

// Build returns the site's files by their path.
func Build(in Input) (map[string][]byte, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	templates, err := template.New("").Funcs(template.FuncMap{
		"duration": duration, "days": days, "when": when, "share": share, "join": strings.Join, "thousands": thousands,
	}).ParseFS(pages, "pages/*.html")
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, asset := range []string{"catalog.css", "catalog.js"} {
		if files[asset], err = pages.ReadFile("pages/" + asset); err != nil {
			return nil, err
		}
	}
	render := func(file, name string, page any) error {
		var b bytes.Buffer
		if err := templates.ExecuteTemplate(&b, name, page); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		files[file] = b.Bytes()
		return nil
	}
	site := newSite(in)
	if err := render("index.html", "index.html", site.index()); err != nil {
		return nil, err
	}
	for _, c := range in.Contracts.All() {
		if err := render(datasetPage(c.ID), "dataset.html", site.dataset(c)); err != nil {
			return nil, err
		}
	}
	for _, n := range site.graph.nodes {
		if n.end() {
			if err := render(n.Href, "use.html", site.use(n)); err != nil {
				return nil, err
			}
		}
	}
	return files, nil
}

// check refuses what would leave a link that leads nowhere.
func (in Input) check() error {
	errs := []error{checkConsumers(in.Consumers, in.Contracts)}
	for _, query := range in.Queries {
		for _, id := range query.Tables() {
			if _, ok := in.Contracts.Get(id); !ok {
				errs = append(errs, fmt.Errorf("query %s: reads %s, which no contract describes", query.Name, id))
			}
		}
	}
	return errors.Join(errs...)
}

// marker says that a folder was written by Write, which alone may be replaced by it.
const marker = "index.html"

// Write replaces the folder's content by the site. A folder that holds something else is left alone.
func Write(directory string, files map[string][]byte) error {
	entries, err := os.ReadDir(directory)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Stat(filepath.Join(directory, marker)); err != nil && len(entries) > 0 {
		return fmt.Errorf("%s holds something that is no catalog; name another folder", directory)
	}
	for _, entry := range entries { // pages of datasets that are gone
		if err := os.RemoveAll(filepath.Join(directory, entry.Name())); err != nil {
			return err
		}
	}
	for name, content := range files {
		file := filepath.Join(directory, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
