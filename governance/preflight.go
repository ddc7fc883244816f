package governance

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Found is what Lake Formation of an account says before anything is deployed.
type Found struct {
	Caller string   // the ARN that STS gives
	Admins []string // ARNs
	// OpenToIAM says that new databases or tables are open to whoever IAM lets.
	OpenToIAM bool
	// Tags are the keys of the LF-tags that exist.
	Tags []string
	// Deployed says that the stack is there.
	Deployed bool
}

// Wanted is what a stack's configuration says.
type Wanted struct {
	Admins                              []string // configured ARNs
	Engineers, Analysts, DataScientists int      // how many roles of each
}

// Preflight is what a person should know before a deployment: who is admin, and what is missing.
type Preflight struct {
	Notes    []string
	Problems []string
}

var (
	assumedRole = regexp.MustCompile(`^arn:(aws[a-z-]*):sts::([0-9]{12}):assumed-role/([^/]+)/.+$`)
	stsUser     = regexp.MustCompile(`^arn:(aws[a-z-]*):sts::([0-9]{12}):(user/.+)$`)
)

// SessionRole is the name of the role whose session STS says a caller is; session is false for anybody else.
func SessionRole(caller string) (role string, session bool) {
	if match := assumedRole.FindStringSubmatch(caller); match != nil {
		return match[3], true
	}
	return "", false
}

// UnreadRole says what to do when the role of who deploys cannot be read, and no administrators are named.
func UnreadRole(role string, err error) error {
	return fmt.Errorf("the role %s, which deploys, cannot be read, and its session does not show its path: %w: "+
		"allow it iam:GetRole on itself, or name it in governance.admins", role, err)
}

// Identity is the IAM ARN behind the ARN that STS gives for a caller, as far as that tells: a role is taken to be
// without a path.
func Identity(caller string) (string, error) {
	if match := assumedRole.FindStringSubmatch(caller); match != nil {
		return fmt.Sprintf("arn:%s:iam::%s:role/%s", match[1], match[2], match[3]), nil
	}
	if match := stsUser.FindStringSubmatch(caller); match != nil { // emulators say so
		return fmt.Sprintf("arn:%s:iam::%s:%s", match[1], match[2], match[3]), nil
	}
	if strings.Contains(caller, ":iam::") {
		return caller, nil
	}
	return "", fmt.Errorf("%q is neither a role nor a user", caller)
}

// Admins are the administrators of the lake: the configured ones, among whom the caller has to be, or the caller alone.
func Admins(configured []string, caller string) ([]string, error) {
	if len(configured) == 0 {
		identity, err := Identity(caller)
		return []string{identity}, err
	}
	if !slices.ContainsFunc(configured, func(admin string) bool { return same(admin, caller) }) {
		return nil, fmt.Errorf("governance.admins: %s deploys, but is not among them: it could not grant anything",
			caller)
	}
	return configured, nil
}

// same says whether an admin's ARN is that of the caller, whose path is not known.
func same(admin, caller string) bool {
	if admin == caller {
		return true
	}
	if identity, err := Identity(caller); err == nil && identity == admin {
		return true
	}
	match := assumedRole.FindStringSubmatch(caller)
	name, err := RoleName(admin)
	return match != nil && err == nil && name == match[3] && strings.Contains(admin, ":"+match[2]+":")
}

// Check compares the account with the configuration.
func Check(want Wanted, found Found) Preflight {
	p := Preflight{Notes: []string{"deploys: " + found.Caller, "admins now: " + list(found.Admins)}}
	admins, err := Admins(want.Admins, found.Caller)
	if err != nil {
		p.Problems = append(p.Problems, err.Error())
	} else {
		p.Notes = append(p.Notes, "admins after the deployment: "+list(merged(found.Admins,
			admins))+", and the role of the function that makes them")
		switch {
		case slices.ContainsFunc(found.Admins, func(admin string) bool { return same(admin, found.Caller) }):
		case found.Deployed:
			p.Problems = append(p.Problems,
				found.Caller+
					" is no admin, and the stack is there: it could neither change nor drop what another made. "+
					"One of the admins has to deploy first, with governance.admins naming both")
		default:
			p.Notes = append(p.Notes,
				"who deploys is no admin yet: the deployment makes it one, which needs lakeformation:PutDataLakeSettings of IAM")
		}
	}
	if found.OpenToIAM {
		p.Notes = append(p.Notes,
			"new databases and tables are open to whoever IAM lets: the deployment closes that for the whole account, until the stack is destroyed")
	}
	for _, key := range []string{TagLayer, TagDomain, TagClassification} {
		if slices.Contains(found.Tags, key) {
			p.Notes = append(p.Notes, "the LF-tag "+key+
				" exists: right if this stack is deployed here already; otherwise another one owns it, and creating it fails")
		}
	}
	for _, role := range []struct {
		key   string
		count int
	}{{"engineers", want.Engineers}, {"analysts", want.Analysts}, {"dataScientists", want.DataScientists}} {
		if role.count == 0 {
			p.Notes = append(p.Notes, "governance."+role.key+" is empty: nobody gets at data as one")
		}
	}
	return p
}

// functionRole is in the name of the role of the function that an earlier deployment made admin.
const functionRole = "governance-function-role"

// merged are the admins that there are, without the function's, and those to come.
func merged(now, more []string) []string {
	all := slices.DeleteFunc(slices.Clone(now),
		func(admin string) bool { return strings.Contains(admin, functionRole) })
	for _, admin := range more {
		if !slices.Contains(all, admin) {
			all = append(all, admin)
		}
	}
	return all
}

func list(arns []string) string {
	if len(arns) == 0 {
		return "nobody"
	}
	return strings.Join(arns, ", ")
}
