package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/lambdas/internal/emf"
)

const (
	site       = "https://www.example.com"
	browserKey = "browser-key"
	serverKey  = "server-key"
)

var received = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// memory is a stream that answers a call by the next of its answers, and takes everything when none is left.
type memory struct {
	answers []func([]types.PutRecordsRequestEntry) (refused []int, code string, err error)
	calls   []*kinesis.PutRecordsInput
	taken   []types.PutRecordsRequestEntry
}

func (m *memory) PutRecords(
	_ context.Context, in *kinesis.PutRecordsInput, _ ...func(*kinesis.Options),
) (*kinesis.PutRecordsOutput, error) {
	m.calls = append(m.calls, in)
	refused, code := map[int]bool{}, ""
	if len(m.answers) > 0 {
		answer := m.answers[0]
		m.answers = m.answers[1:]
		indices, why, err := answer(in.Records)
		if err != nil {
			return nil, err
		}
		for _, i := range indices {
			refused[i], code = true, why
		}
	}
	out := &kinesis.PutRecordsOutput{}
	for i, entry := range in.Records {
		if refused[i] {
			out.Records = append(out.Records, types.PutRecordsResultEntry{ErrorCode: aws.String(code)})
			continue
		}
		m.taken = append(m.taken, entry)
		out.Records = append(out.Records, types.PutRecordsResultEntry{SequenceNumber: aws.String("1")})
	}
	return out, nil
}

func handler(stream *memory, metrics io.Writer) *Handler {
	return &Handler{
		Access: Access{Origins: []string{site}, Keys: []Key{
			{SHA256: hashed(browserKey)}, {SHA256: hashed(serverKey), Server: true},
		}},
		Stream:  Stream{stream, "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"},
		Metrics: emf.Writer{Out: metrics, Namespace: "shop"}, Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return received },
	}
}

func post(path, key, body string) events.LambdaFunctionURLRequest {
	request := events.LambdaFunctionURLRequest{RawPath: path, Body: body, Headers: map[string]string{
		"user-agent": "Firefox",
	}}
	if key != "" {
		request.Headers["authorization"] = "Basic " + base64.StdEncoding.EncodeToString([]byte(key+":"))
	}
	request.RequestContext.HTTP.Method, request.RequestContext.HTTP.SourceIP = http.MethodPost, "203.0.113.7"
	return request
}

func gzipped(request events.LambdaFunctionURLRequest) events.LambdaFunctionURLRequest {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, _ = writer.Write([]byte(request.Body)) // a buffer takes everything
	_ = writer.Close()
	request.Body, request.IsBase64Encoded = base64.StdEncoding.EncodeToString(packed.Bytes()), true
	request.Headers["content-encoding"] = "gzip"
	return request
}

func handle(t *testing.T, h *Handler, request events.LambdaFunctionURLRequest) events.LambdaFunctionURLResponse {
	t.Helper()
	response, err := h.Handle(t.Context(), request)
	require.NoError(t, err)
	return response
}

// eventsOf are what the stream has taken, in its order.
func eventsOf(t *testing.T, stream *memory) []map[string]any {
	t.Helper()
	var found []map[string]any
	for _, entry := range stream.taken {
		for _, line := range bytes.Split(entry.Data, []byte("\n")) {
			var event map[string]any
			require.NoError(t, json.Unmarshal(line, &event), string(line))
			found = append(found, event)
		}
	}
	return found
}

const viewed = `{"messageId":"m1","anonymousId":"v1","event":"Product Viewed","properties":{"product_id":"p1"},` +
	`"context":{"page":{"url":"https://www.example.com/p1"}}`

