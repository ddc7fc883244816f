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

const (
	bucketToken     = "aws:s3/bucketV2:BucketV2"
	lifecycleToken  = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
	tieringToken    = "aws:s3/bucketIntelligentTieringConfiguration:BucketIntelligentTieringConfiguration"
	policyToken     = "aws:s3/bucketPolicy:BucketPolicy"
	encryptionToken = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
	loggingToken    = "aws:s3/bucketLoggingV2:BucketLoggingV2"
	rawKeyARN       = "arn:aws:kms:eu-west-1:123456789012:key/raw"
)

var lifecycle = components.Lifecycle{NoncurrentDays: 30}

func newLayer(ctx *pulumi.Context, name string, retain bool, a components.Lifecycle) (*components.Layer, error) {
	return components.NewLayer(ctx, name,
		&components.LayerArgs{KMSKeyARN: pulumi.String(rawKeyARN), Retain: retain, Lifecycle: a})
}

func runLayer(t *testing.T, retain bool, a components.Lifecycle) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		layer, err := newLayer(ctx, "raw", retain, a)
		if err != nil {
			return err
		}
		return pulumitest.Observe(ctx,
			"layer", pulumi.Map{"arn": layer.BucketARN, "name": layer.BucketName, "key": layer.KMSKeyARN})
	})
}

func TestLayersStayWithinAnOrganization(t *testing.T) {
	for trail, own := range map[policies.TrailRefs]policies.Document{
		{}: policies.LayerBucket("arn:aws:s3:::raw", rawKeyARN),
		{Account: "123456789012", ARN: "a"}: policies.AuditBucket("arn:aws:s3:::raw",
			policies.TrailRefs{Account: "123456789012", ARN: "a"}),
	} {
		rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
			_, err := components.NewLayer(ctx, "raw", &components.LayerArgs{
				KMSKeyARN: pulumi.String(rawKeyARN), Lifecycle: lifecycle, Trail: trail, Organization: "o-a1b2c3d4e5",
			})
			return err
		})
		document, err := policies.Parse(rec.One(t, policyToken, "raw-policy").String(t, "policy"))
		require.NoError(t, err)
		assert.Equal(t, append(own.Statement, policies.WithinOrganization("arn:aws:s3:::raw", "o-a1b2c3d4e5")...),
			document.Statement)
	}
}

func TestLayerIsPrivateEncryptedAndVersioned(t *testing.T) {
	rec := runLayer(t, false, lifecycle)
	rec.AssertNoOrphans(t)
	rec.AssertUniqueNames(t)

	encryption := rec.One(t, encryptionToken, "raw-encryption")
	assert.Equal(t, "aws:kms", encryption.String(t, "rules[0].applyServerSideEncryptionByDefault.sseAlgorithm"))
	assert.Equal(t, rawKeyARN, encryption.String(t, "rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId"))
	assert.True(t, encryption.True("rules[0].bucketKeyEnabled"))

	block := rec.One(t, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "raw-public-access")
	for _, setting := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls",
		"restrictPublicBuckets"} {
		assert.True(t, block.True(setting), setting)
	}
	assert.Equal(t, "BucketOwnerEnforced", rec.One(t, "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
		"raw-ownership").String(t, "rule.objectOwnership"))
	assert.Equal(t, "Enabled", rec.One(t, "aws:s3/bucketVersioningV2:BucketVersioningV2", "raw-versioning").String(t,
		"versioningConfiguration.status"))

	policy := rec.One(t, policyToken, "raw-policy")
	document, err := policies.Parse(policy.String(t, "policy"))
	require.NoError(t, err)
	assert.Equal(t, policies.LayerBucket("arn:aws:s3:::raw", rawKeyARN).Statement, document.Statement)
	assert.True(t, policy.WaitsFor(block), "S3 refuses two changes of a bucket's access at once")

	seen := rec.Observed(t, "layer")
	assert.Equal(t, "arn:aws:s3:::raw", seen.String(t, "arn"))
	assert.Equal(t, "raw", seen.String(t, "name"))
	assert.Equal(t, rawKeyARN, seen.String(t, "key"))
}

