package main

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
)

// TestMessagesBecomeEvents of the contract.
func TestMessagesBecomeEvents(t *testing.T) {
	const (
		ids  = `"messageId":"m1","anonymousId":"v1","timestamp":"2026-03-01T11:59:00Z"`
		page = `"context":{"page":{"url":"https://www.example.com/a?b=1","referrer":"https://search.example/","path":"/a"}}`
	)
	known := `"event_id":"m1","event_time":"2026-03-01T11:59:00Z","visitor_id":"v1","schema_version":"1.2.0",` +
		`"user_agent":"Firefox","ip":"203.0.113.7"`
	seen := known + `,"url":"https://www.example.com/a?b=1","referrer":"https://search.example/"`
	for name, test := range map[string]struct {
		path, key, give string
		want            []string
	}{
		"a page": {"/v1/p", browserKey, `{` + ids + `,` + page + `,"properties":{"title":"A"}}`,
			[]string{`{` + seen + `,"event_type":"page_view"}`}},
		"a screen": {"/v1/screen", browserKey, `{` + ids + `,"name":"My cart","context":{"app":{"version":"2.1"}}}`,
			[]string{`{` + known + `,"event_type":"page_view","url":"/My%20cart","app_version":"2.1"}`}},
		"a view": {"/t", browserKey, `{` + ids + `,` + page + `,"event":"Product Viewed","userId":7,` +
			`"properties":{"product_id":507,"price":"12.50","currency":"gbp","quantity":1}}`,
			[]string{`{` + seen + `,"event_type":"product_view","user_id":"7","product_id":"507","price":12.50,` +
				`"currency":"GBP","quantity":1}`}},
		"put into the cart": {"/v1/track", browserKey,
			`{` + ids + `,` + page + `,"event":"product added","properties":{"sku":"s1"}}`,
			[]string{`{` + seen + `,"event_type":"add_to_cart","product_id":"s1"}`}},
		"taken out": {"/v1/track", browserKey,
			`{` + ids + `,` + page + `,"event":"Product Removed","properties":{"product_id":"p"}}`,
			[]string{`{` + seen + `,"event_type":"remove_from_cart","product_id":"p"}`}},
		"a search": {"/v1/track", browserKey,
			`{` + ids + `,` + page + `,"event":"Products Searched","properties":{"query":"red lamp"}}`,
			[]string{`{` + seen + `,"event_type":"search","search_term":"red lamp"}`}},
		"an order, one purchase a product": {"/v1/track", browserKey, `{` + ids + `,` + page +
			`,"event":"Order Completed","properties":{"order_id":"o1","currency":"EUR","products":[` +
			`{"product_id":"p1","quantity":2,"price":3.5},{"product_id":"p2","quantity":1,"price":4}]}}`,
			[]string{
				`{` + strings.ReplaceAll(seen, `"m1"`, `"m1-1"`) + `,"event_type":"purchase","product_id":"p1",` +
					`"quantity":2,"price":3.5,"currency":"EUR"}`,
				`{` + strings.ReplaceAll(seen, `"m1"`, `"m1-2"`) + `,"event_type":"purchase","product_id":"p2",` +
					`"quantity":1,"price":4,"currency":"EUR"}`,
			}},
		"an order without products": {"/v1/track", browserKey, `{` + ids + `,` + page + `,"event":"Order Completed"}`,
			[]string{`{` + seen + `,"event_type":"purchase"}`}},
		"who somebody is":    {"/v1/identify", browserKey, `{` + ids + `,"userId":"u"}`, nil},
		"a group":            {"/g", browserKey, `{` + ids + `}`, nil},
		"a name for another": {"/v1/alias", browserKey, `{` + ids + `}`, nil},
		"an event of its own": {"/v1/track", browserKey,
			`{` + ids + `,"event":"Video Played"}`, nil},
		"of a browser's key, whatever the body says": {"/v1/page", browserKey, `{` + ids +
			`,"context":{"ip":"198.51.100.1","userAgent":"X","page":{"url":"/b"}}}`,
			[]string{`{` + known + `,"url":"/b","event_type":"page_view"}`}},
		"of a server's key, what the body says": {"/v1/page", serverKey, `{` + ids +
			`,"context":{"ip":"198.51.100.1","userAgent":"X","page":{"url":"/b"}}}`,
			[]string{`{"event_id":"m1","event_time":"2026-03-01T11:59:00Z","visitor_id":"v1",` +
				`"schema_version":"1.2.0","user_agent":"X","ip":"198.51.100.1","url":"/b","event_type":"page_view"}`}},
		"a server's, without a visitor of its own": {"/v1/page", serverKey,
			`{"messageId":"m1","userId":"u1","timestamp":"2026-03-01T11:59:00Z"}`,
			[]string{`{"event_id":"m1","event_time":"2026-03-01T11:59:00Z","visitor_id":"u1","user_id":"u1",` +
				`"schema_version":"1.2.0","url":"/","event_type":"page_view"}`}},
		"a batch": {"/v1/batch", browserKey, `{"batch":[{"type":"page",` + ids + `,` + page + `},{"type":"identify"},` +
			`{"type":"page",` + strings.ReplaceAll(ids, "m1", "m2") + `,` + page + `}]}`,
			[]string{`{` + seen + `,"event_type":"page_view"}`,
				`{` + strings.ReplaceAll(seen, "m1", "m2") + `,"event_type":"page_view"}`}},
		"the contract's own": {"/v1/events", browserKey,
			`{"event_id":"e","visitor_id":"v","price":9007199254740993.0,"ip":"1.2.3.4"}` + "\n" + `[{"visitor_id":"v"}]`,
			[]string{`{"event_id":"e","visitor_id":"v","price":9007199254740993.0,"ip":"203.0.113.7","user_agent":"Firefox"}`,
				`{"visitor_id":"v","ip":"203.0.113.7","user_agent":"Firefox"}`}},
		"the contract's, of a server": {"/v1/events", serverKey, `{"event_id":"e","ip":"1.2.3.4"}`,
			[]string{`{"event_id":"e","ip":"1.2.3.4"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, request := range []string{"plain", "gzipped"} {
				stream, metrics := &memory{}, &bytes.Buffer{}
				given := post(test.path, test.key, test.give)
				if request == "gzipped" {
					given = gzipped(given)
				}
				response := handle(t, handler(stream, metrics), given)
				require.Equal(t, 200, response.StatusCode, response.Body)
				var got []string
				for _, entry := range stream.taken {
					got = append(got, strings.Split(string(entry.Data), "\n")...)
				}
				require.Len(t, got, len(test.want))
				for i, want := range test.want {
					assert.JSONEq(t, want, got[i])
				}
				assert.Equal(t, len(test.want) == 0 || name == "a batch",
					strings.Contains(metrics.String(), `"CollectorUnmapped":1`))
			}
		})
	}
}

// TestWrongClocksAreCorrected by the time of sending, and an event of the future is one of now.
func TestWrongClocksAreCorrected(t *testing.T) {
	for name, test := range map[string]struct{ give, want string }{
		"a clock a day fast":       {`"timestamp":"2026-03-02T12:00:00.5Z","sentAt":"2026-03-02T12:00:10.5Z"`, "2026-03-01T11:59:50Z"},
		"a clock a day slow":       {`"timestamp":"2026-02-28T12:00:00Z","sentAt":"2026-02-28T13:00:00Z"`, "2026-03-01T11:00:00Z"},
		"the original first":       {`"originalTimestamp":"2026-03-01T10:00:00Z","timestamp":"2026-01-01T00:00:00Z"`, "2026-03-01T10:00:00Z"},
		"without sentAt":           {`"timestamp":"2026-03-01T10:00:00+01:00"`, "2026-03-01T09:00:00Z"},
		"without a time":           {`"sentAt":"2026-03-01T10:00:00Z"`, "2026-03-01T12:00:00Z"},
		"finer than a millisecond": {`"timestamp":"2026-03-01T10:00:00.123456789Z"`, "2026-03-01T10:00:00.123Z"},
		"no time":                  {`"timestamp":"yesterday"`, "2026-03-01T12:00:00Z"},
		"sent before it was":       {`"timestamp":"2026-03-01T12:00:09Z","sentAt":"2026-03-01T12:00:00Z"`, "2026-03-01T12:00:00Z"},
		"sentAt is no time":        {`"timestamp":"2026-03-01T10:00:00Z","sentAt":"soon"`, "2026-03-01T10:00:00Z"},
		"in the future, bare":      {`"timestamp":"2027-03-01T10:00:00Z"`, "2026-03-01T12:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			stream := &memory{}
			handle(t, handler(stream, io.Discard), post("/v1/page", browserKey, `{"anonymousId":"v",`+test.give+`}`))
			assert.Equal(t, test.want, eventsOf(t, stream)[0]["event_time"])
		})
	}
}

// TestARepeatedMessageHasTheSameID, with another sentAt, also without a messageId and with one that is too long.
func TestARepeatedMessageHasTheSameID(t *testing.T) {
	for name, id := range map[string]string{
		"its own": `"messageId":"m",`, "none": "", "too long": `"messageId":"` + strings.Repeat("m", 65) + `",`,
	} {
		t.Run(name, func(t *testing.T) {
			stream := &memory{}
			h := handler(stream, io.Discard)
			for _, sent := range []string{"2026-03-01T11:00:00Z", "2026-03-01T11:30:00Z"} {
				handle(t, h, post("/v1/page", browserKey, `{`+id+`"anonymousId":"v","sentAt":"`+sent+`"}`))
			}
			handle(t, h, post("/v1/page", browserKey, `{"anonymousId":"w"}`))
			found := eventsOf(t, stream)
			assert.Equal(t, found[0]["event_id"], found[1]["event_id"])
			assert.NotEqual(t, found[0]["event_id"], found[2]["event_id"])
			assert.LessOrEqual(t, len(found[0]["event_id"].(string)), 64)
		})
	}
}

// TestWhatIsWrongInAnEventCostsNoOther: it is put as it is, for quarantine.
func TestWhatIsWrongInAnEventCostsNoOther(t *testing.T) {
	stream := &memory{}
	response := handle(t, handler(stream, io.Discard), post("/v1/batch", browserKey, `{"batch":[7,"x",null,`+
		`{"type":"page","anonymousId":"v","properties":"none","context":[]},{"type":"track","event":{},"userId":{}},`+
		`{"type":"track","event":"Product Added","properties":{"quantity":"many","price":{}}}]}`))
	require.Equal(t, 200, response.StatusCode, response.Body)
	var got []string
	for _, entry := range stream.taken {
		got = append(got, string(entry.Data))
	}
	assert.Equal(t, []string{"7", `"x"`, "null"}, got[:3])
	assert.Contains(t, got[3], `"visitor_id":"v"`)
	assert.Contains(t, got[4], `"quantity":"many","price":{}`)
	assert.Len(t, got, 5)
}

// TestCloudFrontSaysWhoItsViewerIs, where it stands before the function, and nobody else does.
func TestCloudFrontSaysWhoItsViewerIs(t *testing.T) {
	for _, before := range []bool{true, false} {
		stream := &memory{}
		h := handler(stream, io.Discard)
		h.Access.CloudFront = before
		request := withHeader(post("/v1/page", browserKey, `{"anonymousId":"v"}`), "x-forwarded-for", "192.0.2.1")
		handle(t, h, withHeader(request, "cloudfront-viewer-address", "198.51.100.10:46532"))
		want := map[bool]string{true: "198.51.100.10:46532", false: "203.0.113.7"}[before]
		assert.Equal(t, want, eventsOf(t, stream)[0]["ip"])
	}
}

// TestEventsHaveTheContractsFields, and its version is in force.
func TestEventsHaveTheContractsFields(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	contract, ok := set.Get("raw.clicks")
	require.True(t, ok)
	assert.Equal(t, schemaVersion, contract.Version)
	written, err := json.Marshal(contract)
	require.NoError(t, err)
	for i := range reflect.TypeFor[event]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[event]().Field(i).Tag.Get("json"), ",")
		assert.Contains(t, string(written), `"`+name+`"`)
	}
	for _, kind := range commerce {
		assert.Contains(t, string(written), `"`+kind+`"`)
	}
}
