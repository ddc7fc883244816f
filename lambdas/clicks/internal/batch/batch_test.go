package batch

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/lambdas/clicks/internal/sample"
)

const good = `{"event_id":"e-1","event_type":"page_view","event_time":"2026-03-01T12:29:00Z","visitor_id":"v-1","url":"https://shop.example.com/"}`

// with returns the good event with one member replaced or added.
func with(member, value string) string {
	name := `"` + member + `":`
	if i := strings.Index(good, name); i >= 0 {
		end := i + len(name) + strings.IndexAny(good[i+len(name):], ",}")
		if member == "event_time" || member == "url" { // the value holds no comma, the object's end does
			end = i + len(name) + strings.Index(good[i+len(name)+1:], `"`) + 2
		}
		return good[:i] + name + value + good[end:]
	}
	return strings.TrimSuffix(good, "}") + "," + name + value + "}"
}

func zipped(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	_, err := zip.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	return out.String()
}

func TestBuildQuarantines(t *testing.T) {
	bomb := zipped(t, strings.Repeat(" ", int(testLimits.MaxExpandedBytes)+1))
	corrupt := []byte(zipped(t, good+"\n"+good))
	corrupt[len(corrupt)-6] ^= 0xFF // checksum
	for _, test := range []struct {
		name   string
		give   string
		want   string
		binary bool // the payload is kept in base64
	}{
		{"text that is not JSON", "hello", contracts.ReasonUndecodable, true},
		{"half an event", good[:40], contracts.ReasonUndecodable, true},
		{"random bytes", "\x00\xfe\xff\x01\n\x02", contracts.ReasonUndecodable, true},
		{"nothing", "", contracts.ReasonUndecodable, true},
		{"white space", " \n ", contracts.ReasonUndecodable, true},
		{"empty array", "[]", contracts.ReasonUndecodable, true},
		{"array with a broken element", "[" + good + ",{]", contracts.ReasonUndecodable, true},
		{"array with a tail", "[" + good + "]x", contracts.ReasonUndecodable, true},
		{"two events on a line and more", good + good + "x", contracts.ReasonUndecodable, true},
		{"two events with a comma between", good + "," + good, contracts.ReasonUndecodable, true},
		{"NUL behind an event", good + "\x00", contracts.ReasonUndecodable, true},
		{"an array that goes on and ends early", "[\n" + good + ",\n" + good, contracts.ReasonUndecodable, true},
		{"a number behind an event", good + " 7", contracts.ReasonUndecodable, true},
		{"broken escape", with("url", `"\x"`), contracts.ReasonUndecodable, true},
		{"corrupt gzip", string(corrupt), contracts.ReasonUndecodable, true},
		{"gzip header only", "\x1f\x8b\x00\x00", contracts.ReasonTruncatedGzip, true},
		{"truncated gzip", zipped(t, good)[:60], contracts.ReasonTruncatedGzip, true},
		{"gzip bomb", bomb, contracts.ReasonExpandsTooLarge, true},
		{"invalid UTF-8", with("url", "\"/\xff\""), contracts.ReasonInvalidUTF8, true},
		{"invalid UTF-8 in a field's name", with("a\xc3", `"/"`), contracts.ReasonInvalidUTF8, true},
		{"too large", with("url", `"`+strings.Repeat("x", testLimits.MaxEventBytes)+`"`), contracts.ReasonEventTooLarge,
			false},
		{"another major version", with("schema_version", `"2.0.0"`), contracts.ReasonUnsupportedVersion, false},
		{"a major version before the first", with("schema_version", `"0.9.0"`), contracts.ReasonUnsupportedVersion,
			false},
		{"a major version that starts with ours", with("schema_version", `"11.0.0"`),
			contracts.ReasonUnsupportedVersion, false},
		{"another major version, escaped, with space", with("schema_version", `" \u0032.0.0\t"`),
			contracts.ReasonUnsupportedVersion, false},
		{"another major version with what else it changes", strings.Replace(with("schema_version", `"2.0.0"`),
			`"visitor_id":"v-1"`, `"visitor":{"id":7},"url":8`, 1), contracts.ReasonUnsupportedVersion, false},
		{"another major version in an array", "[" + with("schema_version", `"3.1.4"`) + "]",
			contracts.ReasonUnsupportedVersion, false},
		{"a field of no version so far", strings.Replace(with("schema_version", `"1.9.0"`), `{`, `{"color":"red",`, 1),
			contracts.ReasonUnknownField, false},
		{"no version", with("schema_version", `"two"`), contracts.ReasonInvalidValue, false},
		{"half a version", with("schema_version", `"1.0"`), contracts.ReasonInvalidValue, false},
		{"a version with a leading zero", with("schema_version", `"02.0.0"`), contracts.ReasonInvalidValue, false},
		{"a version that is a number", with("schema_version", `2.0`), contracts.ReasonWrongType, false},
		{"unknown field", with("color", `"red"`), contracts.ReasonUnknownField, false},
		{"field in another case", with("Product_id", `"red"`), contracts.ReasonUnknownField, false},
		{"unknown field with an empty name", with("", `1`), contracts.ReasonUnknownField, false},
		{"missing field", strings.Replace(good, `"visitor_id":"v-1",`, "", 1), contracts.ReasonMissingField, false},
		{"null field", with("visitor_id", "null"), contracts.ReasonMissingField, false},
		{"blank field", with("visitor_id", `"  "`), contracts.ReasonMissingField, false},
		{"empty object", "{}", contracts.ReasonMissingField, false},
		{"number for a string", with("visitor_id", "7"), contracts.ReasonWrongType, false},
		{"string for a number", with("price", `"7"`), contracts.ReasonWrongType, false},
		{"fraction for an integer", with("quantity", "1.5"), contracts.ReasonWrongType, false},
		{"almost an integer", with("quantity", "1.00000000000000000001"), contracts.ReasonWrongType, false},
		{"almost no bytes", with("response_bytes", "3e-400"), contracts.ReasonWrongType, false},
		{"boolean for an integer", with("quantity", "true"), contracts.ReasonWrongType, false},
		{"object for a string", with("url", `{"a":[1,2]}`), contracts.ReasonWrongType, false},
		{"number for a time", with("event_time", `1767225600`), contracts.ReasonWrongType, false},
		{"an event that is a number", "7", contracts.ReasonWrongType, false},
		{"an event that is a string in an array", `["a"]`, contracts.ReasonWrongType, false},
		{"below the minimum", with("quantity", "0"), contracts.ReasonInvalidValue, false},
		{"above the maximum", with("quantity", "10001"), contracts.ReasonInvalidValue, false},
		{"beyond 64 bits", with("response_bytes", "92233720368547758070"), contracts.ReasonInvalidValue, false},
		{"beyond 64 bits with an exponent", with("response_bytes", "1e9999999999"), contracts.ReasonInvalidValue,
			false},
		{"a price of almost nothing", with("price", "1e-400"), contracts.ReasonInvalidValue, false},
		{"infinite price", with("price", "1e999"), contracts.ReasonInvalidValue, false},
		{"unknown event type", with("event_type", `"dance"`), contracts.ReasonInvalidValue, false},
		{"unknown currency", with("currency", `"XXX"`), contracts.ReasonInvalidValue, false},
		{"too long", with("event_id", `"`+strings.Repeat("x", 65)+`"`), contracts.ReasonInvalidValue, false},
		{"not a time", with("event_time", `"yesterday"`), contracts.ReasonInvalidValue, false},
		{"time without zone", with("event_time", `"2026-03-01T12:29:00"`), contracts.ReasonInvalidValue, false},
		{"too late", with("event_time", `"2026-02-26T12:29:59Z"`), contracts.ReasonOutsideLateness, false},
		{"too early", with("event_time", `"2026-03-01T13:30:01Z"`), contracts.ReasonOutsideLateness, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := build(t, newProcessor(t), test.give)
			assert.Equal(t, map[string]int{test.want: 1}, b.Counts.Quarantined)
			assert.Equal(t, 1, b.Counts.Received)
			assert.Empty(t, b.Processed)
			rows := allLines(t, b.Quarantine)
			require.Len(t, rows, 1)
			row := rows[0]
			assert.Equal(t, shardName+":"+sample.Sequence(1)+":0", row["identity"])
			assert.Equal(t, "2026-03-01T12:30:00.000Z", row["arrival_time"])
			assert.NotEmpty(t, row["error"])
			assert.NotEmpty(t, row["contract_version"])
			assert.Contains(t, row["source"], shardName)
			assert.Contains(t, b.Quarantine[0].Key,
				"quarantine/clicks/reason="+test.want+"/ingest_date=2026-03-01/ingest_hour=12/"+shardName+"-")
			raw := allLines(t, b.Raw)
			require.Len(t, raw, 1)
			for _, kept := range []columns{row, raw[0]} {
				if test.binary {
					assert.NotContains(t, kept, "payload")
					assert.Equal(t, base64.StdEncoding.EncodeToString([]byte(test.give)), kept["payload_base64"])
				} else {
					assert.NotContains(t, kept, "payload_base64")
					assert.Equal(t, strings.Trim(test.give, "[]"), kept["payload"])
				}
			}
		})
	}
}

