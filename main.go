// Command dataplatform is the Pulumi program of the data platform.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/platform"
)

func main() { pulumi.Run(platform.Deploy) }
