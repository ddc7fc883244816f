package components_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components"
	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
	"dataplatform/policies"
)

var trailRefs = policies.TrailRefs{
	ARN: "arn:aws:cloudtrail:eu-west-1:123456789012:trail/shop-data", Account: graph.Account,
}

func runTrail(t *testing.T, retain bool) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		raw, err := newLayer(ctx, "raw", retain, lifecycle)
		if err != nil {
			return err
		}
		audit, err := components.NewLayer(ctx, "audit", &components.LayerArgs{
			KMSKeyARN: pulumi.String(rawKeyARN), Retain: retain, Lifecycle: lifecycle, Trail: trailRefs,
		})
		if err != nil {
			return err
		}
		_, err = components.NewTrail(ctx, "audit", &components.TrailArgs{
			TrailName: "shop-data", Bucket: audit, Watched: []*components.Layer{raw}, Retain: retain,
		})
		return err
	})
}

func TestTrailRecordsTheObjectsOfItsLayers(t *testing.T) {
	rec := runTrail(t, true)
	rec.AssertNoOrphans(t)
	rec.AssertUniqueNames(t)
	trail := rec.One(t, "aws:cloudtrail/trail:Trail", "audit")
	assert.Equal(t, "shop-data", trail.String(t, "name"))
	assert.Equal(t, rawKeyARN, trail.String(t, "kmsKeyId"))
	assert.True(t, trail.True("enableLogFileValidation"))
	assert.Equal(t, []any{map[string]any{"name": "Objects of the lake", "fieldSelectors": []any{
		map[string]any{"field": "eventCategory", "equals": []any{"Data"}},
		map[string]any{"field": "resources.type", "equals": []any{"AWS::S3::Object"}},
		map[string]any{"field": "resources.ARN", "startsWiths": []any{"arn:aws:s3:::raw/"}},
	}}}, trail.Value("advancedEventSelectors"))
	assert.True(t, trail.RetainOnDelete && trail.Protect,
		"what is kept stays watched, and in the state: its name is taken")
	disposable := runTrail(t, false).One(t, "aws:cloudtrail/trail:Trail", "audit")
	assert.False(t, disposable.RetainOnDelete || disposable.Protect)
	// CloudTrail tries the bucket when the trail is made.
	assert.True(t, trail.WaitsFor(rec.One(t, policyToken, "audit-policy")))

	document, err := policies.Parse(rec.One(t, policyToken, "audit-policy").String(t, "policy"))
	require.NoError(t, err)
	_, ok := document.Find("TrailWritesEvents")
	assert.True(t, ok)
	document, err = policies.Parse(rec.One(t, policyToken, "raw-policy").String(t, "policy"))
	require.NoError(t, err)
	_, ok = document.Find("TrailWritesEvents")
	assert.False(t, ok)
}

func TestNewTrailRejects(t *testing.T) {
	raw, audit := &components.Layer{}, &components.Layer{}
	for want, args := range map[string]*components.TrailArgs{
		"args are required":             nil,
		"TrailName is required":         {Bucket: audit, Watched: []*components.Layer{raw}},
		"Bucket is required":            {TrailName: "t", Watched: []*components.Layer{raw}},
		"Watched is required":           {TrailName: "t", Bucket: audit},
		"Watched must not hold Bucket:": {TrailName: "t", Bucket: audit, Watched: []*components.Layer{audit}},
	} {
		rec, err := pulumitest.RunErr(
			func(ctx *pulumi.Context) error { _, err := components.NewTrail(ctx, "t", args); return err },
		)
		require.ErrorContains(t, err, want)
		assert.Empty(t, rec.All())
	}
}