func TestBuildTakesEventsApart(t *testing.T) {
	second := strings.Replace(good, "e-1", "e-2", 1)
	deep := strings.Repeat("[", 9000) + strings.Repeat("]", 9000)
	pretty := strings.NewReplacer(",", ",\n\t", "{", "{ ", ":\"", " : \"").Replace(good)
	for _, test := range []struct {
		name string
		give string
		want []string // payloads
	}{
		{"one event", good, []string{good}},
		{"one event with space around", " \n" + good + "\r\n ", []string{good}},
		{"NDJSON", good + "\n" + second, []string{good, second}},
		{"NDJSON with blank lines and carriage returns", good + "\r\n\n" + second + "\r\n", []string{good, second}},
		{"array", "[" + good + " ,\n " + second + "]", []string{good, second}},
		{"array with deep values", "[" + good + "," + with("color", deep) + "," + deep + "," + second + "]",
			[]string{good, with("color", deep), deep, second}},
		{"event over several lines", pretty + "\n" + second, []string{pretty, second}},
		{"gzipped", zipped(t, good+"\n"+second), []string{good, second}},
		{"bad line between good ones", good + "\n{bad\n" + second, []string{good, "{bad", second}},
		{"bad line first", "{bad\n" + second, []string{"{bad", second}},
		{"escapes", with("search_term", `"a\"b\\c\u00e9\n\/"`), []string{with("search_term", `"a\"b\\c\u00e9\n\/"`)}},
		{"not ASCII", with("search_term", `"Grüße 🎁"`), []string{with("search_term", `"Grüße 🎁"`)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := build(t, newProcessor(t), test.give)
			assert.Equal(t, len(test.want), b.Counts.Received)
			var got []string
			for i, row := range allLines(t, b.Raw) {
				assert.EqualValues(t, i, row["ordinal"])
				assert.Equal(t, sample.Sequence(1), row["sequence_number"])
				got = append(got, row["payload"].(string))
			}
			assert.Equal(t, test.want, got)
			assert.Equal(t, b.Counts.Received, b.Counts.Processed+b.Counts.Duplicates+b.Counts.AllQuarantined())
		})
	}
}

