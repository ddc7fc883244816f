package newdataset

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/running"
	"dataplatform/operations/query"
	"dataplatform/operations/target"
)

// The dataset's columns are added, reordered, renamed, retyped and removed, by the steps of
// docs/how-to/change-a-contract.md, on a platform that has rows of each version before, from CSV and JSON. Files of
// all headers lie in one hour; it is run again, replayed and backfilled.
func TestADatasetChangesWithItsRows(t *testing.T) {
	scratch, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	copyRepository(t, scratch)
	require.NoError(t, os.CopyFS(scratch, os.DirFS("files")))
	release := func() { run(t, scratch, nil, "go", "run", "./cmd/release-contracts") }
	deploy := func() { run(t, scratch, nil, "go", "run", "./cmd/devstack", "up") }
	operate := func(args ...string) {
		run(t, scratch, nil, append([]string{"go", "run", "./cmd/dataplatform"}, args...)...)
	}

	release()
	t.Cleanup(func() {
		down := exec.Command("go", "run", "./cmd/devstack", "down")
		down.Dir = scratch
		said, err := down.CombinedOutput()
		require.NoError(t, err, "%s", said)
	})
	deploy()
	p := connect(t, scratch)
	p.drop(t, "first.csv", "Product,Site,CountedAt,OnHand\na,Leeds,2025-06-02T06:00:00Z,1\nb,Leeds,2025-06-02T06:00:00Z,2\n")
	p.drop(t, "first.json", `{"Product": "c", "Site": "Leeds", "CountedAt": "2025-06-02T06:00:00Z", "OnHand": 3}`+"\n")
	p.refuse(t, "early.csv", "Device,OnHand,Product,Site,CountedAt\nscanner,12,k,Leeds,2025-06-02T06:00:00Z\n")
	operate("run", "--dataset", "stock")
	assert.Equal(t, "A 1\nB 2\nC 3", p.ask(t, "stock_code || ' ' || CAST(on_hand AS varchar)"))

	addAndReorder(t, scratch)
	release()
	deploy()
	p.drop(t, "second.csv", "Device,OnHand,Product,Site,CountedAt\nscanner,4,d,Leeds,2025-06-02T06:00:00Z\n"+
		"scanner,1,a,Leeds,2025-06-02T06:00:00Z\n")
	p.drop(t, "old.csv", "Product,Site,CountedAt,OnHand\ne,Leeds,2025-06-02T06:00:00Z,5\n")
	p.drop(t, "second.json", `{"Product": "f", "Site": "Leeds", "CountedAt": "2025-06-02T06:00:00Z", "OnHand": 6, "Device": "hand"}`+"\n")
	operate("run", "--dataset", "stock")
	operate("replay", "quarantine", "--dataset", "stock", "--reason", "wrong_header")
	const columns = "stock_code || ' ' || CAST(on_hand AS varchar) || ' ' || coalesce(device, 'none')"
	before, early := "A 1 none\nB 2 none\nC 3 none\nD 4 scanner\nE 5 none\nF 6 hand\n", "K 12 scanner"
	second := before + early
	assert.Equal(t, second, p.ask(t, columns))
	// An hour before the change is run again, and all that there is.
	operate("backfill", "--dataset", "stock", "--all")
	assert.Equal(t, second, p.ask(t, columns))

	renameRetypeAndRemove(t, scratch)
	release()
	deploy()
	p.drop(t, "third.csv", "OnHand,Sku,Site,CountedAt\n4294967296,g,Leeds,2025-06-02T06:00:00Z\n4,d,Leeds,2025-06-02T06:00:00Z\n")
	p.drop(t, "older.csv", "Product,Site,CountedAt,OnHand\nh,Leeds,2025-06-02T06:00:00Z,8\n")
	p.drop(t, "third.json", `{"Sku": "i", "Site": "Leeds", "CountedAt": "2025-06-02T06:00:00Z", "OnHand": 9}`+"\n")
	p.drop(t, "older.json", `{"Product": "j", "Site": "Leeds", "CountedAt": "2025-06-02T06:00:00Z", "OnHand": 10, "Device": "x"}`+"\n")
	operate("run", "--dataset", "stock")
	third := before + "G 4294967296 none\nH 8 none\nI 9 none\nJ 10 none\n" + early
	assert.Equal(t, third, p.ask(t, columns))
	operate("replay", "raw", "--dataset", "stock", "--from", "2025-06-02", "--to", "2025-06-03")
	assert.Equal(t, third, p.ask(t, columns))
	assert.Equal(t, "0", p.rows(t, "SELECT count(*) FROM "+p.record.Outputs.Databases["raw"]+
		".quarantine WHERE dataset = 'stock'"))
}

// addAndReorder makes 1.1.0: a column more, before the others, which change their order.
func addAndReorder(t *testing.T, scratch string) {
	t.Helper()
	edit(t, scratch, "contracts/raw/stock.odcs.yaml", "version: 1.0.0", "version: 1.1.0", onHand, "", product,
		"      - name: Device\n        logicalType: string\n        physicalType: string\n"+
			"        description: What counted.\n        classification: internal\n"+onHand+product)
	edit(t, scratch, "contracts/processed/stock.odcs.yaml", "version: 1.0.0", "version: 1.1.0", "slaProperties:\n",
		device+"slaProperties:\n")
	edit(t, scratch, transform, "            \"warehouse\": F.col(\"Site\"),\n",
		"            \"warehouse\": F.col(\"Site\"),\n            \"device\": F.when(F.col(\"Device\") != \"\", F.col(\"Device\")),\n",
		`"OnHand": "7"}`, `"OnHand": "7", "Device": ""}`)
}

