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
	// ActiveTag says whether a tag is active as a cost allocation tag.
	ActiveTag(ctx context.Context, key string) (bool, error)
}

// costTag is the one that a stack's costs are known by.
const costTag = "stack"

// CostExplorer asks its API itself, as QuickSight does.
type CostExplorer struct {
	Config aws.Config
	Client *http.Client
}

// ActiveTag asks with ListCostAllocationTags of the Cost Explorer API, whose only endpoint is in one region.
func (c CostExplorer) ActiveTag(ctx context.Context, key string) (bool, error) {
	url := "https://ce." + organizationsRegion + ".amazonaws.com/"
	if c.Config.BaseEndpoint != nil {
		url = *c.Config.BaseEndpoint + "/"
	}
	body, err := json.Marshal(map[string]any{"TagKeys": []string{key}, "Status": "Active"})
	if err != nil {
		return false, err
	}
	text, err := ask(ctx, c.Client, c.Config, asked{
		service: "ce", region: organizationsRegion, method: http.MethodPost, url: url, body: string(body),
		header: map[string]string{
			"Content-Type": "application/x-amz-json-1.1",
			"X-Amz-Target": "AWSInsightsIndexService.ListCostAllocationTags",
		},
	})
	if err != nil {
		return false, err
	}
	var answer struct {
		CostAllocationTags []struct{ TagKey string }
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return false, err
	}
	return len(answer.CostAllocationTags) > 0, nil
}

// Organizations asks its API itself, as QuickSight does.
type Organizations struct {
	Config aws.Config
	Client *http.Client
}

// organizationsRegion is where the commercial partition's only endpoint is (AWS General Reference, "AWS Organizations
// endpoints and quotas").
const organizationsRegion = "us-east-1"

// Payer is the management account of the account's organization, and the account itself when it is in none:
// DescribeOrganization of the Organizations API, which every member may call.
func (o Organizations) Payer(ctx context.Context, account string) (string, error) {
	url := "https://organizations." + organizationsRegion + ".amazonaws.com/"
	if o.Config.BaseEndpoint != nil {
		url = *o.Config.BaseEndpoint + "/"
	}
	text, err := ask(ctx, o.Client, o.Config, asked{
		service: "organizations", region: organizationsRegion, method: http.MethodPost, url: url, body: "{}",
		header: map[string]string{
			"Content-Type": "application/x-amz-json-1.1",
			"X-Amz-Target": "AWSOrganizationsV20161128.DescribeOrganization",
		},
	})
	if err != nil {
		if strings.Contains(err.Error(), "AWSOrganizationsNotInUseException") {
			return account, nil
		}
		return "", err
	}
	var answer struct {
		Organization struct {
			MasterAccountID string `json:"MasterAccountId"`
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return "", err
	}
	return answer.Organization.MasterAccountID, nil
}