func TestBuildCleans(t *testing.T) {
	base := columns{}
	set, err := contracts.Load()
	require.NoError(t, err)
	processed, _ := set.Get("processed.clicks")
	for _, column := range processed.Columns {
		base[column.Name] = nil
	}
	maps.Copy(base, columns{
		"shard": shardName, "sequence_number": sample.Sequence(1), "ordinal": int64(0), "event_id": "e-1",
		"event_type": "page_view", "event_time": time.Date(2026, 3, 1, 12, 29, 0, 0, time.UTC).UnixMicro(),
		"arrival_time": arrival.UnixMicro(), "visitor_id": "v-1", "url": "https://shop.example.com/",
		"url_host": "shop.example.com", "url_path": "/", "is_bot": false, "is_duplicate": false,
	})
	chrome := "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36"
	address := "https://u:p@SHOP.example.com:8443/a%20b/c?x=1&utm_source=%20News+Letter%20&utm_medium=email&utm_campaign=&utm_term=a&utm_term=b&utm_content=100%#top"
	for _, test := range []struct {
		name string
		give string
		want columns // what differs from base
	}{
		{"nothing to clean", good, nil},
		{"trimmed", with("visitor_id", `" v-1\t"`), nil},
		{"enum in upper case", with("event_type", `" PAGE_VIEW "`), nil},
		{"currency in lower case", with("currency", `"gbp"`), columns{"currency": "GBP"}},
		{"blank optional field", with("user_id", `" "`), nil},
		{"null optional field", with("price", `null`), nil},
		{"repeated field: the last counts", with("product_id", `"a","product_id":"b"`), columns{"product_id": "b"}},
		{"escaped field name", with(`produc\u0074_id`, `"b"`), columns{"product_id": "b"}},
		{"escaped value", with("search_term", `"\u00e9\ud83c\udf81\ud800 \"q\""`),
			columns{"search_term": "é🎁\ufffd \"q\""}},
		{"time with offset and nanoseconds", with("event_time", `"2026-03-01T14:29:00.123456789+02:00"`),
			columns{"event_time": time.Date(2026, 3, 1, 12, 29, 0, 123000000, time.UTC).UnixMicro()}},
		{"integer with an exponent", with("quantity", "1.2e1"), columns{"quantity": int64(12)}},
		{"integer with noughts", with("quantity", "0.00120e+4"), columns{"quantity": int64(12)}},
		{"nothing with an exponent", with("response_bytes", "-0.0e9999999999"), columns{"response_bytes": int64(0)}},
		{"price of nothing", with("price", "0.00e-400"), columns{"price": 0.0}},
		{"price", with("price", "12.50"), columns{"price": 12.5}},
		{"price with many digits", with("price", "0.1234567890123456789"), columns{"price": 0.1234567890123456789}},
		{"address", with("url", `"`+address+`"`), columns{
			"url":      "https://SHOP.example.com:8443/a%20b/c?utm_source=%20News+Letter%20&utm_medium=email&utm_campaign=&utm_term=a&utm_term=b&utm_content=100%",
			"url_path": "/a%20b/c", "utm_source": "News Letter", "utm_medium": "email", "utm_term": "a",
			"utm_content": "100%",
		}},
		{"address from the root", with("url", `"/p?utm_source=x"`),
			columns{"url": "/p?utm_source=x", "url_host": nil, "url_path": "/p", "utm_source": "x"}},
		{"address without path", with("url", `"http://a.example?q=/x"`),
			columns{"url": "http://a.example", "url_host": "a.example"}},
		{"address of a bracketed host", with("url", `"http://[2001:DB8::1]:80/"`),
			columns{"url": "http://[2001:DB8::1]:80/", "url_host": "[2001:db8::1]"}},
		{"referrer", with("referrer", `"https://Search.example/q?a=b"`),
			columns{"referrer": "https://Search.example/q", "referrer_host": "search.example"}},
		{"referrer that is no address", with("referrer", `"-"`), columns{"referrer": "-"}},
		{"browser", with("user_agent", `"`+chrome+`"`), columns{"user_agent": chrome}},
		{"robot", with("user_agent", `"GoogleBot/2.1"`), columns{"user_agent": "GoogleBot/2.1", "is_bot": true}},
		{"IPv4", with("ip", `"203.0.113.77"`), columns{"ip_prefix": "203.0.113.0/24"}},
		{"IPv6", with("ip", `"2001:db8:1:2::3%eth0"`), columns{"ip_prefix": "2001:db8:1::/48"}},
		{"IPv4 in IPv6", with("ip", `"::ffff:203.0.113.77"`), columns{"ip_prefix": "203.0.113.0/24"}},
		{"the version before", with("schema_version", `"1.0.0"`), columns{"schema_version": "1.0.0"}},
		{"the version in force", with("schema_version", `" 1.1.0","app_version":"5.2.0"`),
			columns{"schema_version": "1.1.0", "app_version": "5.2.0"}},
		{"a later minor version without a new field", with("schema_version", `"1.9.0"`),
			columns{"schema_version": "1.9.0"}},
		{"no version, as null", with("schema_version", `null`), nil},
		{"not an IP address", with("ip", `"203.0.113.077"`), nil},
		{"time in lower case", with("event_time", `"2026-03-01t12:29:00z"`), nil},
		{"method in lower case", with("http_method", `"get"`), columns{"http_method": "GET"}},
		{"method that is no word", with("http_method", `"m-Search é"`), columns{"http_method": "M-SEARCH é"}},
		{"host of other letters", with("url", `"https://BÜCHER.example/"`), columns{
			"url": "https://BÜCHER.example/", "url_host": "bücher.example"}},
		{"host of letters that are longer in lower case", with("url", `"https://AȺ.example/"`), columns{
			"url": "https://AȺ.example/", "url_host": "aⱥ.example"}},
		{"stray percent signs", with("url",
			`"/?utm_campaign=50%+off%20n%6fw%&utm_term=%zz%2&utm_content=%E9%41"`), columns{
			"url": "/?utm_campaign=50%+off%20n%6fw%&utm_term=%zz%2&utm_content=%E9%41", "url_host": nil,
			"utm_campaign": "50% off now%", "utm_term": "%zz%2", "utm_content": "%E9%41"}},
		{"parameters with encoded names", with("url", `"/?utm%5Fsource=mail&ut%6d_medium=x&utm%255Fterm=y"`), columns{
			"url": "/?utm%5Fsource=mail&ut%6d_medium=x", "url_host": nil, "utm_source": "mail", "utm_medium": "x"}},
		{"query escaped for HTML", with("url", `"/?utm_source=mail&amp;utm_medium=x"`), columns{
			"url": "/?utm_source=mail", "url_host": nil, "utm_source": "mail"}},
		{"parameter names have a case", with("url", `"/?UTM_SOURCE=mail"`), columns{"url": "/", "url_host": nil}},
		{"whole number with a fraction of noughts", with("response_bytes", "9007199254740993.0"),
			columns{"response_bytes": int64(9007199254740993)}},
		{"the largest one", with("response_bytes", "9223372036854775807.000"),
			columns{"response_bytes": int64(9223372036854775807)}},
		{"with an exponent", with("response_bytes", "900719925474099.3E1"),
			columns{"response_bytes": int64(9007199254740993)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := build(t, newProcessor(t), test.give)
			require.Empty(t, b.Counts.Quarantined)
			rows := allParquet(t, b.Processed)
			require.Len(t, rows, 1)
			want := maps.Clone(base)
			maps.Copy(want, test.want)
			assert.Equal(t, want, rows[0])
		})
	}
}

