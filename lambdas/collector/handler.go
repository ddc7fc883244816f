package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"dataplatform/lambdas/internal/emf"
)

// dataset is the value of the metrics' dimension.
const dataset = "clicks"

// maxEvents bounds what one request holds, an order counted by its products: what can be put in the function's time.
const maxEvents = 5000

// Handler answers the requests of senders.
type Handler struct {
	Access  Access
	Stream  Stream
	Metrics emf.Writer
	Logger  *slog.Logger
	Now     func() time.Time
}

// refusal is an answer that says why nothing was taken.
type refusal struct {
	status int
	// retry is after how many seconds the sender may try again; 0 is never.
	retry  int
	reason string
}

func (r *refusal) Error() string { return r.reason }

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status: status, reason: fmt.Sprintf(format, args...)}
}

// kinds are the paths of the Segment HTTP API, without the version before them: the long forms of server libraries and
// the short ones of the browser's.
var kinds = map[string]string{
	"track": "track", "t": "track", "page": "page", "p": "page", "screen": "screen", "s": "screen",
	"identify": "identify", "i": "identify", "group": "group", "g": "group", "alias": "alias", "a": "alias",
	"batch": "batch", "b": "batch", "import": "batch", "events": "events",
}

// Handle answers one request. It never redirects, for which some libraries take an event as delivered, and answers 200
// only when the stream has taken all of it.
func (h *Handler) Handle(
	ctx context.Context, request events.LambdaFunctionURLRequest,
) (events.LambdaFunctionURLResponse, error) {
	var done counts
	err := h.take(ctx, request, &done)
	var refused *refusal
	if err != nil && !errors.As(err, &refused) {
		h.Logger.Error("the stream does not take events", "error", err)
		refused = &refusal{http.StatusServiceUnavailable, 5, "the events were not taken, try again"}
		if errors.Is(err, errThrottled) {
			refused = &refusal{http.StatusTooManyRequests, 2, "too many events at a time, try again"}
		}
	}
	if refused != nil {
		done.refused = refused.status
	}
	if err := h.report(done); err != nil {
		h.Logger.Error("metrics", "error", err)
	}
	return h.answer(request, refused), nil
}

func (h *Handler) take(ctx context.Context, request events.LambdaFunctionURLRequest, done *counts) error {
	path := strings.Trim(request.RawPath, "/")
	path = strings.TrimPrefix(path, "v1/")
	kind, known := kinds[path]
	method, origin := request.RequestContext.HTTP.Method, request.Headers["origin"]
	switch {
	case !known && path != "m":
		return refuse(http.StatusNotFound, "there is no /%s: want /v1/track, page, screen, batch or events", path)
	case !h.Access.admits(origin):
		return refuse(http.StatusForbidden, "pages of %s may not send: collector.origins does not name it", origin)
	case method == http.MethodOptions:
		return nil
	case method != http.MethodPost:
		return refuse(http.StatusMethodNotAllowed, "%s is not allowed: want POST", method)
	case path == "m":
		return nil // what the browser's library measures of itself, and posts without a key
	}
	body, refused := bodyOf(request)
	if refused != nil {
		return refused
	}
	call := call{received: h.Now(), address: h.Access.client(request), agent: request.Headers["user-agent"]}
	var lines []line
	if kind == "events" {
		key, known := h.Access.key(request, "")
		if !known {
			return refuse(http.StatusUnauthorized, "no valid write key: want it as user of basic authorization")
		}
		call.server = key.Server
		lines, refused = call.plain(body)
	} else {
		lines, refused = h.segment(request, kind, body, call, done)
	}
	switch {
	case refused != nil:
		return refused
	case len(lines) > maxEvents:
		return refuse(http.StatusRequestEntityTooLarge, "%d events: want at most %d in a request", len(lines),
			maxEvents)
	}
	records, cut := recordsOf(lines)
	done.cut = cut
	var err error
	done.repeated, err = h.Stream.Put(ctx, records)
	return err
}

