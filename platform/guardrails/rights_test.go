package guardrails

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/platform/preview"
)

// TestOrderWithEverythingOn: Redshift and QuickSight act with roles, too, and no stack of the project has them.
func TestOrderWithEverythingOn(t *testing.T) {
	settings, err := preview.EverythingOn(root)
	require.NoError(t, err)
	rec, err := preview.RecordSettings(root, preview.Everything, settings)
	require.NoError(t, err)
	g := Graph{Stack: preview.Everything, Resources: rec.All()}
	for _, control := range []Control{rightsFirst, nothingHasty} {
		assert.Empty(t, control.Check(g), control.Name)
	}
	for _, m := range []struct{ token, name, dependency string }{
		{"aws:cloudformation/stack:Stack", "reports-dashboard", "reports-grants"},
		{"aws:redshiftserverless/namespace:Namespace", "warehouse-redshift", "warehouse-grants"},
		{"aws:redshiftdata/statement:Statement", "warehouse-redshift-schema", "warehouse-grants"},
		{"aws:sagemaker/featureGroup:FeatureGroup", "products-store", "products-store-grants"},
	} {
		changed := clone(g)
		hurried(m.token, m.name, m.dependency)(t, &changed)
		assert.NotEmpty(t, rightsFirst.Check(changed), "%s %s", m.token, m.name)
	}
}
