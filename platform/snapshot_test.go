package platform_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/internal/pulumitest"
	"dataplatform/platform/preview"
)

var update = flag.Bool("update", false, "write anew what the stacks' resources are known by")

const snapshotHead = `# What every resource of the stack is known by: its type and logical name, indented below its parent, and after = the physical name
# that the program gives. A resource that is known by another name is another resource: the engine deletes the one and makes the
# other, with what it holds. Written by ` + "`go test ./platform -run TestNothingIsReplaced -update`" + `.
`

// known are resources by URN, without stack and project, and their physical names.
type known map[string]string

// TestNothingIsReplaced compares what every stack registers with what it registered when the snapshot was written.
func TestNothingIsReplaced(t *testing.T) {
	all, err := preview.RecordAll("..")
	require.NoError(t, err)
	for _, recorded := range all {
		t.Run(recorded.Stack, func(t *testing.T) {
			now := preview.Identities(recorded.Recorder)
			file := filepath.Join("testdata", "resources", recorded.Stack+".txt")
			if *update {
				require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
				require.NoError(t, os.WriteFile(file, []byte(snapshotHead+snapshot(now)), 0o644))
			}
			c := compare(readSnapshot(t, file), now)
			c.created = withoutNewDatasets(t, c.created)
			assert.Empty(t, c.deleted, "deleted: the platform lost them, or an alias is missing")
			assert.Empty(t, c.replaced, "replaced: their physical names are others")
			assert.Empty(t, c.created, "created: if they are meant, -update writes the snapshot anew")
			assert.Empty(t, c.renamed, "renamed by an alias: -update writes the snapshot anew; the alias stays")
		})
	}
}

func readSnapshot(t *testing.T, file string) known {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	before, err := parseSnapshot(string(text))
	require.NoError(t, err)
	return before
}

// withoutNewDatasets takes off what a dataset brings that had no table: adding one takes contracts, a transform and a
// test.
func withoutNewDatasets(t *testing.T, created []string) []string {
	t.Helper()
	set, err := contracts.Load()
	require.NoError(t, err)
	tables := map[string]bool{}
	for urn := range readSnapshot(t, filepath.Join("testdata", "resources", preview.Everything+".txt")) {
		tables[urn[strings.LastIndex(urn, ":")+1:]] = true
	}
	return slices.DeleteFunc(created, func(urn string) bool {
		return slices.ContainsFunc(set.All(), func(c *contracts.Contract) bool {
			return !tables["catalog-"+c.Layer+"-"+c.Dataset] && strings.Contains(urn, c.Dataset)
		})
	})
}

type comparison struct{ created, deleted, replaced, renamed []string }

func compare(before known, now []preview.Identity) comparison {
	var c comparison
	gone := maps.Clone(before)
	for _, r := range now {
		was := r.URN
		if _, same := before[was]; !same {
			aliased := slices.IndexFunc(r.Former, func(urn string) bool { _, there := before[urn]; return there })
			if aliased < 0 {
				c.created = append(c.created, r.URN)
				continue
			}
			was = r.Former[aliased]
			c.renamed = append(c.renamed, was+" -> "+r.URN)
		}
		delete(gone, was)
		if physical := before[was]; physical != r.Physical {
			c.replaced = append(c.replaced, fmt.Sprintf("%s: %q -> %q", r.URN, physical, r.Physical))
		}
	}
	c.deleted = slices.Sorted(maps.Keys(gone))
	return c
}

// snapshot writes resources as a tree.
func snapshot(all []preview.Identity) string {
	children := map[string][]preview.Identity{}
	for _, r := range all {
		children[r.Parent] = append(children[r.Parent], r)
	}
	var text strings.Builder
	var write func(parent, indent string)
	write = func(parent, indent string) {
		for _, r := range children[parent] {
			types, name, _ := strings.Cut(r.URN, "::")
			text.WriteString(indent + types[strings.LastIndex(types, "$")+1:] + " " + name)
			if r.Physical != "" {
				text.WriteString(" = " + r.Physical)
			}
			text.WriteString("\n")
			write(r.URN, indent+"  ")
		}
	}
	write("", "")
	return text.String()
}

func parseSnapshot(text string) (known, error) {
	found := known{}
	var types []string // from the top to the line before
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		resource := strings.TrimLeft(line, " ")
		depth := (len(line) - len(resource)) / 2
		resource, physical, _ := strings.Cut(resource, " = ")
		token, name, ok := strings.Cut(resource, " ")
		if !ok || depth > len(types) {
			return nil, fmt.Errorf("the snapshot's line %q: want a type and a name below a parent", line)
		}
		types = append(types[:depth], token)
		urn := strings.Join(types, "$") + "::" + name
		if _, twice := found[urn]; twice {
			return nil, fmt.Errorf("the snapshot has %s twice", urn)
		}
		found[urn] = physical
	}
	return found, nil
}

type part struct{ pulumi.ResourceState }

// queues registers a component with a queue that is called after it.
func queues(component string, queue *sqs.QueueArgs, opts ...pulumi.ResourceOption) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		p := &part{}
		if err := ctx.RegisterComponentResource("test:queues:Part", component, p, opts...); err != nil {
			return err
		}
		_, err := sqs.NewQueue(ctx, component+"-queue", queue, pulumi.Parent(p))
		return err
	}
}

func TestCompareWithASnapshot(t *testing.T) {
	const was, is = "test:queues:Part$aws:sqs/queue:Queue::old-queue", "test:queues:Part$aws:sqs/queue:Queue::new-queue"
	before, err := parseSnapshot(snapshot(preview.Identities(pulumitest.Run(t, queues("old",
		&sqs.QueueArgs{Name: pulumi.String("q")})).Recorder)))
	require.NoError(t, err)
	require.Equal(t, known{"test:queues:Part::old": "", was: "q"}, before)

	for name, test := range map[string]struct {
		now  pulumi.RunFunc
		want comparison
	}{
		"the same": {queues("old", &sqs.QueueArgs{Name: pulumi.String("q")}), comparison{}},
		"another physical name": {
			queues("old", &sqs.QueueArgs{}), comparison{replaced: []string{was + `: "q" -> ""`}},
		},
		"renamed without an alias": {
			queues("new", &sqs.QueueArgs{Name: pulumi.String("q")}),
			comparison{created: []string{is, "test:queues:Part::new"}, deleted: []string{was, "test:queues:Part::old"}},
		},
		"renamed with an alias, which its children inherit": {
			queues("new", &sqs.QueueArgs{Name: pulumi.String("q")},
				pulumi.Aliases([]pulumi.Alias{{Name: pulumi.String("old")}})),
			comparison{renamed: []string{was + " -> " + is, "test:queues:Part::old -> test:queues:Part::new"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, compare(before, preview.Identities(pulumitest.Run(t, test.now).Recorder)))
		})
	}
}
