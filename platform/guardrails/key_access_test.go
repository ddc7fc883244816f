package guardrails

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"dataplatform/internal/graph"
	"dataplatform/policies"
)

// usedKeys are the keys that roles can decrypt with, through the services that hold what they encrypt; encrypting needs
// nothing less. A star is a dataset, so that a new one needs no line here.
var usedKeys = map[string][]string{
	"assets-function":      {"artifacts", "operations", "processed", "raw"},
	"assets-source":        {"raw"},
	"catalog-encryption":   {"catalog-encryption"},
	"clickstream-function": {"artifacts", "discarded", "processed", "raw"},
	"clickstream-producer": nil,
	"discovery":            {"raw"},
	"governance-function":  {"artifacts"},
	"governance-reader":    {"curated", "processed", "raw"},
	"landing-function":     {"artifacts", "landing", "operations", "raw"},
	"landing-producer":     {"landing"},
	"tables":               {"artifacts", "curated", "processed"},
	"schemas-function":     nil,
	"tables-function":      nil,
	"maintain":             {"artifacts", "curated", "processed"},
	"erase":                {"artifacts", "curated", "discarded", "landing", "processed", "raw"},
	"export":               {"artifacts", "curated", "discarded", "landing", "processed", "raw"},
	"export-machine":       nil,
	"maintain-daily":       {"operations"},
	"*-process":            {"artifacts", "processed", "raw"},
	"*-curate":             {"artifacts", "curated", "processed", "raw"},
	"*-pipeline":           {"artifacts", "operations"},
	"erase-machine":        nil,
	"*-hourly":             {"operations"},

	"features":  {"artifacts", "features", "processed"},
	"recommend": {"artifacts", "curated", "features"},
	"*-store":   {"features"},

	"recommendations-execution": {"artifacts", "features"},
	"recommendations-function":  {"artifacts", "features"},
	"recommendations-machine":   {"operations"},
	"recommendations-weekly":    {"operations"},
}

// usedWithFeatures are the roles that work on all layers with tables, those of recommendations too where there are any.
var usedWithFeatures = []string{"erase", "export", "governance-reader", "maintain", "tables"}

func TestEachRoleUsesTheKeysOfItsOwnLayers(t *testing.T) {
	forEachGraph(t, func(t *testing.T, g Graph, roles map[string]role) {
		for name, r := range roles {
			want := expected(t, usedKeys, name)
			if g.Stack == recommendations && slices.Contains(usedWithFeatures, name) {
				want = append(slices.Clone(want), "features")
			}
			var got []string
			for _, key := range g.Of(keyToken) {
				arn := key.Outputs["arn"].StringValue()
				if slices.ContainsFunc([]string{"s3", "kinesis", "dynamodb", "sqs", "sns", ""},
					func(service string) bool {
						return g.may(t, r, "kms:Decrypt", arn, through(service)) == policies.Allowed
					}) {
					got = append(got, key.Name)
				}
			}
			assert.ElementsMatch(t, want, got, name)
		}
	})
}

// through is the context of a call of KMS that a service makes for a role; "" is the role's own call.
func through(service string) map[string]string {
	context := map[string]string{"kms:CallerAccount": graph.Account}
	if service != "" {
		context["kms:ViaService"] = service + "." + graph.Region + ".amazonaws.com"
	}
	return context
}

// TestNobodyUsesAKeyHimself: keys are used through the services only, but for the role that is Glue's own.
func TestNobodyUsesAKeyHimself(t *testing.T) {
	forEachGraph(t, func(t *testing.T, g Graph, roles map[string]role) {
		for name, r := range roles {
			for _, key := range g.Of(keyToken) {
				want := policies.NotAllowed
				if name == "catalog-encryption" && key.Name == name {
					want = policies.Allowed
				}
				assert.Equal(t, want, g.may(t, r, "kms:Decrypt", key.Outputs["arn"].StringValue(), through("")),
					"%s with %s", name, key.Name)
			}
		}
	})
}