// TestWrongRequests: each has its status and a reason, and of none anything is taken.
func TestWrongRequests(t *testing.T) {
	from := func(origin string, request events.LambdaFunctionURLRequest) events.LambdaFunctionURLRequest {
		request.Headers["origin"] = origin
		return request
	}
	by := func(method string, request events.LambdaFunctionURLRequest) events.LambdaFunctionURLRequest {
		request.RequestContext.HTTP.Method = method
		return request
	}
	broken := post("/v1/track", browserKey, "no gzip")
	broken.Headers["content-encoding"] = "gzip"
	cutOff := gzipped(post("/v1/track", browserKey, viewed+"}"))
	cutOff.Body = base64.StdEncoding.EncodeToString([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 1, 2})
	notBase64 := post("/v1/track", browserKey, "%")
	notBase64.IsBase64Encoded = true
	for name, test := range map[string]struct {
		give   events.LambdaFunctionURLRequest
		status int
		want   string
	}{
		"no key":          {post("/v1/track", "", viewed+"}"), 401, "no valid write key"},
		"another key":     {post("/v1/track", "old", viewed+"}"), 401, "no valid write key"},
		"another in body": {post("/v1/track", "", viewed+`,"writeKey":"old"}`), 401, "no valid write key"},
		"events, no key":  {post("/v1/events", "", `{}`), 401, "no valid write key"},
		"a key of Bearer": {withHeader(post("/t", "", viewed+"}"), "authorization", "Bearer x"), 401,
			"no valid write key"},
		"another site": {from("https://evil.example", post("/v1/t", browserKey, viewed+"}")), 403,
			"collector.origins"},
		"another path": {post("/v2/track", browserKey, viewed+"}"), 404, "there is no /v2/track"},
		"GET":          {by("GET", post("/v1/track", browserKey, "")), 405, "want POST"},
		"no JSON":      {post("/v1/track", browserKey, "event=1"), 400, "the body is not JSON"},
		"half of it":   {post("/v1/batch", browserKey, `{"batch":[`), 400, "the body is not JSON"},
		"empty":        {post("/v1/track", browserKey, ""), 400, "not a JSON object"},
		"an array":     {post("/v1/track", browserKey, "[]"), 400, "not a JSON object"},
		"no batch":     {post("/v1/batch", browserKey, `{"messages":[]}`), 400, "batch is missing"},
		"no events":    {post("/v1/events", browserKey, " \n"), 400, "the body has no events"},
		"not gzip":     {broken, 400, "not gzip"},
		"half gzip":    {cutOff, 400, "broken gzip"},
		"not Base64":   {notBase64, 400, "cannot be read"},
		"gzip that swells": {gzipped(post("/v1/events", browserKey, strings.Repeat(" ", maxBodyBytes+1))), 413,
			"at most 8388608 bytes"},
		"oversized": {post("/v1/events", browserKey, strings.Repeat(" ", maxBodyBytes+1)), 413, "too large"},
		"10,000 events": {gzipped(post("/v1/events", browserKey, strings.Repeat(`{"event_id":"1"}`, 10_000))), 413,
			"10000 events: want at most 5000"},
	} {
		t.Run(name, func(t *testing.T) {
			stream, metrics := &memory{}, &bytes.Buffer{}
			response := handle(t, handler(stream, metrics), test.give)
			assert.Equal(t, test.status, response.StatusCode, response.Body)
			assert.Contains(t, response.Body, test.want)
			assert.NotContains(t, response.Headers, "retry-after", "it would be as wrong again")
			assert.Empty(t, stream.calls)
			assert.Contains(t, metrics.String(), `"CollectorRefused":1`)
		})
	}
}

func withHeader(request events.LambdaFunctionURLRequest, name, value string) events.LambdaFunctionURLRequest {
	request.Headers[name] = value
	return request
}