// Athena rounds what is finer than a millisecond: the row would be of an hour that its partition is not.
func TestBuildKeepsTheLastMicrosecondInItsHour(t *testing.T) {
	b := build(t, newProcessor(t), with("event_time", `"2026-03-01T11:59:59.999999Z"`))
	require.Len(t, b.Processed, 1)
	assert.Contains(t, b.Processed[0].Key, "/event_date=2026-03-01/event_hour=11/")
	at := time.Date(2026, 3, 1, 11, 59, 59, 999_000_000, time.UTC)
	assert.Equal(t, at.UnixMicro(), allParquet(t, b.Processed)[0]["event_time"])
}

func TestBuildMarksDuplicates(t *testing.T) {
	rejected := strings.Replace(good, `"v-1"`, "7", 1)
	b := build(t, newProcessor(t), rejected, good+"\n"+good, good, with("event_id", `"e-2"`))
	assert.Equal(t, 5, b.Counts.Received)
	assert.Equal(t, 2, b.Counts.Processed)
	assert.Equal(t, 2, b.Counts.Duplicates, "a quarantined event does not make the next one a duplicate")
	var marks []any
	for _, row := range allParquet(t, b.Processed) {
		marks = append(marks, row["is_duplicate"])
	}
	assert.Equal(t, []any{false, true, true, false}, marks)
}

