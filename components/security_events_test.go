package components_test

import (
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components"
	"dataplatform/internal/pulumitest"
)

func securityEventsArgs() *components.SecurityEventsArgs {
	return &components.SecurityEventsArgs{
		KeyARNs: pulumi.StringArray{pulumi.String(keyARN)}, BucketNames: pulumi.StringArray{pulumi.String("raw-1")},
		EraserARN: pulumi.String("arn:aws:iam::123456789012:role/erase"),
		LakeARN:   pulumi.String("arn:aws:iam::123456789012:role/path/lake"), TopicARN: pulumi.String(topicARN),
		UndeliveredARN: pulumi.String("arn:aws:sqs:eu-west-1:123456789012:undelivered"),
	}
}

func securityEvents(t *testing.T, args *components.SecurityEventsArgs) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := components.NewSecurityEvents(ctx, "security", args)
		return err
	})
}

func TestSecurityEventsTellWhoTookProtectionAway(t *testing.T) {
	rec := securityEvents(t, securityEventsArgs())
	rec.AssertNoOrphans(t)
	detail := func(noun string) map[string]any {
		var pattern struct{ Detail map[string]any }
		rule := rec.One(t, "aws:cloudwatch/eventRule:EventRule", "security-"+noun)
		require.NoError(t, json.Unmarshal([]byte(rule.String(t, "eventPattern")), &pattern))
		target := rec.One(t, "aws:cloudwatch/eventTarget:EventTarget", "security-"+noun+"-target")
		assert.Equal(t, `{"by": <by>, "call": <call>, "kind": <kind>, "time": <time>}`,
			target.String(t, "inputTransformer.inputTemplate"), "names, and nothing of what was asked")
		rec.One(t, alarmToken, "security-"+noun)
		return pattern.Detail
	}
	anybodyBut := func(role string) map[string]any {
		sessions := "arn:aws:sts::123456789012:assumed-role/" + role + "/"
		return map[string]any{"arn": []any{map[string]any{"anything-but": map[string]any{"prefix": sessions}}}}
	}
	assert.Equal(t, map[string]any{"ARN": []any{keyARN}}, detail("keys")["resources"])
	assert.Contains(t, detail("keys")["eventName"], "PutKeyPolicy")
	assert.Contains(t, detail("trails")["eventName"], "StopLogging")
	assert.Contains(t, detail("lake")["eventName"], "PutDataLakeSettings")
	assert.Equal(t, anybodyBut("lake"), detail("lake")["userIdentity"], "deployments change them by the function")
	versions := detail("versions")
	assert.Equal(t, map[string]any{
		"bucketName": []any{"raw-1"}, "versionId": []any{map[string]any{"exists": true}},
	}, versions["requestParameters"])
	assert.Equal(t, anybodyBut("erase"), versions["userIdentity"], "erasures delete versions")
}

func TestSecurityEventsOfAStackWithoutLakeAndTrail(t *testing.T) {
	args := securityEventsArgs()
	args.LakeARN, args.BucketNames, args.EraserARN = nil, nil, nil
	var names []string
	for _, rule := range securityEvents(t, args).OfType("aws:cloudwatch/eventRule:EventRule") {
		names = append(names, rule.Name)
	}
	assert.ElementsMatch(t, []string{"security-keys", "security-trails"}, names)
}
