package policies

import "slices"

// Policies are everything that has a say in a request inside one account.
type Policies struct {
	// Identity are the principal's own policies.
	Identity []Document
	// Resource is the policy of what is asked for; nil when it has none.
	Resource *Document
	// Key is whether the resource is a KMS key: there the account's policies count only as far as the key's policy lets
	// them.
	Key bool
}

// Authorize decides a request as IAM does inside one account (IAM User Guide, "Policy evaluation logic"). A refusal
// anywhere wins. The resource's policy is enough when it names the principal; where it names the account, the
// principal's own policies decide. Statements of the outcome are those of the principal's own policies, or the refusing
// one.
func Authorize(request Request, p Policies) (Outcome, error) {
	own, err := Explain(request, p.Identity...)
	if err != nil || own.Decision == Denied {
		return own, err
	}
	var held Outcome
	if p.Resource != nil {
		if held, err = Explain(request, *p.Resource); err != nil || held.Decision == Denied {
			return held, err
		}
	}
	named := slices.ContainsFunc(held.Statements, func(s Statement) bool { return s.names(request.Principal) })
	granted := own.Decision == Allowed && (!p.Key || held.Decision == Allowed)
	if named || granted {
		return Outcome{Allowed, own.Statements}, nil
	}
	return Outcome{Decision: NotAllowed}, nil
}
