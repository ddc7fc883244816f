package platform

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/platform/settings"
	"dataplatform/policies"
)

// stored are the stack's encrypted buckets, in the order data flows.
func (p plan) stored() []string {
	names := slices.Concat([]string{settings.LayerLanding}, p.contracts.Layers(),
		[]string{settings.LayerArtifacts, settings.LayerDiscarded})
	if p.settings.Audit.DataEvents {
		names = append(names, settings.LayerAudit)
	}
	return names
}

// trail is the trail whose events a layer holds; none for all but the audit's.
func (e environment) trail(layer string) policies.TrailRefs {
	if layer != settings.LayerAudit {
		return policies.TrailRefs{}
	}
	return policies.TrailRefs{ARN: e.arn("cloudtrail", "trail/"+e.trailName()), Account: e.where.account}
}

func (p plan) trailName() string { return p.settings.Prefix + "-data" }

// newAudit records who touches the objects of every bucket but its own: those with personal data, what follows from
// them, and the code and books beside them.
func newAudit(ctx *pulumi.Context, e environment, s storage) (*components.Trail, error) {
	if !e.settings.Audit.DataEvents {
		return nil, nil
	}
	var watched []*components.Layer
	for _, name := range e.stored() {
		if name != settings.LayerAudit {
			watched = append(watched, s.layers[name])
		}
	}
	return components.NewTrail(ctx, settings.LayerAudit, &components.TrailArgs{
		TrailName: e.trailName(), Bucket: s.layers[settings.LayerAudit], Watched: watched, Retain: e.retain(),
	}, e.part("storage"))
}

// storage are the buckets: the layers by name, and the one for access logs.
type storage struct {
	layers map[string]*components.Layer
	logs   *components.Logs
}

func newStorage(ctx *pulumi.Context, e environment, k keys) (storage, error) {
	layers := map[string]*components.Layer{}
	var all []*components.Layer
	for _, name := range e.stored() {
		ages := lifecycle(e.settings.Storage.Layer(name))
		maps.Copy(ages.ExpireAfterDays, e.expiries(name))
		layer, err := components.NewLayer(ctx, name, &components.LayerArgs{
			KMSKeyARN: k.layers[name].ARN, Retain: e.retain(), Lifecycle: ages, Trail: e.trail(name),
			Organization: e.settings.Governance.Organization,
		}, e.part("storage"))
		if err != nil {
			return storage{}, err
		}
		layers[name], all = layer, append(all, layer)
	}
	logs, err := components.NewLogs(ctx, settings.LayerLogs, &components.LogsArgs{
		AccountID: e.where.account, Layers: all, Retain: e.retain(), Lifecycle: lifecycle(e.settings.Storage.Logs),
	}, e.part("storage"))
	if err != nil {
		return storage{}, err
	}
	return storage{layers, logs}, nil
}

// lifecycle is what becomes of a layer's objects.
func lifecycle(l settings.Layer) components.Lifecycle {
	return components.Lifecycle{
		GlacierAfterDays: l.GlacierAfterDays, DeepArchiveAfterDays: l.DeepArchiveAfterDays,
		ArchiveAccessAfterDays: l.ArchiveAccessAfterDays, DeepArchiveAccessAfterDays: l.DeepArchiveAccessAfterDays,
		ExpireAfterDays: map[string]int{"": l.ExpireAfterDays}, NoncurrentDays: l.NoncurrentDays,
	}
}