func TestBuildNamesObjects(t *testing.T) {
	p := newProcessor(t)
	early := with("event_time", `"2026-02-28T23:59:59.999Z"`)
	shards, err := p.Open(sample.Payload(shardName, 7, time.Date(2026, 3, 1, 12, 59, 59, 999e6, time.UTC), good, early))
	require.NoError(t, err)
	b, err := p.Build(shards[0], 2)
	require.NoError(t, err)
	id := shardName + "-" + sample.Sequence(7) + "-" + sample.Sequence(8)
	assert.Equal(t, []string{
		"clicks/event_date=2026-02-28/event_hour=23/" + id + ".parquet",
		"clicks/event_date=2026-03-01/event_hour=12/" + id + ".parquet",
	}, keys(b.Processed))
	assert.Equal(t, []string{
		"clicks/ingest_date=2026-03-01/ingest_hour=12/" + id + ".ndjson.gz",
		"clicks/ingest_date=2026-03-01/ingest_hour=13/" + id + ".ndjson.gz",
	}, keys(b.Raw))
	assert.Equal(t, []int{1, 0}, []int{b.Processed[0].First, b.Processed[1].First})
	b, err = p.Build(shards[0], 1)
	require.NoError(t, err)
	assert.Equal(t, []string{"clicks/event_date=2026-03-01/event_hour=12/" + shardName + "-" + sample.Sequence(7) +
		"-" + sample.Sequence(7) + ".parquet"}, keys(b.Processed))
}

