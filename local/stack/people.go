package stack

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

var rolePattern = regexp.MustCompile(`^arn:aws:iam::[0-9]{12}:role(/|/.*/)([^/]+)$`)

// trustAccount lets whoever the account's own policies let assume a role.
const trustAccount = `{"Version":"2012-10-17","Statement":[{"Sid":"AccountDecides","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`

// newPeople makes the roles of people, who can do nothing yet. An account has them before the platform comes, and keeps them.
func (p *Platform) newPeople(ctx context.Context) error {
	for _, arn := range p.options.People {
		match := rolePattern.FindStringSubmatch(arn)
		if match == nil {
			return fmt.Errorf("people: %q is not the ARN of a role", arn)
		}
		if err := p.newRole(ctx, match[1], match[2]); err != nil {
			return fmt.Errorf("people: %s: %w", arn, err)
		}
	}
	return nil
}

// newRole calls IAM by its form; a client for one call would cost seconds of compiling.
func (p *Platform) newRole(ctx context.Context, path, name string) error {
	form := url.Values{
		"Action": {"CreateRole"}, "Version": {"2010-05-08"}, "Path": {path}, "RoleName": {name}, "AssumeRolePolicyDocument": {trustAccount},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.Endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// The emulator tells services apart by the scope of the signature, which it does not check.
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=none")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", response.Status, text)
	}
	return nil
}
