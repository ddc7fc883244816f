// Package authorizer decides requests of the emulator with the evaluator that the tests of the policies use.
//
// A batch is one line of JSON and so is its answer, in the order of the requests. Policies are sent once and then
// referred to by the names that the emulator gave them.
package authorizer

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"dataplatform/policies"
)

// Batch is one line of the emulator's.
type Batch struct {
	// Documents are policies not sent before, as JSON text by name.
	Documents map[string]string `json:"documents"`
	Requests  []Request         `json:"requests"`
}

// Request asks whether a principal may do something.
type Request struct {
	Principal string            `json:"principal"`
	Action    string            `json:"action"`
	Resource  string            `json:"resource"`
	Context   map[string]string `json:"context"`
	// Identity names the principal's policies, Policy that of the resource; "" when it has none.
	Identity []string `json:"identity"`
	Policy   string   `json:"policy"`
	Key      bool     `json:"key"` // the resource is a KMS key
}

// Answer is the decision about one request, with the Sids of the statements of the principal's policies, or of the one
// that refuses.
type Answer struct {
	Decision policies.Decision `json:"decision"`
	Sids     []string          `json:"sids,omitempty"`
	// Error says why there is no decision: the request or a policy cannot be understood.
	Error string `json:"error,omitempty"`
}

// Serve answers batches until the input ends.
func Serve(in io.Reader, out io.Writer) error {
	texts := documents{known: map[string]policies.Document{}, unreadable: map[string]error{}}
	read := bufio.NewReader(in)
	write := json.NewEncoder(out)
	for {
		line, err := read.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read a batch: %w", err)
		}
		var batch Batch
		if err := json.Unmarshal(line, &batch); err != nil {
			return fmt.Errorf("read a batch: %w", err)
		}
		if err := write.Encode(texts.answer(batch)); err != nil {
			return fmt.Errorf("answer a batch: %w", err)
		}
	}
}

// documents are the policies that were sent, by name.
type documents struct {
	known      map[string]policies.Document
	unreadable map[string]error // what is no policy as this platform writes them
}

func (d documents) find(name string) (policies.Document, error) {
	document, ok := d.known[name]
	if !ok {
		return document, errors.Join(fmt.Errorf("policy %q is not known", name), d.unreadable[name])
	}
	return document, nil
}

func (d documents) answer(batch Batch) []Answer {
	for name, text := range batch.Documents {
		document, err := policies.Parse(text)
		if err != nil {
			d.unreadable[name] = err
			continue
		}
		d.known[name] = document
	}
	answers := make([]Answer, 0, len(batch.Requests))
	for _, request := range batch.Requests {
		outcome, err := d.decide(request)
		if err != nil {
			answers = append(answers, Answer{Error: err.Error()})
			continue
		}
		found := Answer{Decision: outcome.Decision}
		for _, s := range outcome.Statements {
			found.Sids = append(found.Sids, s.Sid)
		}
		answers = append(answers, found)
	}
	return answers
}

func (d documents) decide(r Request) (policies.Outcome, error) {
	by := policies.Policies{Key: r.Key}
	for _, name := range r.Identity {
		document, err := d.find(name)
		if err != nil {
			return policies.Outcome{}, err
		}
		by.Identity = append(by.Identity, document)
	}
	if r.Policy != "" {
		document, err := d.find(r.Policy)
		if err != nil {
			return policies.Outcome{}, err
		}
		by.Resource = &document
	}
	return policies.Authorize(policies.Request{
		Principal: r.Principal, Action: r.Action, Resource: r.Resource, Context: r.Context,
	}, by)
}
