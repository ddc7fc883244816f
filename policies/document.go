// Package policies holds every IAM, KMS and resource policy of the platform as typed, pure functions of strings.
//
// One file a principal. A statement's Sid says the grant in words. What is allowed is spelled out; a `*` resource or
// action appears only with a reason in Exceptions. Nothing here knows Pulumi.
package policies

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const version = "2012-10-17"

// Effect of a statement.
type Effect string

// The two effects.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Condition holds operator, key, values: {"StringEquals": {"aws:SourceAccount": ["123456789012"]}}.
type Condition map[string]map[string][]string

// Statement is one grant or refusal. Sid is mandatory: it is how tests and reviewers name it.
type Statement struct {
	Sid       string              `json:"Sid"`
	Effect    Effect              `json:"Effect"`
	Principal map[string][]string `json:"Principal,omitempty"`
	Action    []string            `json:"Action"`
	Resource  []string            `json:"Resource,omitempty"`
	Condition Condition           `json:"Condition,omitempty"`
}

// Document is a whole policy. Make one with Identity, Managed, Trust, Bucket, Key, Queue or Topic, which know the size
// limit.
type Document struct {
	Version   string      `json:"Version"`
	Statement []Statement `json:"Statement"`
	kind      kind
}

// kind is what a policy is attached to; AWS limits the size by it.
type kind struct {
	name  string
	limit int // characters without white space
}

// Limits from the IAM, S3, KMS, SQS and SNS quota pages. A role of the platform carries exactly one inline document, so
// the quota of all inline policies of a role is the document's.
var (
	kindIdentity = kind{"inline role policy", 10_240}
	kindManaged  = kind{"managed policy", 6_144}
	kindTrust    = kind{"trust policy", 2_048}
	kindBucket   = kind{"bucket policy", 20_480}
	kindKey      = kind{"key policy", 32_768}
	kindQueue    = kind{"queue policy", 8_192}
	kindTopic    = kind{"topic policy", 30_720}
)

// Identity is a role's permissions: statements without a principal.
func Identity(statements ...Statement) Document { return document(kindIdentity, statements) }

// Managed are permissions that roles of others are given: statements without a principal.
func Managed(statements ...Statement) Document { return document(kindManaged, statements) }

// Trust says who may assume a role.
func Trust(statements ...Statement) Document { return document(kindTrust, statements) }

// Bucket is a bucket's resource policy.
func Bucket(statements ...Statement) Document { return document(kindBucket, statements) }

// Key is a KMS key's policy.
func Key(statements ...Statement) Document { return document(kindKey, statements) }

// Queue is an SQS queue's policy.
func Queue(statements ...Statement) Document { return document(kindQueue, statements) }

// Topic is an SNS topic's policy.
func Topic(statements ...Statement) Document { return document(kindTopic, statements) }

func document(k kind, statements []Statement) Document {
	return Document{Version: version, Statement: statements, kind: k}
}

var sidPattern = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)

// Validate reports everything AWS would refuse: a missing or repeated Sid, nothing to act on, a principal where none
// belongs, text over the limit.
func (d Document) Validate() error {
	var problems []error
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if len(d.Statement) == 0 {
		add("no statements")
	}
	seen := map[string]bool{}
	for i, s := range d.Statement {
		if !sidPattern.MatchString(s.Sid) {
			add("statement %d: Sid %q must be letters and digits, in words", i, s.Sid)
		}
		if seen[s.Sid] {
			add("statement %d: Sid %q is used twice", i, s.Sid)
		}
		seen[s.Sid] = true
		if s.Effect != Allow && s.Effect != Deny {
			add("%s: effect %q", s.Sid, s.Effect)
		}
		if len(s.Action) == 0 || slices.Contains(s.Action, "") {
			add("%s: needs actions, none of them empty", s.Sid)
		}
		if d.kind != kindTrust && (len(s.Resource) == 0 ||
			slices.ContainsFunc(s.Resource, func(r string) bool { return r != "*" && !strings.HasPrefix(r, "arn:") })) {
			add("%s: resources %q must be ARNs", s.Sid, s.Resource)
		}
		permissions := d.kind == kindIdentity || d.kind == kindManaged
		if permissions && s.Principal != nil {
			add("%s: a role's permissions name no principal", s.Sid)
		}
		if !permissions && len(s.Principal) == 0 {
			add("%s: needs a principal", s.Sid)
		}
	}
	if size := d.Size(); d.kind.limit > 0 && size > d.kind.limit {
		add("%s has %d characters, AWS allows %d", d.kind.name, size, d.kind.limit)
	}
	return errors.Join(problems...)
}

// Size is the document's length as AWS counts it.
func (d Document) Size() int { return len(d.JSON()) }

// JSON renders the document without white space.
func (d Document) JSON() string {
	text, err := json.Marshal(d)
	if err != nil { // strings and slices of strings always marshal
		panic(err)
	}
	return string(text)
}

// Find returns the statement with this Sid.
func (d Document) Find(sid string) (Statement, bool) {
	i := slices.IndexFunc(d.Statement, func(s Statement) bool { return s.Sid == sid })
	if i < 0 {
		return Statement{}, false
	}
	return d.Statement[i], true
}
