package contracts

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// Header is the first line of a dataset's CSV files, as a released version has it. Files keep the one that they came
// with: lines are read by it, by the columns' names.
type Header struct {
	Version string // the first that has it
	Columns []string
	// Folder is where such files lie in the dataset's folder of raw, empty for the folder itself. Athena reads CSV by
	// position, so files of one folder have headers of which each begins as the one before.
	Folder string
	// Until is the day, in UTC, from which on sources may not send it any more; zero for ever.
	Until time.Time
}

// ended is the day on which a header ended that nobody gave any time.
var ended = time.Unix(0, 0).UTC()

// Ended says whether a file that arrives then may not have the header any more.
func (h Header) Ended(arrival time.Time) bool { return !h.Until.IsZero() && !arrival.Before(h.Until) }

// Headers are those that CSV files of the dataset may have: the contract's own, then those of earlier versions.
func (c *Contract) Headers() []Header {
	own := Header{Version: c.Version, Columns: names(c.Columns), Folder: c.folder}
	return append([]Header{own}, c.earlier...)
}

// Separator is what stands between the columns of a file's first line. Landing takes commas; spreadsheets write others.
func Separator(header string) rune {
	found := ','
	for _, other := range ";\t|" {
		if strings.Count(header, string(other)) > strings.Count(header, string(found)) {
			found = other
		}
	}
	return found
}

// releasedHeaders finds the headers of earlier versions of the datasets that sources drop CSV files for, among the
// released versions below the root of fsys.
func (s *Set) releasedHeaders(fsys fs.FS, problemsOf map[string]*problems) error {
	for _, c := range s.Layer(LayerRaw) {
		if c.Source != SourceLanding || c.Format != FormatCSV {
			continue
		}
		files, err := fs.Glob(fsys, "released/"+c.ID+"/*"+suffix)
		if err != nil {
			return fmt.Errorf("contracts: %w", err)
		}
		var versions []*Contract
		for _, file := range files {
			content, err := fs.ReadFile(fsys, file)
			if err != nil {
				return fmt.Errorf("contracts: %w", err)
			}
			// What a newer reader would refuse in an old file was right when it was released.
			version := parse(&problems{file: "contracts/" + file}, content, c.Layer, c.Dataset)
			if version.Format == FormatCSV && versionPattern.MatchString(version.Version) &&
				compareVersions(version.Version, c.Version) < 0 {
				versions = append(versions, version)
			}
		}
		slices.SortFunc(versions, func(a, b *Contract) int { return compareVersions(a.Version, b.Version) })
		c.follow(problemsOf[c.ID], versions)
	}
	return nil
}

// follow gives the contract the headers of the versions before it, oldest first.
func (c *Contract) follow(p *problems, versions []*Contract) {
	ends := c.headerEnds(p, versions)
	var found []Header
	given := map[int]bool{}
	for _, version := range append(versions, c) {
		columns := names(version.Columns)
		at := slices.IndexFunc(found, func(h Header) bool { return slices.Equal(h.Columns, columns) })
		if at < 0 {
			header := Header{Version: version.Version, Columns: columns}
			if n := len(found); n > 0 {
				header.Folder = found[n-1].Folder
				if before := found[n-1].Columns; len(before) > len(columns) ||
					!slices.Equal(before, columns[:len(before)]) {
					header.Folder = version.Version
				}
			}
			found, at = append(found, header), len(found)
		}
		// A major version ends the headers of those before it, unless the contract gives them time.
		if end, said := ends[version.Version]; said {
			found[at].Until, given[at] = end, true
		} else if !given[at] && version.Major() != c.Major() {
			found[at].Until = ended
		} else if !given[at] {
			found[at].Until = time.Time{}
		}
	}
	for _, header := range found {
		if slices.Equal(header.Columns, names(c.Columns)) {
			c.folder = header.Folder
		} else {
			c.earlier = append(c.earlier, header)
		}
	}
	slices.Reverse(c.earlier)
	c.checkFormer(p)
}

// headerEnds reads the days that the contract gives for the headers of earlier versions.
func (c *Contract) headerEnds(p *problems, versions []*Contract) map[string]time.Time {
	ends := map[string]time.Time{}
	var released []string
	for _, version := range versions {
		if !slices.Equal(names(version.Columns), names(c.Columns)) {
			released = append(released, version.Version)
		}
	}
	for version, day := range c.headersUntil {
		const at = "customProperties.headersUntil"
		if !slices.Contains(released, version) {
			p.add(at, "%q is no released version with another header; those are: %s", version,
				orNone(strings.Join(released, ", ")))
		}
		end, err := time.Parse(time.DateOnly, day)
		if err != nil {
			p.add(at+"."+version,
				"%q is not a day; allowed: such as 2027-06-30, the first day on which the header is refused", day)
		}
		ends[version] = end
	}
	return ends
}

// checkFormer checks that former names of columns are those of released versions, and nobody's now.
func (c *Contract) checkFormer(p *problems) {
	var before []string
	for _, header := range c.earlier {
		before = append(before, header.Columns...)
	}
	owners := map[string]string{}
	for _, column := range c.Columns {
		at := "schema[0].properties." + column.Name + ".customProperties.formerly"
		for _, name := range column.Formerly {
			_, has := c.Column(name)
			switch {
			case has:
				p.add(at, "%q is a column of this version", name)
			case !slices.Contains(before, name):
				p.add(at, "%q is a column of no released version", name)
			case owners[name] != "":
				p.add(at, "%q is the former name of %s, too", name, owners[name])
			}
			owners[name] = column.Name
		}
	}
}
