package stack

import (
	"cmp"
	"context"
	"encoding/xml"
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

var rolePattern = regexp.MustCompile(`^arn:aws:iam::[0-9]{12}:role(/|/.*/)([^/]+)$`)

// trustAccount lets whoever the account's own policies let assume a role.
const trustAccount = `{"Version":"2012-10-17","Statement":[{"Sid":"AccountDecides","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`

// administrator lets a role do everything: who deploys makes roles and policies, so it could give itself whatever it lacks.
const administrator = `{"Version":"2012-10-17","Statement":[{"Sid":"Administer","Effect":"Allow","Action":["*"],"Resource":["*"]}]}`

const (
	DeployerARN = running.DeployerARN
	rolesARN    = "arn:aws:iam::123456789012:role/"
)

// defaultDeployer is the role that deploys where the options name none, with a path as that of many pipelines.
var defaultDeployer = strings.TrimPrefix(DeployerARN, rolesARN)

// newDeployers makes the roles that deploy, and the first of them the one that does. An account has them before the platform comes, and keeps them.
func (p *Platform) newDeployers(ctx context.Context) error {
	if len(p.options.Deployers) == 0 {
		p.options.Deployers = []string{defaultDeployer}
	}
	for _, name := range p.options.Deployers {
		folder, role := path.Split("/" + name)
		if err := p.newRole(ctx, folder, role); err != nil {
			return fmt.Errorf("deployer %s: %w", name, err)
		}
		if _, err := p.call(ctx, "iam", url.Values{
			"Action": {"PutRolePolicy"}, "Version": {iamVersion}, "RoleName": {role}, "PolicyName": {"administrator"}, "PolicyDocument": {administrator},
		}); err != nil {
			return fmt.Errorf("deployer %s: %w", name, err)
		}
	}
	p.deployer = p.options.Deployers[0]
	return nil
}

// DeployAs makes another of the options' deployers the one that deploys.
func (p *Platform) DeployAs(name string) error {
	if !slices.Contains(p.options.Deployers, name) {
		return fmt.Errorf("%s is none of the deployers %v", name, p.options.Deployers)
	}
	p.deployer = name
	return nil
}

// deployerEnvironment is Environment with the credentials of who deploys instead of the account's own, which an endpoint of others takes.
func (p *Platform) deployerEnvironment(ctx context.Context) (map[string]string, error) {
	if p.Foreign() {
		return p.Environment(), nil
	}
	name := cmp.Or(p.deployer, defaultDeployer)
	text, err := p.call(ctx, "sts", url.Values{
		"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {rolesARN + name}, "RoleSessionName": {"local"},
	})
	if err != nil {
		return nil, fmt.Errorf("deployer %s: %w", name, err)
	}
	var answer struct {
		Credentials struct{ AccessKeyId, SecretAccessKey, SessionToken string } `xml:"AssumeRoleResult>Credentials"`
	}
	if err := xml.Unmarshal(text, &answer); err != nil {
		return nil, fmt.Errorf("deployer %s: %w", name, err)
	}
	env := p.Environment()
	env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"] = answer.Credentials.AccessKeyId, answer.Credentials.SecretAccessKey
	env["AWS_SESSION_TOKEN"] = answer.Credentials.SessionToken
	return env, nil
}

// MakePeople makes the roles of people, who can do nothing yet, where they are not there. An account has them before the platform comes, and keeps
// them.
func (p *Platform) MakePeople(ctx context.Context) error {
	for _, arn := range p.options.People {
		match := rolePattern.FindStringSubmatch(arn)
		if match == nil {
			return fmt.Errorf("people: %q is not the ARN of a role", arn)
		}
		if err := p.newRole(ctx, match[1], match[2]); err != nil && !strings.Contains(err.Error(), "EntityAlreadyExists") {
			return fmt.Errorf("people: %s: %w", arn, err)
		}
	}
	return nil
}

const iamVersion = "2010-05-08"

func (p *Platform) newRole(ctx context.Context, path, name string) error {
	_, err := p.call(ctx, "iam", url.Values{
		"Action": {"CreateRole"}, "Version": {iamVersion}, "Path": {path}, "RoleName": {name}, "AssumeRolePolicyDocument": {trustAccount},
	})
	return err
}

// call calls a service by its form, as the account's administrator; a client for one call would cost seconds of compiling.
func (p *Platform) call(ctx context.Context, service string, form url.Values) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.Endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// The emulator tells services apart by the scope of the signature, which it does not check.
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=none")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", response.Status, text)
	}
	return text, nil
}