// TestBuildNumbersWhatAnErasureLeft: what a replay gives of a batch that lost events has the identities and the keys of
// before.
func TestBuildNumbersWhatAnErasureLeft(t *testing.T) {
	p := newProcessor(t)
	other, broken := with("event_id", `"00000000-0000-4000-8000-000000000001"`), "not JSON"
	whole := snapshot(build(t, p, good, good+"\n"+broken+"\n[1]\n"+other, good))
	record := func(sequence int, data, ordinals string) string {
		text := strings.TrimSuffix(strings.TrimPrefix(string(sample.Payload(shardName, sequence,
			arrival.Add(time.Duration(sequence-1)*time.Millisecond), data)), `{"Records":[`), `]}`)
		return `{"ordinals":` + ordinals + `,` + strings.TrimPrefix(text, "{")
	}
	shards, err := p.Open([]byte(`{"Records":[` + strings.Join([]string{
		record(1, "", "[]"), record(2, broken+"\n1\n"+other, "[1,2,3]"), record(3, "", "[]"),
	}, ",") + `]}`))
	require.NoError(t, err)
	left, err := p.Build(shards[0], 3)
	require.NoError(t, err)
	second := shardName + ":" + sample.Sequence(2)
	assert.Equal(t, []string{second + ":1", second + ":2", second + ":3"}, identities(t, left.Raw))
	assert.Equal(t, []string{second + ":3"}, parquetIdentities(t, left.Processed))
	for _, lists := range [][2][]Object{{whole.Raw, left.Raw}, {whole.Processed, left.Processed}} {
		assert.Equal(t, keys(lists[0]), keys(lists[1]))
	}
	want := *left
	want.Quarantine = whole.Quarantine
	requireSame(t, want, left)

	shards, err = p.Open([]byte(`{"Records":[` + record(1, "", "[]") + "," + record(2, broken, "[1]") + `]}`))
	require.NoError(t, err)
	left, err = p.Build(shards[0], 2)
	require.NoError(t, err)
	assert.Equal(t, []string{second + ":1"}, identities(t, left.Quarantine), "a line alone is no record that broke")
}

func keys(objects []Object) []string {
	var out []string
	for _, o := range objects {
		out = append(out, o.Key)
	}
	return out
}

func TestBuildMebibyteOfLines(t *testing.T) {
	var text strings.Builder
	n := 0
	for text.Len() < 1<<20-300 {
		fmt.Fprintln(&text, with("event_id", fmt.Sprintf(`"e-%d"`, n)))
		n++
	}
	b := build(t, newProcessor(t), text.String())
	assert.Equal(t, n, b.Counts.Processed)
	assert.Len(t, allLines(t, b.Raw), n)
	assert.Len(t, allParquet(t, b.Processed), n)
}

func TestBuildOfNothing(t *testing.T) {
	p := newProcessor(t)
	shards, err := p.Open([]byte(`{"Records":[]}`))
	require.NoError(t, err)
	assert.Empty(t, shards)
}

