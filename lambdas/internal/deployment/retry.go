// Package deployment is what the functions share that are called inside a deployment.
package deployment

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// attempts of one call: with the SDK's pauses, which grow to 20 seconds, up to two minutes.
const attempts = 10

// Retryer tries again what is refused, and what fails with more codes. A deployment calls such a function seconds after
// it made the function's role, and what is changed in IAM does not count everywhere at once (IAM User Guide, "Changes
// that I make are not always immediately visible").
func Retryer(codes ...string) func() aws.Retryer {
	return func() aws.Retryer {
		return retry.AddWithErrorCodes(retry.AddWithMaxAttempts(retry.NewStandard(), attempts),
			append([]string{"AccessDeniedException"}, codes...)...)
	}
}
