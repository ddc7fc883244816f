package pulumitest

import (
	"strings"
	"testing"
)

const providerPrefix = "pulumi:providers:"

// AssertNoOrphans fails when an AWS resource hangs on the stack instead of on a component, or on a parent nobody
// registered.
func (rec *Recorder) AssertNoOrphans(t testing.TB) {
	t.Helper()
	for _, r := range rec.All() {
		if strings.HasPrefix(r.Type, providerPrefix) {
			continue
		}
		if r.TopLevel() {
			if r.Custom {
				t.Errorf("%s %q has no component above it", r.Type, r.Name)
			}
			continue
		}
		if _, known := rec.ByURN(r.Parent); !known {
			t.Errorf("%s %q has the unknown parent %s", r.Type, r.Name, r.Parent)
		}
	}
}

// AssertUniqueNames fails when two custom resources of one type share a name: both would ask for the same physical
// name.
func (rec *Recorder) AssertUniqueNames(t testing.TB) {
	t.Helper()
	seen := map[string]string{}
	for _, r := range rec.All() {
		if !r.Custom {
			continue
		}
		key := r.Type + " " + r.Name
		if other, taken := seen[key]; taken {
			t.Errorf("%s and %s share type and name", other, r.URN)
		}
		seen[key] = r.URN
	}
}

// AssertOneProvider fails unless every custom resource of the package, and every invoke, uses the one explicit
// provider.
func (rec *Recorder) AssertOneProvider(t testing.TB, pkg string) {
	t.Helper()
	providers := rec.OfType(providerPrefix + pkg)
	if len(providers) != 1 {
		t.Errorf("want one %s provider, got %d", pkg, len(providers))
		return
	}
	want := providers[0].URN + "::"
	for _, r := range rec.All() {
		if r.Custom && strings.HasPrefix(r.Type, pkg+":") && !strings.HasPrefix(r.Provider, want) {
			t.Errorf("%s %q uses provider %q", r.Type, r.Name, r.Provider)
		}
	}
	for _, call := range rec.Invokes() {
		if strings.HasPrefix(call.Token, pkg+":") && !strings.HasPrefix(call.Provider, want) {
			t.Errorf("invoke %s uses provider %q", call.Token, call.Provider)
		}
	}
}
