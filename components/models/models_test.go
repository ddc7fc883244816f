package models_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components/models"
	"dataplatform/internal/pulumitest"
)

func TestGroup(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := models.NewGroup(ctx,
			"recommendations", &models.GroupArgs{GroupName: "shop-recommendations", Description: "Models"})
		return err
	})
	rec.AssertNoOrphans(t)
	group := rec.One(t, "aws:sagemaker/modelPackageGroup:ModelPackageGroup", "recommendations")
	assert.Equal(t, "shop-recommendations", group.String(t, "modelPackageGroupName"))
}

func TestNewGroupRejects(t *testing.T) {
	for _, args := range []*models.GroupArgs{nil, {GroupName: "a"}, {Description: "a"}} {
		rec, err := pulumitest.RunErr(
			func(ctx *pulumi.Context) error { _, err := models.NewGroup(ctx, "g", args); return err },
		)
		require.ErrorContains(t, err, "GroupName and Description are required")
		assert.Empty(t, rec.All())
	}
}
