// Command lake is the Lambda function that changes of Lake Formation, inside a deployment, what no resource of the
// provider changes rightly. The account's settings: the resource puts them as a whole, so those of others are lost, and
// deletes all of them. What IAMAllowedPrincipals has: no resource takes that back. What administrators are granted: the
// resource takes what they have without a grant for a difference.
package main

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation/types"

	"dataplatform/lambdas/internal/bootstrap"
	"dataplatform/lambdas/internal/deployment"
)

func main() { bootstrap.Start(newHandler, (*Handler).Handle, config.WithRetryer(newRetryer)) }

func newHandler(f *bootstrap.Function) (*Handler, error) {
	leases := f.String("LEASES_TABLE")
	lake := lakeformation.NewFromConfig(f.AWS)
	return &Handler{
		Settings: lake, Grants: lake, Catalog: glue.NewFromConfig(f.AWS),
		Memory: lease{dynamodb.NewFromConfig(f.AWS), leases}, Logger: f.Logger,
	}, nil
}

// retryer tries again, beside what any function of a deployment does, what is too fast for Lake Formation and what it
// does not know yet.
type retryer struct{ aws.Retryer }

func newRetryer() aws.Retryer {
	// Lake Formation throttles at a few changes a second and refuses concurrent ones.
	return retryer{deployment.Retryer("ConcurrentModificationException")()}
}

// IsErrorRetryable implements aws.Retryer. A role that was made seconds ago is no principal yet; the provider waits for
// it in the same way.
func (r retryer) IsErrorRetryable(err error) bool {
	var invalid *types.InvalidInputException
	return r.Retryer.IsErrorRetryable(err) ||
		errors.As(err, &invalid) && strings.Contains(invalid.ErrorMessage(), "Invalid principal")
}
