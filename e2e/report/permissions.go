package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Permissions reports what roles may do: how many of their statements the run used, which it did not, and what was
// refused.
type Permissions struct {
	Roles      int       `json:"roles"`
	Statements int       `json:"statements"`
	Used       int       `json:"used"`
	Unused     []Unused  `json:"unused"`
	Refused    []Refusal `json:"refused"`
	// Differences are unused statements without a reason, reasons without an unused statement, and refusals.
	Differences []string `json:"differences"`
}

// Unused is a statement of a role that no call of the run needed, with the reason why it is there.
type Unused struct {
	Role      string `json:"role"`
	Statement string `json:"statement"`
	Reason    string `json:"reason,omitempty"`
}

// Refusal is a call that a role, or a service in its own name, was not allowed.
type Refusal struct {
	Principal string `json:"principal"`
	Action    string `json:"action"`
	Resource  string `json:"resource"`
	Times     int    `json:"times"`
}

// PermissionRecord is what the emulator saw of roles, by their names.
type PermissionRecord struct {
	Enforced bool `json:"enforced"`
	Roles    map[string]struct {
		Statements []string `json:"statements"`
		Used       []string `json:"used"`
	} `json:"roles"`
	Refused []Refusal `json:"refused"`
}

// Exception is a statement that no demo uses, of the roles whose names match, and why it is granted all the same.
type Exception struct {
	Role, Statement string // patterns of path.Match
	Reason          string
}

func (e Exception) covers(role, statement string) bool {
	byRole, err := path.Match(e.Role, role)
	if err != nil || !byRole {
		return false
	}
	byStatement, err := path.Match(e.Statement, statement)
	return err == nil && byStatement
}

// physicalName is what autonaming makes of a role's name: see Pulumi.yaml.
var physicalName = regexp.MustCompile(`^dataplatform-[a-z]+-(.+?)(-role)?-[0-9a-f]{6}$`)

// CheckPermissions holds a record against the exceptions. Each unused statement needs one, and each has to be of unused
// statements only: what a run uses is no exception any more.
//
// Input of one's own need not hold what every grant is for (without a bad line nothing replaces quarantine): then
// generated is false, and unused grants are reported, but are no difference.
func CheckPermissions(record PermissionRecord, exceptions []Exception, generated bool) Permissions {
	found := Permissions{Roles: len(record.Roles), Refused: record.Refused}
	differ := func(format string, args ...any) {
		found.Differences = append(found.Differences, fmt.Sprintf(format, args...))
	}
	if !record.Enforced {
		differ("the emulator did not enforce permissions")
	}
	needed := make([]bool, len(exceptions))
	for physical, role := range record.Roles {
		name := physicalName.ReplaceAllString(physical, "$1")
		for _, statement := range role.Statements {
			found.Statements++
			i := slices.IndexFunc(exceptions, func(e Exception) bool { return e.covers(name, statement) })
			switch used := slices.Contains(role.Used, statement); {
			case used && i >= 0:
				found.Used++
				needed[i] = true
				if generated {
					differ("%s of %s is listed as unused, but the run used it", statement, name)
				}
			case used:
				found.Used++
			case i >= 0:
				needed[i] = true
				found.Unused = append(found.Unused, Unused{name, statement, exceptions[i].Reason})
			case generated:
				found.Unused = append(found.Unused, Unused{Role: name, Statement: statement})
				differ("%s of %s was never used, and no reason is listed", statement, name)
			default:
				found.Unused = append(found.Unused, Unused{name, statement, notInInput})
			}
		}
	}
	for i, e := range exceptions {
		if !needed[i] {
			differ("the exception for %s of %s is of no statement", e.Statement, e.Role)
		}
	}
	for _, r := range record.Refused {
		differ("%s was refused %s on %s, %d time(s)", r.Principal, r.Action, r.Resource, r.Times)
	}
	slices.Sort(found.Differences)
	slices.SortFunc(found.Unused, func(a, b Unused) int {
		return strings.Compare(a.Role+" "+a.Statement, b.Role+" "+b.Statement)
	})
	return found
}

func (p Permissions) print(w io.Writer) {
	if p.Roles == 0 { // nobody asked
		return
	}
	fmt.Fprintf(w, "permissions of %d roles: %d of %d statements used, %d call(s) refused\n", p.Roles, p.Used,
		p.Statements, len(p.Refused))
	byReason := map[string]int{}
	for _, u := range p.Unused {
		byReason[u.Reason]++
	}
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		fmt.Fprintf(w, "%5d unused: %s\n", byReason[reason], cmp.Or(reason, "no reason is listed"))
	}
	fmt.Fprintln(w)
}
