package contracts

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// A release is a contract's file as it was when its version was first published, kept at <id>/<version>.odcs.yaml.
type release struct {
	path     string
	content  []byte
	contract *Contract
}

// CheckReleases compares the contracts with the released versions: every contract's version is released and has not
// changed since, and no version breaks readers of the one before unless its major version is higher. All problems are
// joined.
func CheckReleases(set *Set, released fs.FS) error {
	plan, err := PlanReleases(set, released, nil)
	if err != nil {
		return err
	}
	return plan.Missing()
}

// Release is a version that was published.
type Release struct {
	Version string
	Changes []Change // since the version before; none for the first, and none when only texts changed
}

// History is every released version of every contract, oldest first, by the contract's id.
func History(released fs.FS) (map[string][]Release, error) {
	history, err := readReleases(released)
	if err != nil {
		return nil, err
	}
	out := map[string][]Release{}
	for id, releases := range history {
		for i, release := range releases {
			var changes []Change
			if i > 0 {
				changes = Compare(releases[i-1].contract, release.contract)
			}
			out[id] = append(out[id], Release{Version: release.contract.Version, Changes: changes})
		}
	}
	return out, nil
}

// Snapshot is a released version that has yet to be written.
type Snapshot struct {
	Path    string // below contracts/released
	Content []byte
	Changes []Change // since the version before
	// Warnings are what the changes may be by mistake.
	Warnings []string
	// Contract is what is released.
	Contract *Contract
}

// Plan is what is to be done so that every contract's version is released.
type Plan struct {
	Write []Snapshot
	// Remove are versions that nobody has merged and that the contract has gone back behind, below contracts/released.
	Remove []string
}

// Missing joins what is not done yet.
func (p Plan) Missing() error {
	var errs []error
	for _, snapshot := range p.Write {
		errs = append(errs,
			fmt.Errorf("contracts/released/%s is missing; go run ./cmd/release-contracts writes it", snapshot.Path))
	}
	for _, path := range p.Remove {
		errs = append(errs, fmt.Errorf(
			"contracts/released/%s is of no contract any more; go run ./cmd/release-contracts removes it", path))
	}
	return errors.Join(errs...)
}