func TestRetainKeepsDataWithItsProtection(t *testing.T) {
	for _, retain := range []bool{true, false} {
		rec := runLayer(t, retain, lifecycle)
		b := rec.One(t, bucketToken, "raw")
		assert.Equal(t, retain, b.Protect)
		assert.Equal(t, !retain, b.True("forceDestroy"))
		for _, r := range rec.All() {
			if r.Custom {
				assert.Equal(t, retain, r.RetainOnDelete, "%s %s", r.Type, r.Name)
			}
		}
	}
}

func TestLifecycle(t *testing.T) {
	rec := runLayer(t, false, components.Lifecycle{
		GlacierAfterDays: 365, DeepArchiveAfterDays: 730, ArchiveAccessAfterDays: 90, DeepArchiveAccessAfterDays: 180,
		ExpireAfterDays: map[string]int{"": 4000, "athena-results/": 3650, "kept/": 0}, NoncurrentDays: 30,
	})
	assert.Equal(t, []any{
		map[string]any{
			"id": "clean", "status": "Enabled", "filter": map[string]any{"prefix": ""},
			"noncurrentVersionExpiration":    map[string]any{"noncurrentDays": 30.0},
			"abortIncompleteMultipartUpload": map[string]any{"daysAfterInitiation": 7.0},
			"expiration":                     map[string]any{"expiredObjectDeleteMarker": true},
		},
		map[string]any{"id": "archive", "status": "Enabled", "filter": map[string]any{
			"prefix": "",
		}, "transitions": []any{
			map[string]any{"days": 365.0, "storageClass": "GLACIER"},
			map[string]any{"days": 730.0, "storageClass": "DEEP_ARCHIVE"},
		}},
		map[string]any{
			"id": "expire", "status": "Enabled", "filter": map[string]any{"prefix": ""},
			"expiration": map[string]any{"days": 4000.0},
		},
		map[string]any{
			"id": "expire-athena-results", "status": "Enabled", "filter": map[string]any{"prefix": "athena-results/"},
			"expiration": map[string]any{"days": 3650.0},
		},
	}, rec.One(t, lifecycleToken, "raw-lifecycle").Value("rules"))
	assert.Equal(t, []any{
		map[string]any{"accessTier": "ARCHIVE_ACCESS", "days": 90.0},
		map[string]any{"accessTier": "DEEP_ARCHIVE_ACCESS", "days": 180.0},
	}, rec.One(t, tieringToken, "raw-tiering").Value("tierings"))

	short := runLayer(t, false, components.Lifecycle{
		GlacierAfterDays: 365, ExpireAfterDays: map[string]int{"raw/": 20, "same/": 365, "after/": 455},
		NoncurrentDays: 30,
	})
	rules, ok := short.One(t, lifecycleToken, "raw-lifecycle").Value("rules").([]any)
	require.True(t, ok)
	assert.Equal(t, map[string]any{
		"id": "expire-raw", "status": "Enabled", "filter": map[string]any{"prefix": "raw/"},
		"expiration":                  map[string]any{"days": 20.0},
		"noncurrentVersionExpiration": map[string]any{"noncurrentDays": 20.0},
	}, rules[3], "an old version does not outlive its dataset's retention")
	assert.NotContains(t, rules[4], "noncurrentVersionExpiration")

	plain := runLayer(t, false, lifecycle)
	assert.Empty(t, plain.OfType(tieringToken))
	assert.Len(t, plain.One(t, lifecycleToken, "raw-lifecycle").Value("rules"), 1)
}