// renameRetypeAndRemove makes 2.0.0: a column has another name, one a wider type, one ends. The sources have time.
func renameRetypeAndRemove(t *testing.T, scratch string) {
	t.Helper()
	edit(t, scratch, "contracts/raw/stock.odcs.yaml", "version: 1.1.0", "version: 2.0.0",
		"      - name: Device\n        logicalType: string\n        physicalType: string\n"+
			"        description: What counted.\n        classification: internal\n", "",
		"        description: Product code.\n        classification: internal\n        required: true\n",
		"        description: Product code.\n        classification: internal\n        required: true\n"+
			"        customProperties:\n          - property: formerly\n            value: [Product]\n",
		"      - name: Product\n", "      - name: Sku\n", "      - name: OnHand\n        logicalType: string\n",
		"      - name: OnHand\n        logicalType: integer\n", "customProperties:\n  - property: layer\n",
		"customProperties:\n  - property: headersUntil\n    value: {1.0.0: 2100-01-01, 1.1.0: 2100-01-01}\n"+
			"  - property: layer\n")
	edit(t, scratch, "contracts/processed/stock.odcs.yaml", "version: 1.1.0", "version: 2.0.0", device, "",
		"        physicalType: int\n", "        physicalType: bigint\n",
		"maximum: 2147483647", "maximum: 9007199254740992",
		"  - property: upstream\n", "  - property: ended\n    value: [device]\n  - property: upstream\n")
	edit(t, scratch, transform, `, "Device": ""}`, "}", `"Product": "85123A"`, `"Sku": "85123A"`,
		"            \"device\": F.when(F.col(\"Device\") != \"\", F.col(\"Device\")),\n", "",
		`letters.code(F.col("Product"))`, `letters.code(F.col("Sku"))`, `missing("Product"`, `missing("Sku"`,
		"NULL) AS INT)", "NULL) AS BIGINT)")
	edit(t, scratch, "contracts/samples/stock/bristol.csv", "Product,Site", "Sku,Site")
}

// arrived is when the first file did.
var arrived = time.Date(2025, 6, 2, 7, 0, 0, 0, time.UTC)

const (
	transform = "glue-scripts/dataplatform/transforms/processed/stock.py"
	product   = "      - name: Product\n"
	onHand    = "      - name: OnHand\n        logicalType: string\n        physicalType: string\n" +
		"        description: Pieces on the shelf.\n        classification: internal\n        required: true\n"
	device = "      - name: device\n        logicalType: string\n        physicalType: string\n" +
		"        description: What counted.\n        classification: internal\n        logicalTypeOptions:\n" +
		"          maxLength: 64\n"
)

// platform is what runs in the copy.
type platform struct {
	record  running.Record
	objects *s3.Client
	queries *query.Runner
	dropped time.Duration
}

func connect(t *testing.T, scratch string) *platform {
	t.Helper()
	record, err := running.Read(scratch)
	require.NoError(t, err)
	config := target.Config(record.Endpoint, record.Outputs.Region)
	return &platform{
		record: record, objects: s3.NewFromConfig(config), queries: query.New(config, record.Outputs.Workgroup),
	}
}

// drop drops a file as the source does, and waits until landing has it in raw.
func (p *platform) drop(t *testing.T, name, content string) {
	t.Helper()
	p.put(t, name, content, "stock/")
}

// refuse drops a file that landing does not take.
func (p *platform) refuse(t *testing.T, name, content string) {
	t.Helper()
	p.put(t, name, content, "quarantine/stock/")
}

func (p *platform) put(t *testing.T, name, content, into string) {
	t.Helper()
	count := func() int {
		found, err := p.objects.ListObjectsV2(context.WithoutCancel(t.Context()), &s3.ListObjectsV2Input{
			Bucket: aws.String(p.record.Outputs.Buckets["raw"]), Prefix: &into,
		})
		if !assert.NoError(t, err) { // asked for beside the test, too
			return 0
		}
		return len(found.Contents)
	}
	before := count()
	_, err := p.objects.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(p.record.Outputs.Buckets["landing"]), Key: aws.String("stock/" + name),
		Body: strings.NewReader(content),
		// Hours that are over: a run takes no others.
		Metadata: map[string]string{
			"arrival": arrived.Add(p.dropped * 4 * time.Minute).Format(time.RFC3339),
		},
	})
	require.NoError(t, err)
	p.dropped++
	require.Eventually(t, func() bool { return count() > before }, 2*time.Minute, time.Second, "%s is not in %s", name,
		into)
}

// ask is a column of the table, in order, a line each.
func (p *platform) ask(t *testing.T, column string) string {
	t.Helper()
	return p.rows(t, fmt.Sprintf("SELECT %s AS said FROM %s.stock ORDER BY said", column,
		p.record.Outputs.Databases["processed"]))
}

func (p *platform) rows(t *testing.T, text string) string {
	t.Helper()
	result, err := p.queries.Run(t.Context(), text)
	require.NoError(t, err)
	var lines []string
	for _, row := range result.Rows {
		lines = append(lines, strings.Join(row, " "))
	}
	return strings.Join(lines, "\n")
}
