package policies

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Request is a question to Evaluate: may this principal do this, under these circumstances.
type Request struct {
	Principal string // an ARN or a service principal; resource policies are matched against it
	Action    string
	Resource  string
	Context   map[string]string // condition keys, for example "aws:SecureTransport": "true"
}

// Decision is the answer.
type Decision string

// The three decisions of IAM.
const (
	Allowed    Decision = "allowed"
	NotAllowed Decision = "not allowed" // nobody grants it
	Denied     Decision = "denied"      // a statement refuses it, whoever grants it
)

// Outcome is a decision with the statements that made it: the refusing one, or every one that grants.
type Outcome struct {
	Decision   Decision
	Statements []Statement
}

// Evaluate decides a request by one set of policies inside one account, as IAM does: a refusal wins, otherwise any
// grant will do. It knows the operators this platform uses and fails on any other, so that a test cannot pass by
// accident.
func Evaluate(request Request, documents ...Document) (Decision, error) {
	outcome, err := Explain(request, documents...)
	return outcome.Decision, err
}

// Explain is Evaluate with the statements that decided.
func Explain(request Request, documents ...Document) (Outcome, error) {
	outcome := Outcome{Decision: NotAllowed}
	for _, d := range documents {
		for _, s := range d.Statement {
			applies, err := s.applies(request)
			if err != nil {
				return Outcome{}, fmt.Errorf("%s: %w", s.Sid, err)
			}
			switch {
			case applies && s.Effect == Deny:
				return Outcome{Denied, []Statement{s}}, nil
			case applies:
				outcome.Decision = Allowed
				outcome.Statements = append(outcome.Statements, s)
			}
		}
	}
	return outcome, nil
}

func (s Statement) applies(request Request) (bool, error) {
	matches := func(patterns []string, value string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return glob(p, value) })
	}
	// Actions are case-insensitive, resources are not.
	lower := make([]string, 0, len(s.Action))
	for _, action := range s.Action {
		lower = append(lower, strings.ToLower(action))
	}
	if !matches(lower, strings.ToLower(request.Action)) {
		return false, nil
	}
	if s.Resource != nil && !matches(s.Resource, request.Resource) {
		return false, nil
	}
	if s.Principal != nil && !s.admits(request.Principal) {
		return false, nil
	}
	for operator, keys := range s.Condition {
		for key, values := range keys {
			held, err := holds(operator, values, request.Context, key)
			if err != nil || !held {
				return false, err
			}
		}
	}
	return true, nil
}

// admits knows that an account's root stands for every principal of the account.
func (s Statement) admits(principal string) bool {
	return s.names(principal) || slices.ContainsFunc(s.Principal["AWS"], func(arn string) bool {
		account, isRoot := strings.CutSuffix(arn, ":root")
		return isRoot && strings.HasPrefix(principal, account+":")
	})
}

// names is whether the statement is for this very principal, or for everybody.
func (s Statement) names(principal string) bool {
	return slices.Contains(s.Principal["AWS"], "*") || slices.Contains(s.Principal["AWS"], principal) ||
		slices.Contains(s.Principal["Service"], principal) || slices.Contains(s.Principal["Federated"], principal)
}

// holds evaluates one condition. An absent key fails an operator that asserts and passes one that negates or says
// IfExists.
func holds(operator string, values []string, context map[string]string, key string) (bool, error) {
	name, ifExists := strings.CutSuffix(operator, "IfExists")
	value, present := lookup(context, key)
	if name == "Null" {
		return slices.Contains(values, strconv.FormatBool(!present)), nil
	}
	compare, negated, err := comparison(name)
	if err != nil {
		return false, err
	}
	if !present {
		return ifExists || negated, nil
	}
	for _, want := range values {
		equal, err := compare(want, value)
		if err != nil {
			return false, fmt.Errorf("%s on %s: %w", operator, key, err)
		}
		if equal {
			return !negated, nil
		}
	}
	return negated, nil
}

// lookup ignores the case of condition keys, as IAM does.
func lookup(context map[string]string, key string) (string, bool) {
	for name, value := range context {
		if strings.EqualFold(name, key) {
			return value, true
		}
	}
	return "", false
}

type comparer func(want, have string) (bool, error)

func comparison(operator string) (compare comparer, negated bool, err error) {
	exact := func(want, have string) (bool, error) { return want == have, nil }
	like := func(want, have string) (bool, error) { return glob(want, have), nil }
	number := func(less bool) comparer {
		return func(want, have string) (bool, error) {
			limit, err := strconv.ParseFloat(want, 64)
			if err != nil {
				return false, err
			}
			value, err := strconv.ParseFloat(have, 64)
			if err != nil {
				return false, err
			}
			if less {
				return value < limit, nil
			}
			return value > limit, nil
		}
	}
	switch operator {
	case "StringEquals", "ArnEquals":
		return exact, false, nil
	case "StringNotEquals", "ArnNotEquals":
		return exact, true, nil
	case "StringLike", "ArnLike":
		return like, false, nil
	case "StringNotLike", "ArnNotLike":
		return like, true, nil
	case "Bool":
		return func(want, have string) (bool, error) { return strings.EqualFold(want, have), nil }, false, nil
	case "NumericLessThan":
		return number(true), false, nil
	case "NumericGreaterThan":
		return number(false), false, nil
	}
	return nil, false, fmt.Errorf("operator %q is not known to the evaluator", operator)
}

// glob matches IAM's wildcards: * is any text, / and : included; ? is one character.
func glob(pattern, text string) bool {
	// path.Match stops at slashes and knows classes; neither exists in IAM.
	hide := strings.NewReplacer("/", "\x00", "[", "\x01", "\\", "\x02")
	matched, err := path.Match(hide.Replace(pattern), hide.Replace(text))
	return err == nil && matched
}
