package doctor

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// Policies says what managed policies an account has.
type Policies interface {
	// PolicyTags are the tags of a managed policy; exists is false when there is none of this ARN.
	PolicyTags(ctx context.Context, arn string) (tags map[string]string, exists bool, err error)
}

// policies looks for managed policies that are called as the stack's will be. IAM is one for all regions: a stack of the same prefix in
// another region has them.
func (a *Account) policies(ctx context.Context, needs Needs, where arn.ARN, own bool) Report {
	const kind = "managed policy"
	var report Report
	for _, name := range needs.Policies {
		tags, exists, err := a.Policies.PolicyTags(ctx, "arn:"+where.Partition+":iam::"+where.AccountID+":policy/"+name)
		switch ours := tags["project"] == projectTag && tags["stack"] == needs.Stack; {
		case err != nil:
			report = append(report, unread(kind, err))
		case !exists:
			report = append(report, ok(kind, "%s is free", name))
		case !ours:
			report = append(report, Check{kind, Fail, name + " exists and is not this stack's: IAM is one for all regions", "choose another prefix in Pulumi." + needs.Stack + ".yaml"})
		case !own:
			report = append(report, Check{kind, Warn, name + " is a stack's of this name, which has no database in " + needs.Region,
				"if that one is in another region, choose another prefix in Pulumi." + needs.Stack + ".yaml; a deployment that stopped half way goes on"})
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

// iamEndpoints are the one endpoint that each partition has, and the region that requests to it are signed for (AWS General Reference, "AWS
// Identity and Access Management endpoints and quotas").
var iamEndpoints = map[string]struct{ url, region string }{
	"aws":        {"https://iam.amazonaws.com/", "us-east-1"},
	"aws-cn":     {"https://iam.cn-north-1.amazonaws.com.cn/", "cn-north-1"},
	"aws-us-gov": {"https://iam.us-gov.amazonaws.com/", "us-gov-west-1"},
}

// PolicyTags reads them with GetPolicy.
func (i IAM) PolicyTags(ctx context.Context, policy string) (tags map[string]string, exists bool, err error) {
	endpoint := iamEndpoints[strings.Split(policy, ":")[1]]
	if i.Config.BaseEndpoint != nil {
		endpoint.url = *i.Config.BaseEndpoint + "/"
	}
	text, err := ask(ctx, i.Client, i.Config, asked{
		service: "iam", region: endpoint.region, method: http.MethodPost, url: endpoint.url, header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
		body: url.Values{"Action": {"GetPolicy"}, "Version": {"2010-05-08"}, "PolicyArn": {policy}}.Encode(),
	})
	if err != nil {
		if strings.Contains(err.Error(), "NoSuchEntity") {
			return nil, false, nil
		}
		return nil, false, err
	}
	var answer struct {
		Tags []struct {
			Key, Value string
		} `xml:"GetPolicyResult>Policy>Tags>member"`
	}
	if err := xml.Unmarshal(text, &answer); err != nil {
		return nil, false, err
	}
	tags = map[string]string{}
	for _, tag := range answer.Tags {
		tags[tag.Key] = tag.Value
	}
	return tags, true, nil
}
