package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/contracts"
	"dataplatform/contracts/released"
)

// DeployOther is Deploy with other contracts than are built into the program.
func DeployOther(set *contracts.Set) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		plan, err := newPlan(ctx, released.Files)
		if err != nil {
			return err
		}
		plan.contracts = set
		_, err = plan.compose(ctx)
		return err
	}
}
