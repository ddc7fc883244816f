package guardrails

import "dataplatform/internal/graph"

// Exception lets a resource break a control.
type Exception struct {
	Control string
	Stack   string // "" for every stack
	Type    string
	Name    string // "" for every resource of the type
	Reason  string
}

// Exceptions are all there are. A test fails when one is no longer needed.
var Exceptions = []Exception{
	{ownKey.Name, "", bucketToken, "logs",
		"S3's logging service can't write under a customer's key here (S3 User Guide, server access logging)"},
	{accessLogged.Name, "", bucketToken, "logs", "a log of the log would grow by itself for ever"},
	{dataKept.Name, "", keyToken, operationsKey, "it encrypts messages and logs, which go with the stack"},
	{dataKept.Name, "", streamToken, "", "what it holds is in raw within minutes; raw is kept"},
}

func exceptionFor(control, stack string, r graph.Resource) (Exception, bool) {
	for _, e := range Exceptions {
		if e.Control == control && (e.Stack == "" || e.Stack == stack) && e.Type == r.Type &&
			(e.Name == "" || e.Name == r.Name) {
			return e, true
		}
	}
	return Exception{}, false
}
