package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// sample is one customer of the batch recommendations and what it is recommended.
type sample struct {
	CustomerKey string   `json:"customerKey"`
	Products    []string `json:"products"`
}

// answered is an endpoint's answer; of a refusal it has the error only.
type answered struct {
	ModelVersion    string   `json:"modelVersion"`
	Basis           string   `json:"basis"`
	Unknown         []string `json:"unknown"`
	Error           string   `json:"error"`
	Recommendations []struct {
		ProductID string `json:"productId"`
	} `json:"recommendations"`
}

func (a answered) products() []string {
	ids := make([]string, 0, len(a.Recommendations))
	for _, one := range a.Recommendations {
		ids = append(ids, one.ProductID)
	}
	return ids
}

// smokeTestError is what an endpoint answered wrongly. Its type's name is the error that the state machine sees.
type smokeTestError struct{ problems error }

func (e *smokeTestError) Error() string {
	return strings.ReplaceAll(e.problems.Error(), "\n", "; ")
}

// smokeTestFailed is how the state machine sees one.
const smokeTestFailed = "smokeTestError"

// basket is how many of a customer's products the smoke test puts into one.
const basket = 3

// smoke asks an endpoint what it has to be able to answer: a known customer gets what the batch says, a basket what
// goes with it, a stranger the bestsellers, and what is no request a reason.
func (h *Handler) smoke(ctx context.Context, run Run, target string) error {
	name, known := map[string]string{"candidate": run.Candidate, "live": run.Endpoint}[target]
	if !known {
		return fmt.Errorf("target %q is neither candidate nor live", target)
	}
	text, err := h.Objects.Get(ctx, sampleKey(run.ID))
	if err != nil {
		return err
	}
	var of sample
	if err := json.Unmarshal(text, &of); err != nil || of.CustomerKey == "" || len(of.Products) == 0 {
		return fmt.Errorf("%s names no customer with products: %s", sampleKey(run.ID), cut(string(text), 200))
	}
	inBasket := of.Products[:min(basket, len(of.Products))]
	stranger := "smoke-test-" + run.ID
	var problems []error
	for _, test := range []struct {
		what   string
		body   any
		status int
		check  func(answered) string
	}{
		{"a known customer", map[string]any{"customerKey": of.CustomerKey, "count": len(of.Products)}, http.StatusOK,
			func(a answered) string {
				if a.Basis == "customer" && slices.Equal(a.products(), of.Products) {
					return ""
				}
				return fmt.Sprintf("got %s by %s, the batch has %s", a.products(), a.Basis, of.Products)
			}},
		{"a basket", map[string]any{"products": inBasket}, http.StatusOK, func(a answered) string {
			if a.Basis == "products" && len(a.Recommendations) > 0 &&
				!slices.ContainsFunc(a.products(), func(id string) bool { return slices.Contains(inBasket, id) }) {
				return ""
			}
			return fmt.Sprintf("got %s by %s for %s", a.products(), a.Basis, inBasket)
		}},
		{"an unknown customer", map[string]any{"customerKey": stranger}, http.StatusOK, func(a answered) string {
			if a.Basis == "popularity" && slices.Equal(a.Unknown, []string{stranger}) && len(a.Recommendations) > 0 {
				return ""
			}
			return fmt.Sprintf("got %s by %s, unknown %s", a.products(), a.Basis, a.Unknown)
		}},
		{"a malformed request", json.RawMessage(`"no object"`), http.StatusBadRequest, func(a answered) string {
			if a.Error != "" {
				return ""
			}
			return "got no reason"
		}},
	} {
		if problem := h.ask(ctx, name, test.body, test.status, run.ID, test.check); problem != "" {
			problems = append(problems, fmt.Errorf("%s: %s", test.what, problem))
		}
	}
	if len(problems) > 0 {
		return &smokeTestError{errors.Join(problems...)}
	}
	return nil
}

// ask says what is wrong with one answer.
func (h *Handler) ask(
	ctx context.Context, endpoint string, request any, want int, version string, check func(answered) string,
) string {
	body, err := json.Marshal(request)
	if err != nil {
		return err.Error()
	}
	status, text, err := h.Invoker.Invoke(ctx, endpoint, body)
	if err != nil {
		return err.Error()
	}
	var got answered
	if err := json.Unmarshal(text, &got); err != nil {
		return fmt.Sprintf("status %d with what is not JSON: %s", status, cut(string(text), 200))
	}
	switch {
	case status != want:
		return fmt.Sprintf("status %d instead of %d: %s", status, want, cut(string(text), 200))
	case status == http.StatusOK && got.ModelVersion != version:
		return fmt.Sprintf("model %s answers instead of %s", got.ModelVersion, version)
	}
	return check(got)
}
