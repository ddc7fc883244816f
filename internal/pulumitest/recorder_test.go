package pulumitest_test

import (
	"errors"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
)

const bucketType = "aws:s3/bucketV2:BucketV2"

type bucket struct {
	pulumi.CustomResourceState
	Arn pulumi.StringOutput `pulumi:"arn"`
}

type group struct{ pulumi.ResourceState }

func newBucket(ctx *pulumi.Context, name string, inputs pulumi.Map, opts ...pulumi.ResourceOption) (*bucket, error) {
	b := &bucket{}
	return b, ctx.RegisterResource(bucketType, name, inputs, b, opts...)
}

func TestRecordsWhatAProgramRegisters(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		parent := &group{}
		if err := ctx.RegisterComponentResourceV2("dataplatform:test:Group",
			"group", pulumi.Map{"retain": pulumi.Bool(true)}, parent); err != nil {
			return err
		}
		first, err := newBucket(ctx, "first", pulumi.Map{
			"rules":  pulumi.Array{pulumi.Map{"prefix": pulumi.String("a/")}},
			"secret": pulumi.ToSecret(pulumi.String("hidden")),
			"policy": pulumi.String(`{"Version":"2012-10-17"}`),
		}, pulumi.Parent(parent), pulumi.Protect(true), pulumi.RetainOnDelete(true),
			pulumi.IgnoreChanges([]string{"rules"}))
		if err != nil {
			return err
		}
		if _, err := newBucket(ctx, "second", pulumi.Map{"target": first.Arn}, pulumi.Parent(parent)); err != nil {
			return err
		}
		return pulumitest.Observe(ctx, "outputs", pulumi.Map{"arn": first.Arn})
	})
	first, second := rec.One(t, bucketType, "first"), rec.One(t, bucketType, "second")
	parent := rec.One(t, "dataplatform:test:Group", "group")

	assert.True(t, first.Protect && first.RetainOnDelete && first.Custom)
	assert.Equal(t, []string{"rules"}, first.IgnoreChanges)
	assert.Equal(t, parent.URN, first.Parent)
	assert.Equal(t, "a/", first.String(t, "rules[0].prefix"))
	assert.Equal(t, "hidden", first.String(t, "secret"))
	assert.False(t, first.Has("rules[1]"))
	assert.Nil(t, first.Value("nothing.here"))
	var policy struct{ Version string }
	first.DecodeJSON(t, "policy", &policy)
	assert.Equal(t, "2012-10-17", policy.Version)

	assert.False(t, second.Protect)
	assert.True(t, second.WaitsFor(first))
	assert.False(t, first.WaitsFor(second))
	assert.Equal(t, "arn:aws:s3:::first", second.String(t, "target"))
	assert.Equal(t, "arn:aws:s3:::first", rec.Observed(t, "outputs").String(t, "arn"))

	assert.False(t, parent.Custom)
	assert.True(t, parent.TopLevel())
	assert.True(t, parent.True("retain"))
	assert.Len(t, rec.Children(parent), 2)
	rec.AssertNoOrphans(t)
	rec.AssertUniqueNames(t)
}

