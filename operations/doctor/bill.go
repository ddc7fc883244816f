package doctor

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Bill says what the account's bill is divided by.
type Bill interface {
	// Tags are those of the keys that the bill has seen, each with whether it is active as a cost allocation tag.
	Tags(ctx context.Context, keys ...string) (map[string]bool, error)
}

// costTag is the one that a stack's costs are known by.
const costTag = "stack"

// CostExplorer asks its API itself, as QuickSight does.
type CostExplorer struct {
	Config aws.Config
	Client *http.Client
}

// Tags asks with ListCostAllocationTags of the Cost Explorer API, whose only endpoint is in one region. A page has 100.
func (c CostExplorer) Tags(ctx context.Context, keys ...string) (map[string]bool, error) {
	url := "https://ce." + organizationsRegion + ".amazonaws.com/"
	if c.Config.BaseEndpoint != nil {
		url = *c.Config.BaseEndpoint + "/"
	}
	body, err := json.Marshal(map[string]any{"TagKeys": keys})
	if err != nil {
		return nil, err
	}
	text, err := ask(ctx, c.Client, c.Config, asked{
		service: "ce", region: organizationsRegion, method: http.MethodPost, url: url, body: string(body),
		header: map[string]string{
			"Content-Type": "application/x-amz-json-1.1",
			"X-Amz-Target": "AWSInsightsIndexService.ListCostAllocationTags",
		},
	})
	if err != nil {
		return nil, err
	}
	var answer struct {
		CostAllocationTags []struct{ TagKey, Status string }
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, err
	}
	tags := map[string]bool{}
	for _, tag := range answer.CostAllocationTags {
		tags[tag.TagKey] = tag.Status == "Active"
	}
	return tags, nil
}

// anomalies asks who pays: a monitor of a cost allocation tag can be made in the management account only (AWS Cost
// Management User Guide, "Getting started with AWS Cost Anomaly Detection").
func (a *Account) anomalies(ctx context.Context, stack, account string) Check {
	const name = "cost anomalies"
	payer, err := a.Payers.Payer(ctx, account)
	switch {
	case err != nil:
		return unread(name, err)
	case payer != account:
		return Check{name, Fail, "the bill is paid by " + payer + ", and only there a tag's costs can be watched",
			"set cost.anomalyUsd to 0 in Pulumi." + stack + ".yaml, and make the monitor there"}
	}
	tags, err := a.Bill.Tags(ctx, costTag)
	switch {
	case err != nil:
		return unreadBill(name, err)
	case !tags[costTag]:
		return Check{name, Fail,
			"the tag " + costTag + " is not active for the bill, so its costs cannot be watched yet",
			"deploy with cost.anomalyUsd 0 in Pulumi." + stack +
				".yaml, set cost.allocationTags a day later, and then cost.anomalyUsd"}
	}
	return ok(name, "the account pays its bill itself, which the tag %s is active for", costTag)
}

// allocation asks whether the bill knows the tags that the stack makes active: AWS refuses one that it has not seen on
// a resource, which takes a day (AWS Billing User Guide, "Activating user-defined cost allocation tags").
func (a *Account) allocation(ctx context.Context, needs Needs, account string) Check {
	const name = "cost allocation tags"
	remedy := "set cost.allocationTags to false in Pulumi." + needs.Stack + ".yaml"
	payer, err := a.Payers.Payer(ctx, account)
	switch {
	case err != nil:
		return unread(name, err)
	case payer != account:
		return Check{name, Fail, "the bill is paid by " + payer + ", which alone makes tags active",
			remedy + ", and make them active there"}
	}
	tags, err := a.Bill.Tags(ctx, needs.AllocationTags...)
	if err != nil {
		return unreadBill(name, err)
	}
	var unseen []string
	for _, key := range needs.AllocationTags {
		if _, seen := tags[key]; !seen {
			unseen = append(unseen, key)
		}
	}
	if len(unseen) > 0 {
		return Check{name, Fail, "the bill has not seen " + strings.Join(unseen, ", ") + " yet",
			remedy + ", deploy, and set it a day later"}
	}
	return ok(name, "the bill has seen %s", strings.Join(needs.AllocationTags, ", "))
}

func unreadBill(name string, err error) Check {
	return Check{name, Warn, "the bill's tags cannot be read: " + brief(err),
		"switch Cost Explorer on; its first answer takes a day"}
}
