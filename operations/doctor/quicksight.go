package doctor

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// QuickSight asks its API itself: the SDK's package for it takes minutes to compile, for one question.
type QuickSight struct {
	Config aws.Config
	Client *http.Client
}

// Subscription is DescribeAccountSubscription of the QuickSight API.
func (q QuickSight) Subscription(ctx context.Context, account string) (status, edition string, err error) {
	base := "https://quicksight." + q.Config.Region + "." + domain(q.Config.Region)
	if q.Config.BaseEndpoint != nil {
		base = *q.Config.BaseEndpoint
	}
	text, err := ask(ctx, q.Client, q.Config,
		asked{
			service: "quicksight", region: q.Config.Region, method: http.MethodGet, url: base + "/account/" + account,
		})
	if err != nil {
		return "", "", err
	}
	var answer struct {
		AccountInfo struct{ AccountSubscriptionStatus, Edition string }
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return "", "", err
	}
	return answer.AccountInfo.AccountSubscriptionStatus, answer.AccountInfo.Edition, nil
}
