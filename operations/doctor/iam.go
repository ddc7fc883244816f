package doctor

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"dataplatform/governance"
)

// Identities says what managed policies and roles an account has.
type Identities interface {
	// PolicyTags are the tags of a managed policy; exists is false when there is none of this ARN.
	PolicyTags(ctx context.Context, arn string) (tags map[string]string, exists bool, err error)
	// RoleARN is that of a role, with its path.
	RoleARN(ctx context.Context, name string) (string, error)
}

// deployer is the ARN of who deploys, a role's with its path, which its session does not show: where no administrators
// are named the deployment makes one of it.
func (a *Account) deployer(ctx context.Context, needs Needs, caller string) (string, Report) {
	const name = "who deploys"
	session, isSession := governance.SessionRole(caller)
	if !isSession || needs.Lake == nil {
		return caller, nil
	}
	role, err := a.Identities.RoleARN(ctx, session)
	switch {
	case err == nil:
		return role, Report{ok(name, "%s", role)}
	case len(needs.Lake.Admins) > 0:
		return caller, nil // the deployment does not read it either
	}
	return caller, Report{{name, Fail,
		"the role " + session + " cannot be read, and its session does not show its path: " + brief(err),
		"allow it iam:GetRole on itself, or name it in governance.admins in Pulumi." + needs.Stack + ".yaml"}}
}

// goneAdmins looks for administrators of the lake whose roles were deleted: Lake Formation then refuses whatever
// settings are put, and so a deployment that adds one.
func (a *Account) goneAdmins(ctx context.Context, admins []string) Report {
	var report Report
	for _, admin := range admins {
		name, err := governance.RoleName(admin)
		if err != nil { // a user
			continue
		}
		found, err := a.Identities.RoleARN(ctx, name)
		gone := err != nil && strings.Contains(err.Error(), "NoSuchEntity")
		if gone || err == nil && found != admin {
			report = append(report, Check{"Lake Formation", Fail, admin +
				" administers the lake and is no role any more: no settings can be put beside it",
				"take it out with aws lakeformation put-data-lake-settings"})
		}
	}
	return report
}

// policies looks for managed policies that are called as the stack's will be. IAM is one for all regions: a stack of
// the same prefix in another region has them.
func (a *Account) policies(ctx context.Context, needs Needs, where arn.ARN, own bool) Report {
	const kind = "managed policy"
	var report Report
	for _, name := range needs.Policies {
		tags, exists, err := a.Identities.PolicyTags(ctx,
			"arn:"+where.Partition+":iam::"+where.AccountID+":policy/"+name)
		switch ours := tags["project"] == projectTag && tags["stack"] == needs.Stack; {
		case err != nil:
			report = append(report, unread(kind, err))
		case !exists:
			report = append(report, ok(kind, "%s is free", name))
		case !ours:
			report = append(report, Check{
				kind, Fail, name + " exists and is not this stack's: IAM is one for all regions",
				"choose another prefix in Pulumi." + needs.Stack + ".yaml",
			})
		case !own:
			report = append(report, Check{kind, Warn,
				name + " is a stack's of this name, which has no database in " + needs.Region,
				"if that one is in another region, choose another prefix in Pulumi." + needs.Stack +
					".yaml; a deployment that stopped half way goes on"})
		default:
			report = append(report, ok(kind, "%s is this stack's", name))
		}
	}
	return report
}

// IAM asks its API itself, as QuickSight does.
type IAM struct {
	Config aws.Config
	Client *http.Client
}

// iamEndpoint is the one endpoint that the partition of a region has, and the region that requests to it are signed for
// (AWS General Reference, "AWS Identity and Access Management endpoints and quotas").
func iamEndpoint(region string) (url, signed string) {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "https://iam.cn-north-1.amazonaws.com.cn/", "cn-north-1"
	case strings.HasPrefix(region, "us-gov-"):
		return "https://iam.us-gov.amazonaws.com/", "us-gov-west-1"
	}
	return "https://iam.amazonaws.com/", "us-east-1"
}

// ask makes a call of IAM and decodes its answer.
func (i IAM) ask(ctx context.Context, form url.Values, answer any) error {
	endpoint, region := iamEndpoint(i.Config.Region)
	if i.Config.BaseEndpoint != nil {
		endpoint = *i.Config.BaseEndpoint + "/"
	}
	form.Set("Version", "2010-05-08")
	text, err := ask(ctx, i.Client, i.Config, asked{
		service: "iam", region: region, method: http.MethodPost, url: endpoint, body: form.Encode(),
		header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
	})
	if err != nil {
		return err
	}
	return xml.Unmarshal(text, answer)
}

// RoleARN reads it with GetRole.
func (i IAM) RoleARN(ctx context.Context, name string) (string, error) {
	var answer struct {
		ARN string `xml:"GetRoleResult>Role>Arn"`
	}
	err := i.ask(ctx, url.Values{"Action": {"GetRole"}, "RoleName": {name}}, &answer)
	return answer.ARN, err
}

// PolicyTags reads them with GetPolicy.
func (i IAM) PolicyTags(ctx context.Context, policy string) (tags map[string]string, exists bool, err error) {
	var answer struct {
		Tags []struct {
			Key, Value string
		} `xml:"GetPolicyResult>Policy>Tags>member"`
	}
	if err := i.ask(ctx, url.Values{"Action": {"GetPolicy"}, "PolicyArn": {policy}}, &answer); err != nil {
		if strings.Contains(err.Error(), "NoSuchEntity") {
			return nil, false, nil
		}
		return nil, false, err
	}
	tags = map[string]string{}
	for _, tag := range answer.Tags {
		tags[tag.Key] = tag.Value
	}
	return tags, true, nil
}