func TestNewLayerRejects(t *testing.T) {
	key := pulumi.String(rawKeyARN)
	with := func(a components.Lifecycle) *components.LayerArgs {
		if a.NoncurrentDays == 0 {
			a.NoncurrentDays = 30
		}
		return &components.LayerArgs{KMSKeyARN: key, Lifecycle: a}
	}
	tests := map[string]struct {
		give *components.LayerArgs
		want string
	}{
		"nothing":             {nil, "args are required"},
		"no key":              {&components.LayerArgs{Lifecycle: lifecycle}, "KMSKeyARN is required"},
		"no non-current days": {&components.LayerArgs{KMSKeyARN: key}, "NoncurrentDays 0: want at least 1"},
		"deep archive first": {with(components.Lifecycle{GlacierAfterDays: 30, DeepArchiveAfterDays: 30}),
			"want more than GlacierAfterDays 30"},
		"negative": {with(components.Lifecycle{GlacierAfterDays: -1}),
			"GlacierAfterDays -1: want 0 or more"},
		"archive access too early": {with(components.Lifecycle{ArchiveAccessAfterDays: 89}), "want 0 or 90 to 730"},
		"deep access too early": {with(components.Lifecycle{DeepArchiveAccessAfterDays: 179}),
			"want 0 or 180 to 730"},
		"deep access before archive": {
			with(components.Lifecycle{ArchiveAccessAfterDays: 200, DeepArchiveAccessAfterDays: 190}),
			"want more than ArchiveAccessAfterDays 200",
		},
		"expiry before the move": {
			with(components.Lifecycle{GlacierAfterDays: 30, ExpireAfterDays: map[string]int{"": 30}}),
			"want more than the 30 days of the last move",
		},
		"expiry in Glacier": {
			with(components.Lifecycle{GlacierAfterDays: 30, ExpireAfterDays: map[string]int{"a/": 119}}),
			"want at least 90 days in GLACIER, which bills them anyway, after the move on day 30",
		},
		"expiry in deep archive": {
			with(components.Lifecycle{DeepArchiveAfterDays: 30, ExpireAfterDays: map[string]int{"": 209}}),
			"want at least 180 days in DEEP_ARCHIVE",
		},
		"negative expiry": {with(components.Lifecycle{ExpireAfterDays: map[string]int{"a/": -2}}),
			`ExpireAfterDays["a/"] -2`},
		"prefix with a slash": {with(components.Lifecycle{ExpireAfterDays: map[string]int{"/a": 2}}),
			"keys start without a slash"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rejects(t, tt.want, func(ctx *pulumi.Context) error {
				_, err := components.NewLayer(ctx, "raw", tt.give)
				return err
			})
		})
	}
}

// rejects runs a program that has to fail before it registers anything.
func rejects(t *testing.T, want string, program pulumi.RunFunc) {
	t.Helper()
	rec, err := pulumitest.RunErr(program)
	require.ErrorContains(t, err, want)
	assert.Empty(t, rec.All(), "registered before the arguments were checked")
}

func runLogs(t *testing.T) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		raw, err := newLayer(ctx, "raw", true, lifecycle)
		if err != nil {
			return err
		}
		curated, err := newLayer(ctx, "curated", false, lifecycle)
		if err != nil {
			return err
		}
		_, err = components.NewLogs(ctx, "logs", &components.LogsArgs{
			AccountID: graph.Account, Layers: []*components.Layer{raw, curated},
			Lifecycle: components.Lifecycle{NoncurrentDays: 7, ExpireAfterDays: map[string]int{"": 90}},
		})
		return err
	})
}

func TestLogsAdmitsOnlyTheLoggingServiceForItsLayers(t *testing.T) {
	rec := runLogs(t)
	rec.AssertNoOrphans(t)
	rec.AssertUniqueNames(t)
	policy := rec.One(t, policyToken, "logs-policy")
	document, err := policies.Parse(policy.String(t, "policy"))
	require.NoError(t, err)
	grant, ok := document.Find("S3WritesAccessLogs")
	require.True(t, ok)
	assert.Equal(t, []string{"arn:aws:s3:::raw", "arn:aws:s3:::curated"}, grant.Condition["ArnLike"]["aws:SourceArn"])
	assert.Equal(t, []string{graph.Account}, grant.Condition["StringEquals"]["aws:SourceAccount"])
	assert.Equal(t, "AES256", rec.One(t, encryptionToken, "logs-encryption").String(t,
		"rules[0].applyServerSideEncryptionByDefault.sseAlgorithm"))
	assert.False(t, rec.One(t, encryptionToken, "logs-encryption").Has("rules[0].bucketKeyEnabled"))
}