// PlanReleases returns what to write so that every contract's version is released, or every reason not to. merged are
// the released versions of the main branch: what is not among them was never deployed from there, so that it may still
// be another. Without them, nil, every version counts as merged.
func PlanReleases(set *Set, released, merged fs.FS) (Plan, error) {
	history, err := readReleases(released)
	if err != nil {
		return Plan{}, err
	}
	before := history
	if merged != nil {
		if before, err = readReleases(merged); err != nil {
			return Plan{}, fmt.Errorf("of the main branch: %w", err)
		}
	}
	var errs []error
	var plan Plan
	for _, c := range set.contracts {
		releases, merged := history[c.ID], before[c.ID]
		delete(history, c.ID)
		var own bool // versions that the main branch does not have
		kept := slices.DeleteFunc(slices.Clone(releases), func(r release) bool {
			loose := !slices.ContainsFunc(merged, func(m release) bool { return m.path == r.path })
			own = own || loose
			gone := loose && compareVersions(r.contract.Version, c.Version) >= 0
			if gone && r.contract.Version != c.Version {
				plan.Remove = append(plan.Remove, r.path)
			}
			return gone
		})
		for i := 1; i < len(kept); i++ {
			errs = append(errs, checkStep(kept[i-1].contract, kept[i].contract))
		}
		snapshot, err := c.next(kept)
		errs = append(errs, err)
		if snapshot != nil {
			own = true
			if !slices.ContainsFunc(releases, func(r release) bool {
				return r.path == snapshot.Path && bytes.Equal(r.content, c.text)
			}) {
				plan.Write = append(plan.Write, *snapshot)
			}
		}
		errs = append(errs, sameAsMerged(merged, releases, own))
	}
	for id := range history {
		errs = append(errs, fmt.Errorf(
			"contracts/released/%s has releases but the contract is gone; a dataset is removed by removing its releases too",
			id,
		))
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return plan, errors.Join(errs...)
}

// next is the snapshot of a contract whose version follows the releases, none when the last one is it.
func (c *Contract) next(releases []release) (*Snapshot, error) {
	snapshot := &Snapshot{Path: c.ID + "/" + c.Version + suffix, Content: c.text, Contract: c}
	if len(releases) == 0 {
		return snapshot, nil
	}
	last := releases[len(releases)-1]
	switch order := compareVersions(c.Version, last.contract.Version); {
	case order < 0:
		return nil, fmt.Errorf("%s: version %s is older than the released %s", c.file(), c.Version,
			last.contract.Version)
	case order == 0 && !bytes.Equal(c.text, last.content):
		return nil, fmt.Errorf("%s: version %s is released and differs from contracts/released/%s; %s", c.file(),
			c.Version, last.path, required(last.contract, c))
	case order == 0:
		return nil, nil
	}
	snapshot.Changes, snapshot.Warnings = Compare(last.contract, c), warnings(last.contract, c)
	return snapshot, errors.Join(checkStep(last.contract, c), checkDeployment(last.contract, c))
}

// sameAsMerged refuses a version that is another one on the main branch, and a next one (own) after fewer than it has.
func sameAsMerged(merged, here []release, own bool) error {
	var errs []error
	for _, of := range merged {
		at := slices.IndexFunc(here, func(r release) bool { return r.path == of.path })
		switch {
		case at >= 0 && !bytes.Equal(here[at].content, of.content):
			errs = append(errs, fmt.Errorf(
				"contracts/released/%s differs from the main branch's: a version that is merged stays as it is", of.path))
		case at < 0 && own:
			errs = append(errs, fmt.Errorf(
				"contracts/released/%s is on the main branch and not here: merge that first", of.path))
		}
	}
	return errors.Join(errs...)
}

// file is the contract's path in the repository.
func (c *Contract) file() string { return "contracts/" + c.Layer + "/" + c.Dataset + suffix }

// minimum is the lowest version that may follow old for a contract with these changes.
func minimum(old string, changes []Change) string {
	v := parseVersion(old)
	switch {
	case slices.ContainsFunc(changes, func(c Change) bool { return c.Breaking }):
		return fmt.Sprintf("%d.0.0", v[0]+1)
	case len(changes) > 0:
		return fmt.Sprintf("%d.%d.0", v[0], v[1]+1)
	default:
		return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]+1)
	}
}

// required says which version the changes need, and why.
func required(old, new *Contract) string {
	changes := Compare(old, new)
	need := fmt.Sprintf("needs version %s or later", minimum(old.Version, changes))
	if len(changes) == 0 {
		return need + ": only texts changed"
	}
	var why []string
	for _, change := range changes {
		text := change.String()
		if change.Breaking {
			text += ", breaks readers"
		}
		why = append(why, text)
	}
	return need + ": " + strings.Join(why, "; ")
}

// checkStep refuses a version that does not say how much changed.
func checkStep(old, new *Contract) error {
	if compareVersions(new.Version, minimum(old.Version, Compare(old, new))) >= 0 {
		return nil
	}
	return fmt.Errorf("%s: version %s after %s: %s", new.file(), new.Version, old.Version, required(old, new))
}

// readReleases reads the released versions of every contract, oldest first. What a newer reader would refuse in an old
// file is not an error: it was right when it was released.
func readReleases(released fs.FS) (map[string][]release, error) {
	files, err := fs.Glob(released, "*/*"+suffix)
	if err != nil {
		return nil, fmt.Errorf("contracts/released: %w", err)
	}
	history := map[string][]release{}
	for _, file := range files {
		content, err := fs.ReadFile(released, file)
		if err != nil {
			return nil, fmt.Errorf("contracts/released: %w", err)
		}
		id, version := path.Dir(file), strings.TrimSuffix(path.Base(file), suffix)
		layer, dataset, _ := strings.Cut(id, ".")
		p := &problems{file: "contracts/released/" + file}
		contract := parse(p, content, layer, dataset)
		if contract.Version != version || len(contract.Columns) == 0 {
			return nil, fmt.Errorf("contracts/released/%s: does not hold version %s of %s: %w", file, version, id,
				errors.Join(p.errs...))
		}
		history[id] = append(history[id], release{path: file, content: content, contract: contract})
	}
	for _, releases := range history {
		slices.SortFunc(releases,
			func(a, b release) int { return compareVersions(a.contract.Version, b.contract.Version) })
	}
	return history, nil
}
