package batch

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/internal/aggregated"
	"dataplatform/lambdas/clicks/internal/sample"
)

const bom = "\ufeff"

// numbered is the good event with an id of its own.
func numbered(id string) string { return with("event_id", `"`+id+`"`) }

func zstandard(t testing.TB, text string) string {
	t.Helper()
	encoder, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return string(encoder.EncodeAll([]byte(text), nil))
}

func snappy(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	writer := s2.NewWriter(&out, s2.WriterSnappyCompat())
	_, err := writer.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return out.String()
}

func joined(records ...string) string {
	var data [][]byte
	for _, record := range records {
		data = append(data, []byte(record))
	}
	return string(aggregated.Join(data))
}

// outcome is what became of each event of a record by its ordinal: its id, or its reason and payload.
func outcome(t *testing.T, b *Batch) []string {
	t.Helper()
	byOrdinal := map[string]string{}
	for _, row := range allParquet(t, b.Processed) {
		byOrdinal[fmt.Sprint(row["ordinal"])] = fmt.Sprint(row["event_id"])
	}
	for _, object := range b.Quarantine {
		reason, _, _ := strings.Cut(object.Key[strings.Index(object.Key, "reason=")+len("reason="):], "/")
		for _, row := range lines(t, object.Body) {
			identity := row["identity"].(string)
			text, isText := row["payload"].(string)
			if !isText {
				content, err := base64.StdEncoding.DecodeString(row["payload_base64"].(string))
				require.NoError(t, err)
				text = "base64 " + string(content)
			}
			byOrdinal[identity[strings.LastIndex(identity, ":")+1:]] = reason + " " + text
		}
	}
	var all []string
	for i := range b.Counts.Received {
		all = append(all, byOrdinal[fmt.Sprint(i)])
	}
	assert.Len(t, byOrdinal, b.Counts.Received)
	assert.Len(t, allLines(t, b.Raw), b.Counts.Received)
	return all
}

func TestBuildUnpacks(t *testing.T) {
	a, b, c := numbered("a"), numbered("b"), numbered("c")
	three := a + "\n" + b + "\n" + c
	garbage := "\xf3\x89\x9a\xc2 and no more"
	refused := func(record string) []string { return []string{"undecodable base64 " + record} }
	broken := joined(a, b)[:100]
	flipped := []byte(zstandard(t, three))
	flipped[len(flipped)-1] ^= 1 // checksum
	for _, test := range []struct {
		name string
		give string
		want []string
	}{
		{"a mark before an event", bom + a, []string{"a"}},
		{"a mark before an array", bom + "[" + a + "," + b + "]", []string{"a", "b"}},
		{"marks before lines", bom + a + "\n" + bom + b, []string{"a", "b"}},
		{"a mark in a gzip member", zipped(t, bom+three), []string{"a", "b", "c"}},
		{"a mark before a gzip member", bom + zipped(t, three), []string{"a", "b", "c"}},
		{"marks of files put together", a + bom + b, []string{"a", "b"}},
		{"nothing but a mark", bom, refused(bom)},

		{"events back to back", a + b + c, []string{"a", "b", "c"}},
		{"with blanks between", a + " \t" + b + "\r\n" + c, []string{"a", "b", "c"}},
		{"across gzip members", zipped(t, a) + zipped(t, b+c), []string{"a", "b", "c"}},
		{"an array beside an event", "[" + a + "," + b + "]" + c, []string{"a", "b", "c"}},
		{"an array a line", "[" + a + "," + b + "]\n[" + c + "]", []string{"a", "b", "c"}},
		{"an array among lines", a + "\n[ " + b + " , " + c + " ]\n", []string{"a", "b", "c"}},
		{"an array on a line with another value in it", a + "\n[" + b + ",7]", []string{"a", "b", "wrong_type 7"}},
		{"an empty array among lines", a + "\n[]\n" + b, []string{"a", "undecodable []", "b"}},
		{"a broken array among lines", a + "\n[" + b + ",]\n" + c, []string{"a", "undecodable [" + b + ",]", "c"}},
		{"a line that ends in something else", a + b + "x\n" + c, []string{"undecodable " + a + b + "x", "c"}},
		{"a line with a comma", a + ",\n" + b + "\n", []string{"undecodable " + a + ",", "b"}},

		{"gzip filled up with zeros", zipped(t, a) + strings.Repeat("\x00", 512), []string{"a"}},
		{"zeros between gzip members", zipped(t, a) + "\x00\x00" + zipped(t, "\n"+b) + "\x00", []string{"a", "b"}},
		{"gzip and something else", zipped(t, a) + "\x00x", refused(zipped(t, a) + "\x00x")},
		{"gzip in gzip", zipped(t, zipped(t, a)), refused(zipped(t, zipped(t, a)))},
		{"Zstandard", zstandard(t, three), []string{"a", "b", "c"}},
		{"frames of Zstandard", zstandard(t, a) + zstandard(t, b), []string{"a", "b"}},
		{"Zstandard that ends early", zstandard(t, three)[:60], refused(zstandard(t, three)[:60])},
		{"Zstandard with a wrong checksum", string(flipped), refused(string(flipped))},
		{"Snappy in frames", snappy(t, three), []string{"a", "b", "c"}},
		{"streams of Snappy", snappy(t, a) + snappy(t, b), []string{"a", "b"}},
		{"Snappy that ends early", snappy(t, three)[:60], refused(snappy(t, three)[:60])},

		{"aggregated", joined(a, b+"\n", c), []string{"a", "b", "c"}},
		{"aggregated lines, arrays and packings", joined(a+"\n"+b, "["+c+"]", zipped(t, numbered("d")),
			zstandard(t, numbered("e")), snappy(t, numbered("f")), bom+numbered("g")),
			[]string{"a", "b", "c", "d", "e", "f", "g"}},
		{"aggregated, some bad",
			joined("lamp", a, "", "two\nlines", with("color", `"red"`), zipped(t, b)[:30], "\xff", c),
			[]string{"undecodable lamp", "a", "undecodable ", "undecodable two\nlines",
				"unknown_field " + with("color", `"red"`), "truncated_gzip base64 " + zipped(t, b)[:30],
				"undecodable base64 \xff", "c"}},
		{"aggregated within aggregated", joined(joined(a), b), []string{"undecodable base64 " + joined(a), "b"}},
		{"aggregated within gzip", zipped(t, joined(a)), refused(zipped(t, joined(a)))},
		{"the magic number and no more", garbage, refused(garbage)},
		{"aggregated, cut off", broken, refused(broken)},
		{"aggregated of nothing", joined(), refused(joined())},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := build(t, newProcessor(t), test.give)
			assert.Equal(t, test.want, outcome(t, b))
			assert.EqualValues(t, len(test.give), b.Counts.BytesReceived)
		})
	}
}