func TestEveryLayerIsLoggedAndLogsIsNot(t *testing.T) {
	rec := runLogs(t)
	var logged []string
	for _, r := range rec.OfType(loggingToken) {
		logged = append(logged, r.String(t, "bucket"))
		assert.Equal(t, "logs-id", r.String(t, "targetBucket"))
		assert.Equal(t, r.String(t, "bucket")+"/", r.String(t, "targetPrefix"))
		assert.True(t, r.WaitsFor(rec.One(t, policyToken, "logs-policy")), "S3 refuses a target that does not admit it")
	}
	assert.ElementsMatch(t, []string{"raw", "curated"}, logged)
	assert.True(t, rec.One(t, loggingToken, "logs-raw").RetainOnDelete)
	assert.False(t, rec.One(t, loggingToken, "logs-curated").RetainOnDelete)
}

func TestNewLogsRejects(t *testing.T) {
	tests := map[string]struct {
		give *components.LogsArgs
		want string
	}{
		"nothing":    {nil, "args are required"},
		"no account": {&components.LogsArgs{Lifecycle: lifecycle}, "AccountID is required"},
		"no layers":  {&components.LogsArgs{AccountID: graph.Account, Lifecycle: lifecycle}, "Layers is required"},
		"nil layer": {
			&components.LogsArgs{AccountID: graph.Account, Layers: []*components.Layer{nil}, Lifecycle: lifecycle},
			"Layers is required",
		},
		"no lifecycle": {&components.LogsArgs{AccountID: graph.Account}, "NoncurrentDays 0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rejects(t, tt.want, func(ctx *pulumi.Context) error {
				_, err := components.NewLogs(ctx, "logs", tt.give)
				return err
			})
		})
	}
}

func keyArgs(retain bool) *components.KeyArgs {
	return &components.KeyArgs{Description: "raw layer", Partition: "aws", AccountID: graph.Account,
		Region: graph.Region, Via: []string{"s3"}, Retain: retain}
}

func TestKey(t *testing.T) {
	for retain, window := range map[bool]float64{true: 30, false: 7} {
		rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
			key, err := components.NewKey(ctx, "raw", keyArgs(retain))
			if err != nil {
				return err
			}
			return pulumitest.Observe(ctx, "key", pulumi.Map{"arn": key.ARN})
		})
		rec.AssertNoOrphans(t)
		key := rec.One(t, "aws:kms/key:Key", "raw")
		assert.True(t, key.True("enableKeyRotation"))
		assert.InDelta(t, window, key.Number(t, "deletionWindowInDays"), 0)
		assert.Equal(t, retain, key.Protect)
		assert.Equal(t, retain, key.RetainOnDelete)
		document, err := policies.Parse(key.String(t, "policy"))
		require.NoError(t, err)
		assert.Empty(t, policies.Lint(document))
		alias := rec.One(t, "aws:kms/alias:Alias", "raw-alias")
		assert.Equal(t, "alias/raw-raw-key", alias.String(t, "name"))
		assert.True(t, alias.Protect == retain && alias.RetainOnDelete == retain,
			"it stays where the key stays, and in the state")
		assert.Equal(t, "arn:aws:kms:eu-west-1:123456789012:key/raw-key", rec.Observed(t, "key").String(t, "arn"))
	}
}

func TestNewKeyRejects(t *testing.T) {
	for want, change := range map[string]func(*components.KeyArgs){
		"Description is required": func(a *components.KeyArgs) { a.Description = "" },
		"Partition is required":   func(a *components.KeyArgs) { a.Partition = "" },
		"AccountID is required":   func(a *components.KeyArgs) { a.AccountID = "" },
		"Region is required":      func(a *components.KeyArgs) { a.Region = "" },
		"Via is required":         func(a *components.KeyArgs) { a.Via = nil },
	} {
		args := keyArgs(false)
		change(args)
		rejects(t, want, func(ctx *pulumi.Context) error {
			_, err := components.NewKey(ctx, "raw", args)
			return err
		})
	}
	rejects(t, "args are required", func(ctx *pulumi.Context) error {
		_, err := components.NewKey(ctx, "raw", nil)
		return err
	})
}