// TestKeys: by basic authorization, in the body, in the address; two valid at a time.
func TestKeys(t *testing.T) {
	inAddress := post("/v1/events", "", `{"event_id":"1"}`)
	inAddress.RawQueryString = "writeKey=" + browserKey
	for name, request := range map[string]events.LambdaFunctionURLRequest{
		"basic authorization": post("/v1/track", browserKey, viewed+"}"),
		"the other":           post("/v1/track", serverKey, viewed+"}"),
		"in the body":         post("/v1/track", "", viewed+`,"writeKey":"`+browserKey+`"}`),
		"of a batch":          post("/v1/b", "", `{"batch":[`+viewed+`,"type":"track"}],"writeKey":"`+browserKey+`"}`),
		"in the address":      inAddress,
		"lower case":          withHeader(post("/t", "", viewed+"}"), "authorization", "basic YnJvd3Nlci1rZXk6"),
	} {
		t.Run(name, func(t *testing.T) {
			stream, metrics := &memory{}, &bytes.Buffer{}
			response := handle(t, handler(stream, metrics), request)
			assert.Equal(t, 200, response.StatusCode, response.Body)
			assert.Len(t, stream.taken, 1)
			assert.Empty(t, metrics.String(), "Lambda and Kinesis count what is just taken")
		})
	}
}

// TestBrowsersMaySend: without these headers, seen with the browser's own library, every event that met one 503 was
// lost.
func TestBrowsersMaySend(t *testing.T) {
	stream := &memory{}
	h := handler(stream, io.Discard)
	for _, path := range []string{"/v1/t", "/t", "/v1/batch", "/m", "/v1/events"} {
		preflight := withHeader(post(path, "", ""), "origin", site)
		preflight.RequestContext.HTTP.Method = http.MethodOptions
		response := handle(t, h, preflight)
		assert.Equal(t, 200, response.StatusCode)
		assert.Equal(t, site, response.Headers["access-control-allow-origin"])
		assert.Equal(t, "POST", response.Headers["access-control-allow-methods"])
		for _, name := range []string{"authorization", "content-type", "x-retry-count"} {
			assert.Contains(t, response.Headers["access-control-allow-headers"], name)
		}
	}
	assert.Empty(t, stream.calls)
	response := handle(t, h, withHeader(post("/v1/m", "", `{"series":[]}`), "origin", site))
	assert.Equal(t, 200, response.StatusCode, "what the library measures of itself has no key")
	assert.Empty(t, stream.calls)
	response = handle(t, h, withHeader(post("/v1/t", browserKey, viewed+"}"), "origin", site))
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "Retry-After", response.Headers["access-control-expose-headers"])
	preflight := withHeader(post("/v1/t", "", ""), "origin", "https://evil.example")
	preflight.RequestContext.HTTP.Method = http.MethodOptions
	response = handle(t, h, preflight)
	assert.Equal(t, 403, response.StatusCode)
	assert.NotContains(t, response.Headers, "access-control-allow-origin")
}

// TestNothingIsTakenByHalves: the sender keeps what the stream has not taken, and learns when to try again.
func TestNothingIsTakenByHalves(t *testing.T) {
	for name, test := range map[string]struct {
		code   string
		err    error
		status int
		retry  string
	}{
		"throttled records":  {"ProvisionedThroughputExceededException", nil, 429, "2"},
		"a throttled call":   {"", &types.ProvisionedThroughputExceededException{}, 429, "2"},
		"failed records":     {"InternalFailure", nil, 503, "5"},
		"a call that failed": {"", errors.New("no network"), 503, "5"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stream, metrics := &memory{}, &bytes.Buffer{}
				for range tries {
					stream.answers = append(stream.answers,
						func(entries []types.PutRecordsRequestEntry) ([]int, string, error) {
							return []int{len(entries) - 1}, test.code, test.err
						})
				}
				batch := `{"batch":[` + viewed + `,"type":"track"},` +
					strings.ReplaceAll(viewed, "v1", "v2") + `,"type":"track"}]}`
				response := handle(t, handler(stream, metrics),
					withHeader(post("/v1/batch", browserKey, batch), "origin", site))
				assert.Equal(t, test.status, response.StatusCode, response.Body)
				assert.Equal(t, test.retry, response.Headers["retry-after"])
				assert.Equal(t, site, response.Headers["access-control-allow-origin"], "else the page sees no status")
				assert.Len(t, stream.calls, tries)
				assert.Contains(t, metrics.String(), "CollectorRepeated")
			})
		})
	}
}
