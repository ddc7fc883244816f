package platform

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
)

// foundation is what all parts stand on: keys, the alarms' topic, and the buckets of the layers.
type foundation struct {
	environment
	storage
	keys   keys
	alarms *components.Alarms
	trail  *components.Trail // nil where the stack records no data events
}

func newFoundation(ctx *pulumi.Context, p plan) (foundation, error) {
	environment, err := newEnvironment(ctx, p)
	if err != nil {
		return foundation{}, fmt.Errorf("provider: %w", err)
	}
	keys, err := newKeys(ctx, environment)
	if err != nil {
		return foundation{}, fmt.Errorf("keys: %w", err)
	}
	alarms, err := newAlarms(ctx, environment, keys)
	if err != nil {
		return foundation{}, fmt.Errorf("alarms: %w", err)
	}
	if err := newBudgets(ctx, environment, alarms); err != nil {
		return foundation{}, fmt.Errorf("budgets: %w", err)
	}
	storage, err := newStorage(ctx, environment, keys)
	if err != nil {
		return foundation{}, fmt.Errorf("storage: %w", err)
	}
	trail, err := newAudit(ctx, environment, storage)
	if err != nil {
		return foundation{}, fmt.Errorf("audit: %w", err)
	}
	return foundation{environment, storage, keys, alarms, trail}, nil
}

// newAlarms makes the topic that alarms and failures go to.
func newAlarms(ctx *pulumi.Context, e environment, k keys) (*components.Alarms, error) {
	return components.NewAlarms(ctx, "alarms", &components.AlarmsArgs{
		KMSKeyARN: k.operations.ARN, AccountID: e.where.account, Emails: e.settings.Alarms.Emails,
		Publishers: costPublishers(e.settings.Cost),
	}, e.part("operations"))
}

// functionBuild is what all functions share.
func (f foundation) functionBuild() components.FunctionBuild {
	return components.FunctionBuild{
		ArchiveDirectory: f.settings.FunctionsDirectory(), Architecture: f.settings.FunctionArchitecture(),
		AccountID: f.where.account, LogRetentionDays: f.settings.LogRetentionDays, LogKeyARN: f.keys.operations.ARN,
		TopicARN: f.alarms.TopicARN, CodeSigningARN: f.settings.CodeSigning,
	}
}
