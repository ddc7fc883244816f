package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// scripted answers by what the request's body contains.
type scripted map[string]struct {
	status int
	body   string
	err    error
}

func (s scripted) Invoke(_ context.Context, _ string, body []byte) (int, []byte, error) {
	for part, answer := range s {
		if strings.Contains(string(body), part) {
			return answer.status, []byte(answer.body), answer.err
		}
	}
	return 0, nil, errors.New("asked something else: " + string(body))
}

func TestSmoke(t *testing.T) {
	const run, known = "20260308-0123456", `"customerKey":"k"`
	right := func() scripted {
		return scripted{
			known: {200, `{"modelVersion":"` + run +
				`","basis":"customer","recommendations":[{"productId":"A"},{"productId":"B"},{"productId":"C"},{"productId":"D"}]}`, nil},
			`"products"`: {200,
				`{"modelVersion":"` + run + `","basis":"products","recommendations":[{"productId":"D"}]}`, nil},
			"smoke-test-": {200, `{"modelVersion":"` + run + `","basis":"popularity","unknown":["smoke-test-` + run +
				`"],"recommendations":[{"productId":"A"}]}`, nil},
			"no object": {400, `{"error":"the body is not a JSON object"}`, nil},
		}
	}
	b := newBench(t)
	b.memory.objects["batch/"+run+"/sample.json"] = `{"customerKey":"k","products":["A","B","C","D"]}`
	request := Request{
		Action: "smoke", Target: "candidate", State: State{Run: Run{ID: run, Candidate: "c", Endpoint: "e"}},
	}
	b.Invoker = right()
	_, err := b.Handle(context.Background(), request)
	require.NoError(t, err)

	for want, wrong := range map[string]struct {
		key    string
		status int
		body   string
		err    error
	}{
		"a known customer: got [B] by customer, the batch has [A B C D]": {known, 200,
			`{"modelVersion":"` + run + `","basis":"customer","recommendations":[{"productId":"B"}]}`, nil},
		"a known customer: model m0 answers instead of " + run: {known, 200,
			`{"modelVersion":"m0"}`, nil},
		"a known customer: status 500 instead of 200": {known, 500, `{}`, nil},
		"a known customer: no connection": {known, 0,
			"", errors.New("no connection")},
		"a basket: got [A] by products for [A B C]": {`"products"`, 200,
			`{"modelVersion":"` + run + `","basis":"products","recommendations":[{"productId":"A"}]}`, nil},
		"an unknown customer: got [A] by customer, unknown []": {"smoke-test-", 200,
			`{"modelVersion":"` + run + `","basis":"customer","recommendations":[{"productId":"A"}]}`, nil},
		"a malformed request: status 200 instead of 400": {"no object", 200,
			`{"modelVersion":"` + run + `"}`, nil},
		"a malformed request: got no reason":                            {"no object", 400, `{}`, nil},
		"a malformed request: status 400 with what is not JSON: <html>": {"no object", 400, `<html>`, nil},
	} {
		invoker := right()
		invoker[wrong.key] = struct {
			status int
			body   string
			err    error
		}{wrong.status, wrong.body, wrong.err}
		b.Invoker = invoker
		_, err := b.Handle(context.Background(), request)
		var failed *smokeTestError
		require.ErrorAs(t, err, &failed)
		require.ErrorContains(t, err, want)
	}
	for _, content := range []string{"{", `{"customerKey":"k"}`} {
		b.memory.objects["batch/"+run+"/sample.json"] = content
		_, err := b.Handle(context.Background(), request)
		require.ErrorContains(t, err, "names no customer with products")
	}
}
