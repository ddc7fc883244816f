package doctor

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

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
