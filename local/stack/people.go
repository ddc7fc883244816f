package stack

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"dataplatform/internal/running"
)

var (
	rolePattern  = regexp.MustCompile(`^arn:aws:iam::[0-9]{12}:role(/|/.*/)([^/]+)$`)
	groupPattern = regexp.MustCompile(`^arn:aws:quicksight:[a-z0-9-]+:([0-9]{12}):group/([^/]+)/([^/]+)$`)
)

// trust lets whoever an account's own policies let assume a role.
const trust = `{"Version":"2012-10-17","Statement":[{"Sid":"AccountDecides","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%s:root"},"Action":"sts:AssumeRole"}]}`

// administrator lets a role do everything: who deploys makes roles and policies, so it could give itself whatever it
// lacks.
const administrator = `{"Version":"2012-10-17","Statement":[{"Sid":"Administer","Effect":"Allow","Action":["*"],"Resource":["*"]}]}`

const (
	DeployerARN = running.DeployerARN
	ownAccount  = "123456789012"
	stsVersion  = "2011-06-15"
)

func roleARN(account, name string) string { return "arn:aws:iam::" + account + ":role/" + name }

// defaultDeployer is the role that deploys where the options name none, with a path as that of many pipelines.
var defaultDeployer = strings.TrimPrefix(DeployerARN, roleARN(ownAccount, ""))

// newDeployers makes the roles that deploy, where they are not there, and the first of them the one that does. An
// account has them before the platform comes, and keeps them.
func (p *Platform) newDeployers(ctx context.Context, account string) error {
	if len(p.options.Deployers) == 0 {
		p.options.Deployers = []string{defaultDeployer}
	}
	for _, name := range p.options.Deployers {
		folder, role := path.Split("/" + name)
		if err := p.newRole(ctx, account, folder, role); err != nil {
			return fmt.Errorf("deployer %s: %w", name, err)
		}
		if err := p.Allow(ctx, role, "administrator", administrator); err != nil {
			return fmt.Errorf("deployer %s: %w", name, err)
		}
	}
	p.deployer = roleARN(account, p.options.Deployers[0])
	return nil
}

// Allow gives a role a policy of its own, as who administers the account does.
func (p *Platform) Allow(ctx context.Context, role, policy, document string) error {
	_, err := p.call(ctx, "iam", url.Values{
		"Action": {"PutRolePolicy"}, "Version": {iamVersion}, "RoleName": {role}, "PolicyName": {policy},
		"PolicyDocument": {document},
	})
	return err
}

// DeployAs makes another of the options' deployers the one that deploys.
func (p *Platform) DeployAs(name string) error {
	if !slices.Contains(p.options.Deployers, name) {
		return fmt.Errorf("%s is none of the deployers %v", name, p.options.Deployers)
	}
	p.deployer = roleARN(ownAccount, name)
	return nil
}

// Admit makes at an endpoint of others who an account has before the platform comes: the roles that the settings name,
// and the one that deploys. For the endpoint's own credentials are nobody's there, or its root's, and neither can be
// granted anything. Where it has no such role, they deploy all the same, and the log says so.
func (p *Platform) Admit(ctx context.Context) error {
	if err := p.makePeople(ctx); err != nil {
		return err
	}
	caller, err := p.caller(ctx)
	if err == nil {
		err = p.newDeployers(ctx, caller)
	}
	if err == nil {
		_, err = p.deployerEnvironment(ctx)
	}
	if err != nil {
		p.deployer = ""
		p.logf("no role can deploy to %s, so its own credentials do: %s", p.Endpoint,
			strings.Join(strings.Fields(err.Error()), " "))
	}
	return ctx.Err()
}

// caller is the account of the endpoint's own credentials.
func (p *Platform) caller(ctx context.Context) (string, error) {
	var answer struct {
		Account string `xml:"GetCallerIdentityResult>Account"`
	}
	if err := p.askSTS(ctx, &answer, url.Values{"Action": {"GetCallerIdentity"}, "Version": {stsVersion}}); err != nil {
		return "", fmt.Errorf("who calls: %w", err)
	}
	if answer.Account == "" {
		return "", errors.New("who calls: the answer names no account")
	}
	return answer.Account, nil
}

