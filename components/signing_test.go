package components_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"dataplatform/components"
	"dataplatform/internal/pulumitest"
)

func TestFunctionsTakeSignedArchivesOnly(t *testing.T) {
	const signing = "arn:aws:lambda:eu-west-1:123456789012:code-signing-config:csc-0123456789abcdef0"
	for _, given := range []string{signing, ""} {
		rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
			args := functionArgs()
			args.CodeSigningARN = given
			_, err := components.NewFunction(ctx, "clicks", args)
			return err
		})
		found, _ := rec.One(t, functionToken, "clicks").Value("codeSigningConfigArn").(string)
		assert.Equal(t, given, found, "where the stack says whose")
	}
}
