package doctor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// QuickSight asks its API itself: the SDK's package for it takes minutes to compile, for one question.
type QuickSight struct {
	Config aws.Config
	Client *http.Client
}

// Subscription is DescribeAccountSubscription of the QuickSight API.
func (q QuickSight) Subscription(ctx context.Context, account string) (status, edition string, err error) {
	base := "https://quicksight." + q.Config.Region + ".amazonaws.com"
	if q.Config.BaseEndpoint != nil {
		base = *q.Config.BaseEndpoint
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/account/"+account, nil)
	if err != nil {
		return "", "", err
	}
	credentials, err := q.Config.Credentials.Retrieve(ctx)
	if err != nil {
		return "", "", err
	}
	empty := sha256.Sum256(nil)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(empty[:]), "quicksight", q.Config.Region, time.Now()); err != nil {
		return "", "", err
	}
	response, err := q.Client.Do(request)
	if err != nil {
		return "", "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return "", "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", "", fmt.Errorf("%s: %s", response.Status, text)
	}
	var answer struct {
		AccountInfo struct{ AccountSubscriptionStatus, Edition string }
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return "", "", err
	}
	return answer.AccountInfo.AccountSubscriptionStatus, answer.AccountInfo.Edition, nil
}