// TestBuildBoundsWhatARecordExpandsTo: no user record alone is too large.
func TestBuildBoundsWhatARecordExpandsTo(t *testing.T) {
	third := strings.Repeat(" ", int(testLimits.MaxExpandedBytes)/3)
	for name, pack := range map[string]func(testing.TB, string) string{
		"gzip": zipped, "zstd": zstandard, "snappy": snappy,
	} {
		t.Run(name, func(t *testing.T) {
			fits := joined(pack(t, third+good), pack(t, third), numbered("b"))
			assert.Equal(t, []string{"e-1", "undecodable base64 " + pack(t, third), "b"},
				outcome(t, build(t, newProcessor(t), fits)))
			for _, bomb := range []string{joined(pack(t, third), pack(t, third), good, pack(t, third)),
				pack(t, strings.Repeat(third, 4))} {
				b := build(t, newProcessor(t), bomb, numbered("b"))
				assert.Equal(t, map[string]int{contracts.ReasonExpandsTooLarge: 1}, b.Counts.Quarantined, "as a whole")
				kept := allLines(t, b.Quarantine)[0]["payload_base64"]
				assert.Equal(t, base64.StdEncoding.EncodeToString([]byte(bomb)), kept)
				assert.Equal(t, 1, b.Counts.Processed, "the record beside it")
			}
		})
	}
}

// TestBuildNumbersUserRecords: of what a replay puts together of rows that are no lines, each is one event as it was.
func TestBuildNumbersUserRecords(t *testing.T) {
	payload := string(sample.Payload(shardName, 1, arrival, joined("two\nlines", "[1]", good, "\x1f\x8b")))
	payload = strings.Replace(payload, `"Records":[{`, `"Records":[{"ordinals":[1,4,5,9],`, 1)
	p := newProcessor(t)
	shards, err := p.Open([]byte(payload))
	require.NoError(t, err)
	b, err := p.Build(shards[0], 1)
	require.NoError(t, err)
	record := shardName + ":" + sample.Sequence(1)
	assert.Equal(t, []string{record + ":1", record + ":4", record + ":5", record + ":9"}, identities(t, b.Raw))
	assert.Equal(t, map[string]int{"undecodable": 1, "wrong_type": 1, "truncated_gzip": 1}, b.Counts.Quarantined)
	assert.Equal(t, []string{record + ":5"}, parquetIdentities(t, b.Processed))
}