// deployerEnvironment is Environment with the credentials of the role that deploys, if there is one, instead of the
// account's own.
func (p *Platform) deployerEnvironment(ctx context.Context) (map[string]string, error) {
	env := p.Environment()
	if p.deployer == "" {
		return env, nil
	}
	var answer struct {
		Credentials struct{ AccessKeyId, SecretAccessKey, SessionToken string } `xml:"AssumeRoleResult>Credentials"`
	}
	if err := p.askSTS(ctx, &answer, url.Values{
		"Action": {"AssumeRole"}, "Version": {stsVersion}, "RoleArn": {p.deployer}, "RoleSessionName": {"local"},
	}); err != nil {
		return nil, fmt.Errorf("deployer %s: %w", p.deployer, err)
	}
	env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"] = answer.Credentials.AccessKeyId,
		answer.Credentials.SecretAccessKey
	env["AWS_SESSION_TOKEN"] = answer.Credentials.SessionToken
	return env, nil
}

// askSTS calls STS and reads its answer.
func (p *Platform) askSTS(ctx context.Context, answer any, form url.Values) error {
	text, err := p.call(ctx, "sts", form)
	if err != nil {
		return err
	}
	return xml.Unmarshal(text, answer)
}

// makePeople makes the roles of people, who can do nothing yet, and QuickSight's groups of them, where they are not
// there. An account has them before the platform comes, and keeps them.
func (p *Platform) makePeople(ctx context.Context) error {
	for _, arn := range p.options.People {
		if match := groupPattern.FindStringSubmatch(arn); match != nil {
			if err := p.newGroup(ctx, match[1], match[2], match[3]); err != nil {
				return fmt.Errorf("people: %s: %w", arn, err)
			}
			continue
		}
		match := rolePattern.FindStringSubmatch(arn)
		if match == nil {
			return fmt.Errorf("people: %q is not the ARN of a role or of a group of QuickSight", arn)
		}
		if err := p.newRole(ctx, ownAccount, match[1], match[2]); err != nil {
			return fmt.Errorf("people: %s: %w", arn, err)
		}
	}
	return nil
}

const iamVersion = "2010-05-08"

// newRole makes a role that those of the account may assume, unless it is there.
func (p *Platform) newRole(ctx context.Context, account, path, name string) error {
	_, err := p.call(ctx, "iam", url.Values{
		"Action": {"CreateRole"}, "Version": {iamVersion}, "Path": {path}, "RoleName": {name},
		"AssumeRolePolicyDocument": {fmt.Sprintf(trust, account)},
	})
	if err != nil && strings.Contains(err.Error(), "EntityAlreadyExists") {
		return nil
	}
	return err
}

// newGroup makes a group of QuickSight, unless it is there.
func (p *Platform) newGroup(ctx context.Context, account, namespace, name string) error {
	body, err := json.Marshal(map[string]string{"GroupName": name})
	if err != nil {
		return err
	}
	_, err = p.send(ctx, "quicksight", "/accounts/"+account+"/namespaces/"+namespace+"/groups",
		"application/json", string(body))
	if err != nil && strings.Contains(err.Error(), "ResourceExists") {
		return nil
	}
	return err
}

// call calls a service by its form, as the account's administrator; a client for one call would cost seconds of
// compiling.
func (p *Platform) call(ctx context.Context, service string, form url.Values) ([]byte, error) {
	return p.send(ctx, service, "", "application/x-www-form-urlencoded", form.Encode())
}

func (p *Platform) send(ctx context.Context, service, path, kind, body string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.Endpoint+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", kind)
	// An emulator tells services apart by the scope of the signature, which it does not check.
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/"+region+"/"+service+
		"/aws4_request, SignedHeaders=host, Signature=none")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode/100 != 2 {
		return nil, fmt.Errorf("%s: %s", response.Status, text)
	}
	return text, nil
}