func TestRefuses(t *testing.T) {
	tests := map[string]struct {
		give pulumi.RunFunc
		want string
	}{
		"an invoke nobody answers": {
			give: func(ctx *pulumi.Context) error {
				var result struct{}
				return ctx.Invoke("aws:ec2/getVpc:getVpc", nil, &result)
			},
			want: "unknown invoke aws:ec2/getVpc:getVpc",
		},
		"two resources with one URN": {
			give: func(ctx *pulumi.Context) error {
				if _, err := newBucket(ctx, "same", pulumi.Map{}); err != nil {
					return err
				}
				_, err := newBucket(ctx, "same", pulumi.Map{})
				return err
			},
			want: "duplicate resource",
		},
		"an error of the program": {
			give: func(*pulumi.Context) error { return errors.New("broken") },
			want: "broken",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := pulumitest.RunErr(tt.give)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestAnswersInvokes(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		var identity struct {
			AccountID string `pulumi:"accountId"`
		}
		if err := ctx.Invoke("aws:index/getCallerIdentity:getCallerIdentity", nil, &identity); err != nil {
			return err
		}
		var zones struct {
			Names []string `pulumi:"names"`
		}
		if err := ctx.Invoke("aws:index/getAvailabilityZones:getAvailabilityZones", nil, &zones); err != nil {
			return err
		}
		return pulumitest.Observe(ctx,
			"answers", pulumi.Map{"account": pulumi.String(identity.AccountID), "zone": pulumi.String(zones.Names[0])})
	}, graph.WithInvoke("aws:index/getAvailabilityZones:getAvailabilityZones",
		func(resource.PropertyMap) (resource.PropertyMap, error) {
			return resource.NewPropertyMapFromMap(map[string]any{"names": []any{"eu-west-1a"}}), nil
		}))
	answers := rec.Observed(t, "answers")
	assert.Equal(t, graph.Account, answers.String(t, "account"))
	assert.Equal(t, "eu-west-1a", answers.String(t, "zone"))
	assert.Len(t, rec.Invokes(), 2)
}

func TestWithStackAndConfig(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		value, _ := ctx.GetConfig("dataplatform:region")
		return pulumitest.Observe(ctx,
			"seen", pulumi.Map{"stack": pulumi.String(ctx.Stack()), "region": pulumi.String(value)})
	}, graph.WithStack("prod"), graph.WithConfig(map[string]string{"dataplatform:region": "eu-north-1"}))
	assert.Equal(t, "prod", rec.Observed(t, "seen").String(t, "stack"))
	assert.Equal(t, "eu-north-1", rec.Observed(t, "seen").String(t, "region"))
}

// collector is a testing.TB that only notes failures, to test the assertions themselves.
type collector struct {
	testing.TB
	failed bool
}

func (c *collector) Helper()               {}
func (c *collector) Errorf(string, ...any) { c.failed = true }

func TestAssertionsFail(t *testing.T) {
	tests := map[string]struct {
		program pulumi.RunFunc
		check   func(*pulumitest.Recorder, testing.TB)
	}{
		"a bucket on the stack is an orphan": {
			program: func(ctx *pulumi.Context) error { _, err := newBucket(ctx, "b", pulumi.Map{}); return err },
			check:   func(rec *pulumitest.Recorder, tb testing.TB) { rec.AssertNoOrphans(tb) },
		},
		"the default provider is not the one provider": {
			program: func(ctx *pulumi.Context) error { _, err := newBucket(ctx, "b", pulumi.Map{}); return err },
			check:   func(rec *pulumitest.Recorder, tb testing.TB) { rec.AssertOneProvider(tb, "aws") },
		},
		"one name under two parents": {
			program: func(ctx *pulumi.Context) error {
				parent := &group{}
				if err := ctx.RegisterComponentResourceV2("dataplatform:test:Group", "g", nil, parent); err != nil {
					return err
				}
				if _, err := newBucket(ctx, "b", pulumi.Map{}); err != nil {
					return err
				}
				_, err := newBucket(ctx, "b", pulumi.Map{}, pulumi.Parent(parent))
				return err
			},
			check: func(rec *pulumitest.Recorder, tb testing.TB) { rec.AssertUniqueNames(tb) },
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tb := &collector{TB: t}
			tt.check(pulumitest.Run(t, tt.program), tb)
			assert.True(t, tb.failed)
		})
	}
}

func TestRemoteComponents(t *testing.T) {
	program := func(ctx *pulumi.Context) error {
		return ctx.RegisterRemoteComponentResource("other:index:Thing", "thing", pulumi.Map{"size": pulumi.Int(1)},
			&group{})
	}
	rec := pulumitest.Run(t, program,
		graph.WithOutputs("other:index:Thing", func(inputs resource.PropertyMap) (resource.PropertyMap, error) {
			return inputs, nil
		}))
	assert.True(t, rec.One(t, "other:index:Thing", "thing").Remote)
	_, err := pulumitest.RunErr(program)
	require.ErrorContains(t, err, "unknown remote component other:index:Thing")
}

func TestRecordsWhatOthersWereGiven(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		b, err := newBucket(ctx, "first", pulumi.Map{})
		if err != nil {
			return err
		}
		return pulumitest.Observe(ctx, "given", pulumi.Map{"id": b.ID(), "arn": b.Arn})
	})
	given, outputs := rec.Observed(t, "given"), rec.One(t, bucketType, "first").Outputs
	assert.Equal(t, given.String(t, "id"), outputs["id"].StringValue())
	assert.Equal(t, given.String(t, "arn"), outputs["arn"].StringValue())
}