func (h *Handler) segment(
	request events.LambdaFunctionURLRequest, kind string, body []byte, call call, done *counts,
) ([]line, *refusal) {
	whole, refused := objectOf(body)
	if refused != nil {
		return nil, refused
	}
	key, known := h.Access.key(request, text(whole["writeKey"]))
	if !known {
		return nil, refuse(http.StatusUnauthorized,
			"no valid write key: want it as user of basic authorization, or as writeKey in the body")
	}
	call.server, call.sent = key.Server, text(whole["sentAt"])
	messages := []any{whole}
	if kind == "batch" {
		var ok bool
		if messages, ok = whole["batch"].([]any); !ok {
			return nil, refuse(http.StatusBadRequest, "batch is missing: want an array of messages")
		}
	}
	var lines []line
	for _, each := range messages {
		message, ok := each.(map[string]any)
		if !ok {
			lines = append(lines, lineOf("", each))
			continue
		}
		if kind != "batch" {
			message["type"] = kind
		}
		made := call.lines(message)
		if len(made) == 0 {
			done.unmapped++
		}
		lines = append(lines, made...)
	}
	return lines, nil
}

// answer is what the sender gets, with the headers by which a browser shows it to the page.
func (h *Handler) answer(
	request events.LambdaFunctionURLRequest, refused *refusal,
) events.LambdaFunctionURLResponse {
	response := events.LambdaFunctionURLResponse{StatusCode: http.StatusOK, Headers: map[string]string{
		"content-type": "application/json", "cache-control": "no-store", "vary": "Origin",
	}}
	said := map[string]any{"success": refused == nil}
	if refused != nil {
		response.StatusCode, said["message"] = refused.status, refused.reason
		if refused.retry > 0 {
			response.Headers["retry-after"] = strconv.Itoa(refused.retry)
		}
	}
	if text, err := json.Marshal(said); err == nil {
		response.Body = string(text)
	}
	if origin := request.Headers["origin"]; origin != "" && h.Access.admits(origin) {
		response.Headers["access-control-allow-origin"] = origin
		response.Headers["access-control-expose-headers"] = "Retry-After"
		// A beacon is sent with the page's credentials, whether it has some or not.
		response.Headers["access-control-allow-credentials"] = "true"
		if request.RequestContext.HTTP.Method == http.MethodOptions {
			response.Headers["access-control-allow-methods"] = http.MethodPost
			// X-Retry-Count comes with every second try of the browser's library: not named, all of these are lost.
			response.Headers["access-control-allow-headers"] = "authorization, content-type, x-retry-count"
			response.Headers["access-control-max-age"] = "86400"
		}
	}
	return response
}

// counts are what a request came to, where that is not just taken.
type counts struct {
	refused                 int // the status, or 0
	unmapped, cut, repeated int
}

// report writes metrics of a request that is not just taken: those that are, Lambda and Kinesis count, and a line for
// each would cost more than all else. CollectorUnmapped are messages that are no event of the contract, CollectorCut
// events of which the stream takes the beginning only, CollectorRepeated records that Kinesis refused first.
func (h *Handler) report(done counts) error {
	metrics := []emf.Metric{}
	for _, metric := range []struct {
		name  string
		value int
	}{
		{"CollectorUnmapped", done.unmapped}, {"CollectorCut", done.cut}, {"CollectorRepeated", done.repeated},
	} {
		if metric.value > 0 {
			metrics = append(metrics, emf.One(metric.name, emf.Count, float64(metric.value)))
		}
	}
	if done.refused > 0 {
		metrics = append(metrics, emf.One("CollectorRefused", emf.Count, 1),
			emf.One("CollectorRefused."+strconv.Itoa(done.refused), emf.Count, 1))
	}
	if len(metrics) == 0 {
		return nil
	}
	return h.Metrics.Write(h.Now(), dataset, metrics, nil)
}