// Memory does not follow what a record claims to expand to, and a batch of many expanding records is cut.
func TestBuildBoundsMemory(t *testing.T) {
	p := newProcessor(t)
	bomb := zipped(t, strings.Repeat(`{"a":1}`+"\n", 100<<20/8))
	build(t, p, good)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b := build(t, p, bomb)
	runtime.ReadMemStats(&after)
	assert.Equal(t, map[string]int{contracts.ReasonExpandsTooLarge: 1}, b.Counts.Quarantined)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8*testLimits.MaxExpandedBytes),
		"bytes allocated for 100 MiB expanded")

	large := zipped(t, strings.Repeat(" ", int(testLimits.MaxExpandedBytes)-len(good)-1)+good)
	b = build(t, p, slices.Repeat([]string{large}, 3*budgetFactor)...)
	assert.Equal(t, budgetFactor+1, b.Records, "the rest is left for the next batch")
	assert.Equal(t, b.Records, b.Counts.Received)
}

// Every batch keeps the identity of the counts, and the same batch gives the same bytes: again, by a processor with
// another history, and by a new one.
func TestBuildProperties(t *testing.T) {
	old := newProcessor(t)
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 9))
		shares := sample.Shares{Duplicate: r.Float64() / 2, Bad: r.Float64() / 2, Late: r.Float64() / 2}
		events := sample.Events(seed, r.IntN(400), arrival, shares)
		var contents []string
		for len(events) > 0 {
			n := min(1+r.IntN(4), len(events))
			content := strings.Join(events[:n], "\n")
			if r.IntN(5) == 0 {
				content = zipped(t, content)
			}
			contents, events = append(contents, content), events[n:]
		}
		if len(contents) == 0 {
			continue
		}
		first := snapshot(build(t, old, contents...))
		c := first.Counts
		assert.Equal(t, c.Received, c.Processed+c.Duplicates+c.AllQuarantined())
		assert.Len(t, allLines(t, first.Raw), c.Received)
		assert.Len(t, allParquet(t, first.Processed), c.Processed+c.Duplicates)
		assert.Len(t, allLines(t, first.Quarantine), c.AllQuarantined())
		assert.Equal(t, identities(t, first.Raw), slices.Sorted(slices.Values(slices.Concat(
			identities(t, first.Quarantine), parquetIdentities(t, first.Processed)))), "raw has the others' identities")
		requireSame(t, first, build(t, old, contents...))
		requireSame(t, first, build(t, newProcessor(t), contents...))
	}
}

// requireSame compares two batches to the byte.
func requireSame(t *testing.T, want Batch, got *Batch) {
	t.Helper()
	assert.Equal(t, *want.Counts, *got.Counts)
	for i, lists := range [][2][]Object{{want.Raw, got.Raw}, {want.Processed, got.Processed},
		{want.Quarantine, got.Quarantine}} {
		require.Equal(t, keys(lists[0]), keys(lists[1]))
		for j := range lists[0] {
			require.True(t, bytes.Equal(lists[0][j].Body, lists[1][j].Body), "list %d, object %s", i, lists[0][j].Key)
		}
	}
}

// snapshot copies a batch.
func snapshot(b *Batch) Batch {
	out := *b
	counts := *b.Counts
	counts.EventTimes = slices.Clone(counts.EventTimes)
	out.Counts = &counts
	for _, list := range []*[]Object{&out.Raw, &out.Processed, &out.Quarantine} {
		*list = slices.Clone(*list)
		for i := range *list {
			(*list)[i].Body = bytes.Clone((*list)[i].Body)
		}
	}
	return out
}

func identities(t *testing.T, objects []Object) []string {
	var out []string
	for _, row := range allLines(t, objects) {
		if id, ok := row["identity"]; ok {
			out = append(out, id.(string))
		} else {
			out = append(out, fmt.Sprintf("%v:%v:%v", row["shard"], row["sequence_number"], row["ordinal"]))
		}
	}
	slices.Sort(out)
	return out
}

func parquetIdentities(t *testing.T, objects []Object) []string {
	var out []string
	for _, row := range allParquet(t, objects) {
		out = append(out, fmt.Sprintf("%v:%v:%v", row["shard"], row["sequence_number"], row["ordinal"]))
	}
	return out
}
