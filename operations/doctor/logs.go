package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Logs is what is read of CloudWatch Logs.
type Logs interface {
	// LogPolicies are the account's resource policies for its log groups: documents by name.
	LogPolicies(ctx context.Context) (map[string]string, error)
	// LogGroups are those whose names begin so: after how many days their events end, 0 for never.
	LogGroups(ctx context.Context, prefix string) (map[string]int, error)
}

// sharedLogs looks at the log groups that everybody in the account and region writes to whose services have no other
// place: no stack can own them, and where nobody gave them a retention they never end.
func (a *Account) sharedLogs(ctx context.Context, needs Needs) Report {
	var report Report
	for _, group := range needs.SharedLogs {
		const name = "shared log group"
		groups, err := a.Logs.LogGroups(ctx, group)
		days, exists := groups[group]
		switch remedy := "aws logs put-retention-policy --retention-in-days 90 --log-group-name " + group; {
		case err != nil:
			report = append(report, unread(name, err))
		case !exists:
			report = append(report, Check{
				name, Warn, group + " will be made by the first who writes to it, and never end",
				"make it now: aws logs create-log-group --log-group-name " + group + " && " + remedy,
			})
		case days == 0:
			report = append(report, Check{name, Warn, group + " never ends", remedy})
		default:
			report = append(report, ok(name, "%s ends after %d days", group, days))
		}
	}
	return report
}

// CloudWatchLogs asks its API itself, as QuickSight does.
type CloudWatchLogs struct {
	Config aws.Config
	Client *http.Client
}

// LogPolicies reads them with DescribeResourcePolicies.
func (l CloudWatchLogs) LogPolicies(ctx context.Context) (map[string]string, error) {
	documents := map[string]string{}
	err := l.pages(ctx, "DescribeResourcePolicies", map[string]any{}, func(page page) {
		for _, policy := range page.ResourcePolicies {
			documents[policy.PolicyName] = policy.PolicyDocument
		}
	})
	return documents, err
}

// LogGroups reads them with DescribeLogGroups.
func (l CloudWatchLogs) LogGroups(ctx context.Context, prefix string) (map[string]int, error) {
	groups := map[string]int{}
	err := l.pages(ctx, "DescribeLogGroups", map[string]any{"logGroupNamePrefix": prefix}, func(page page) {
		for _, group := range page.LogGroups {
			groups[group.LogGroupName] = group.RetentionInDays
		}
	})
	return groups, err
}

// page is one of the answers to either question.
type page struct {
	ResourcePolicies []struct {
		PolicyName     string `json:"policyName"`
		PolicyDocument string `json:"policyDocument"`
	} `json:"resourcePolicies"`
	LogGroups []struct {
		LogGroupName    string `json:"logGroupName"`
		RetentionInDays int    `json:"retentionInDays"`
	} `json:"logGroups"`
	NextToken string `json:"nextToken"`
}

// pages asks until there is no further page.
func (l CloudWatchLogs) pages(ctx context.Context, operation string, question map[string]any, each func(page)) error {
	url := fmt.Sprintf("https://logs.%s.%s/", l.Config.Region, domain(l.Config.Region))
	if l.Config.BaseEndpoint != nil {
		url = *l.Config.BaseEndpoint + "/"
	}
	for {
		body, err := json.Marshal(question)
		if err != nil {
			return err
		}
		text, err := ask(ctx, l.Client, l.Config, asked{
			service: "logs", region: l.Config.Region, method: http.MethodPost, url: url, body: string(body),
			header: map[string]string{
				"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Logs_20140328." + operation,
			},
		})
		if err != nil {
			return err
		}
		var answer page
		if err := json.Unmarshal(text, &answer); err != nil {
			return err
		}
		each(answer)
		if answer.NextToken == "" {
			return nil
		}
		question["nextToken"] = answer.NextToken
	}
}
