package settings

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/platform/settings/settingstest"
)

const analystARN = "arn:aws:iam::123456789012:role/people/analyst"

func parsed(t *testing.T, given map[string]any) (Settings, error) {
	t.Helper()
	text, err := json.Marshal(given)
	require.NoError(t, err)
	return Parse(text)
}

func TestSettingsDefaults(t *testing.T) {
	settings, err := parsed(t, settingstest.Valid())
	require.NoError(t, err)
	want := defaults()
	want.Prefix, want.Region, want.Owner, want.CostCentre = "shop_test", "eu-west-1", "data-team", "42"
	assert.Equal(t, want, settings)
	assert.False(t, settings.DisposableData, "a stack that says nothing keeps its data")
	assert.Empty(t, settings.Endpoint)

	changed, err := parsed(t,
		settingstest.With(settingstest.Valid(), map[string]any{"storage.raw.glacierAfterDays": 100}))
	require.NoError(t, err)
	assert.Equal(t, want.Storage.Raw.DeepArchiveAfterDays, changed.Storage.Raw.DeepArchiveAfterDays,
		"a key's neighbours keep their defaults")
}

func TestPartitionsBeginWithWhatMayHaveCome(t *testing.T) {
	settings, err := parsed(t, settingstest.With(settingstest.Valid(), map[string]any{
		"catalog.goLive": "2026-03-01", "clickstream.latenessHours": 25,
	}))
	require.NoError(t, err)
	assert.Equal(t, contracts.Since{Arrivals: "2026-03-01", Events: "2026-02-27"}, settings.Since(),
		"a click that came in the first hour may be of two days before")
}

func TestSettingsAtTheirBounds(t *testing.T) {
	for name, values := range map[string]map[string]any{
		"longest retention":        {"clickstream.retentionHours": 8760, "clickstream.maxRecordAgeSeconds": 604800},
		"shortest retention":       {"clickstream.retentionHours": 24, "clickstream.maxRecordAgeSeconds": 86399},
		"no window":                {"clickstream.batchWindowSeconds": 0},
		"longest window":           {"clickstream.batchWindowSeconds": 60},
		"provisioned":              {"clickstream.mode": "provisioned", "clickstream.shards": 1},
		"archived as soon as paid": {"storage.raw.glacierAfterDays": 1, "storage.raw.deepArchiveAfterDays": 91},
		"deep archive only":        {"storage.raw.glacierAfterDays": 0, "storage.raw.deepArchiveAfterDays": 1},
		"access tiers": {
			"storage.raw.archiveAccessAfterDays": 90, "storage.raw.deepArchiveAccessAfterDays": 180,
		},
		"one chunk at a time": {"jobs.maxConcurrentRuns": 2, "pipelines.backfillConcurrency": 1},
		"no bad row allowed":  {"pipelines.quarantineLimit": 0},
		"smallest scan":       {"analytics.scanLimitBytes": 10000000},
		"largest network":     {"network.cidr": "10.0.0.0/16"},
		"ungoverned":          {"governance.enabled": false},
		"rows of a country": {
			"governance.countryAnalysts": []any{map[string]any{"role": analystARN, "countries": []any{"GB"}}},
		},
		"a collector": {
			"collector.enabled": true, "collector.origins": []any{"https://a.example:8443", "http://localhost:8080"},
			"collector.writeKeys": []any{map[string]any{"sha256": strings.Repeat("0", 64), "server": true}},
		},
		"host with an endpoint": {"architecture": "host", "endpoint": "http://127.0.0.1:5000"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parsed(t, settingstest.With(settingstest.Valid(), values))
			assert.NoError(t, err)
		})
	}
}

func TestSettingsRefuse(t *testing.T) {
	for _, tt := range []struct {
		key  string
		give any
		want string
	}{
		{"prefix", "shop_", `prefix: "shop_" is not allowed: want each _ between letters or digits`},
		{"prefix", "shop__dev", `prefix: "shop__dev" is not allowed`},
		{"prefix", "Shop-1", `prefix: "Shop-1" is not allowed: want 2 to 30 of a-z, 0-9 and _, starting with a letter`},
		{"region", "europe", `region: "europe" is not allowed`},
		{"owner", "", `owner: "" is not allowed`},
		{"recommendations.featureGroup", true,
			"recommendations.featureGroup: true is not allowed: want false unless recommendations.enabled"},
		{"recommendations.scheduleDay", "Sunday", "want one of SUN MON TUE WED THU FRI SAT"},
		{"recommendations.scheduleHour", 24, "recommendations.scheduleHour: 24 is not allowed"},
		{"recommendations.holdoutDays", 0, "recommendations.holdoutDays: 0 is not allowed"},
		{"recommendations.minCustomers", 0, "recommendations.minCustomers: 0 is not allowed"},
		{"recommendations.toleratedFall", 1, "recommendations.toleratedFall: 1 is not allowed: want a share"},
		{"recommendations.driftShare", 0, "recommendations.driftShare: 0 is not allowed"},
		{"recommendations.training.instanceType", "m5.large", "want a SageMaker instance type such as ml.m5.xlarge"},
		{"recommendations.training.volumeGb", 0, "recommendations.training.volumeGb: 0 is not allowed"},
		{"recommendations.training.timeoutMinutes", 0, "recommendations.training.timeoutMinutes: 0 is not allowed"},
		{"recommendations.endpoint.memoryMb", 1500, "want one of 1024 2048 3072"},
		{"recommendations.endpoint.maxConcurrency", 0, "recommendations.endpoint.maxConcurrency: 0 is not allowed"},
		{"recommendations.endpoint.instances", 1, "0 without an instanceType"},
		{"recommendations.endpoint.capturePercent", 10, "serverless endpoints capture nothing"},
		{"recommendations.endpoint.instanceType", "ml.c5.large",
			"recommendations.endpoint.instances: 0 is not allowed"},
		{"recommendations.endpoint.latencyMilliseconds", 0,
			"recommendations.endpoint.latencyMilliseconds: 0 is not allowed"},
		{"storage.features.noncurrentDays", 0, "storage.features.noncurrentDays: 0 is not allowed"},
		{"costCentre", strings.Repeat("x", 257), "want 1 to 256"},
		{"endpoint", "127.0.0.1:5000", "want empty, or a URL"},
		{"endpoint", "http://127.0.0.1:5000/path", "want empty, or a URL"},
		{"buildDirectory", "", "buildDirectory"},
		{"scriptsDirectory", "", "scriptsDirectory"},
		{"architecture", "x86_64", `architecture: "x86_64" is not allowed: want one of arm64 amd64 host`},
		{"architecture", "host", "only with an endpoint"},
		{"logRetentionDays", 31, "logRetentionDays: 31 is not allowed: want one of 1 3 5 7"},
		{"clickstream.mode", "on-demand", "want one of onDemand provisioned"},
		{"clickstream.shards", 2, "0 with mode onDemand"},
		{"collector.enabled", true, "at least one with collector.enabled"},
		{"collector.maxConcurrency", 0, "want 1 to 10000"},
		{"collector.writeKeys", []any{map[string]any{"sha256": "secret"}}, "collector.writeKeys[0].sha256"},
		{"collector.writeKeys", []any{
			map[string]any{"sha256": strings.Repeat("0", 64)}, map[string]any{"sha256": strings.Repeat("0", 64)},
		}, "collector.writeKeys[1].sha256"},
		{"collector.origins", []any{"*"}, "collector.origins[0]"},
		{"collector.origins", []any{"https://www.example.com/"}, "an origin as browsers write it"},
		{"collector.origins", []any{"https://www.example.com:443"}, "an origin as browsers write it"},
		{"collector.origins", []any{"https://WWW.example.com"}, "an origin as browsers write it"},
		{"collector.origins", []any{"http://www.example.com"}, "http only of this machine"},
		{"clickstream.retentionHours", 23, "want 24 to 8760"},
		{"clickstream.retentionHours", 8761, "want 24 to 8760"},
		{"clickstream.batchSize", 10001, "want 1 to 10000"},
		{"clickstream.batchWindowSeconds", 61, "want 0 to 60"},
		{"clickstream.maxRecordAgeSeconds", 72 * 3600, "want 60 to 259199"},
		{"clickstream.maxRecordAgeSeconds", -1, "want 60 to 259199"},
		{"clickstream.latenessHours", 0, "clickstream.latenessHours: 0"},
		{"clickstream.maxEventBytes", 1<<20 + 1, "want 256 to 1048576"},
		{"clickstream.maxExpandedBytes", 1 << 10, "want 1048576 to 67108864"},
		{"landing.maxFileBytes", 0, "landing.maxFileBytes: 0"},
		{"landing.maxExpandedBytes", 1 << 20, "at least landing.maxFileBytes"},
		{"landing.producers", []any{"arn:aws:iam::1:role/x"}, "landing.producers[0]"},
		{"clickstream.producers", []any{"arn:aws:iam::1:role/x"}, "clickstream.producers[0]"},
		{"governance.admins", []any{"arn:aws:iam::123456789012:user/anna"}, "governance.admins[0]"},
		{"governance.analysts", []any{"analyst"},
			`governance.analysts[0]: "analyst" is not allowed: want the ARN of a role`},
		{"governance.analyst", []any{}, "governance.analyst: unknown key"},
		{"governance", map[string]any{"analysts": []any{analystARN}, "engineers": []any{analystARN}},
			"governance.analysts[0]: \"" + analystARN + "\" is not allowed: want a role that no other key names"},
		{"governance", map[string]any{"enabled": false, "analysts": []any{analystARN}},
			"governance.enabled: false is not allowed"},
		{"governance.countryAnalysts", []any{map[string]any{"role": analystARN}},
			"governance.countryAnalysts[0].countries: [] is not allowed: want at least one country"},
		{"governance.countryAnalysts", []any{map[string]any{"role": analystARN, "countries": []any{"GB", "France"}}},
			`governance.countryAnalysts[0].countries[1]: "France"`},
		{"catalog.goLive", "2026", `catalog.goLive: "2026" is not allowed: want a day that has begun`},
		{"catalog.goLive", "9999-01-01", `catalog.goLive: "9999-01-01" is not allowed`},
		{"assets.maxBytes", 1 << 30, "want 1024 to 419430400 (what a function has disk for)"},
		{"assets.maxPixels", 100_000_000, "want 1024 to 49577984 (what a function has memory for)"},
		{"assets.maxSeconds", 151, "want 1 to 150"},
		{"assets.thumbnailSide", 8, "want 16 to 2048"},
		{"assets.sources", []any{"arn:aws:iam::123456789012:user/x"}, "assets.sources[0]"},
		{"jobs.workerType", "Standard", "want one of G.1X"},
		{"jobs.workers", 1, "want 2 to 299"},
		{"jobs.timeoutMinutes", 0, "want 1 to 2880"},
		{"jobs.maxConcurrentRuns", 1, "want 2 to 1000"},
		{"jobs.dedupDays", 0, "jobs.dedupDays: 0"},
		{"pipelines.quarantineLimit", 1.01, "a share from 0 to 1"},
		{"pipelines.backfillConcurrency", 4, "want 1 to 3"},
		{"pipelines.scheduleMinute", 60, "want 0 to 59"},
		{"storage.raw.glacierAfterDays", -1, "storage.raw.glacierAfterDays: -1"},
		{"storage.raw.deepArchiveAfterDays", 400, "want 455 to"},
		{"storage.raw.expireAfterDays", 800, "want 910 to"},
		{"storage.raw.archiveAccessAfterDays", 89, "want 90 to 730"},
		{"storage.raw.deepArchiveAccessAfterDays", 179, "want 180 to 730"},
		{"storage.curated.noncurrentDays", 0, "storage.curated.noncurrentDays: 0"},
		{"analytics.scanLimitBytes", 9999999, "want 10000000 to"},
		{"analytics.resultsExpireAfterDays", 0, "want 1 to 365"},
		{"analytics.quickSight.enabled", true, "analytics.quickSight.viewers: [] is not allowed: want at least one"},
		{"analytics.quickSight.viewers", []any{"anna"}, "the ARN of a group or user"},
		{"analytics.redshift.baseRpu", 12, "want a multiple of 8 from 8 to 512"},
		{"analytics.redshift.maxRpu", 520, "want a multiple of 8 from 8 to 512"},
		{"analytics.redshift.rpuHoursPerDay", 0, "want 1 to"},
		{"alarms.emails", []any{"not an address"}, "alarms.emails[0]"},
		{"cost.monthlyUsd", -1, "cost.monthlyUsd: -1 is not allowed: want 0 to"},
		{"cost.actualPercents", []any{0}, "cost.actualPercents[0]: 0 is not allowed: want 1 to 1000"},
		{"cost", map[string]any{"monthlyUsd": 5, "actualPercents": []any{}, "forecastPercents": []any{}},
			"cost.actualPercents and cost.forecastPercents: 0 is not allowed"},
		{"lineage.endpoint", "http://marquez.example.com", "an https URL without a password"},
		{"lineage.secret", "token", "the ARN of a secret"},
		{"lineage.secret", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:lineage-AbCdEf", "empty without"},
		{"governance.organization", "example.org", "the id of an organization"},
		{"pseudonyms.version", 0, "an erasure looks for"},
		{"pseudonyms.makers", []string{"shop"}, "the ARN of a role"},
		{"lineage.endpoint", "https://user:secret@marquez.example.com", "an https URL without a password"},
		{"codeSigning", "csc-1", "empty, or an ARN such as arn:aws:lambda"},
		{"network.cidr", "10.0.0.0/8", "from /16 to /24"},
		{"network.cidr", "10.40.1.0/16", "private IPv4 block"},
		{"network.cidr", "8.8.0.0/16", "private IPv4 block"},
		// what the decoder refuses
		{"clickstreams", map[string]any{}, "clickstreams: unknown key; allowed are alarms, analytics, architecture"},
		{"clickstream.batchsize", 1, "clickstream.batchsize: unknown key; allowed are batchSize, batchWindowSeconds"},
		{"clickstream.batchSize", "1000", `clickstream.batchSize: "1000" is not allowed: want a whole number`},
		{"clickstream.batchSize", 1.5, "clickstream.batchSize: 1.5 is not allowed: want a whole number"},
		{"clickstream.batchSize", nil, "clickstream.batchSize: null is not allowed: want a whole number"},
		{"catalog", map[string]any{"encrypted": "no"}, `catalog.encrypted: "no" is not allowed: want true or false`},
		{"disposableData", "yes", `disposableData: "yes" is not allowed: want true or false`},
		{"alarms", "nobody", `alarms: "nobody" is not allowed: want an object`},
		{"alarms.emails", "a@example.com", "want a list"},
		{"alarms.emails", []any{1}, "alarms.emails[0]: 1 is not allowed: want text"},
		{"pipelines.quarantineLimit", "some", "want a number"},
	} {
		t.Run(tt.key+" "+tt.want, func(t *testing.T) {
			_, err := parsed(t, settingstest.With(settingstest.Valid(), map[string]any{tt.key: tt.give}))
			require.ErrorContains(t, err, tt.want)
			assert.ErrorContains(t, err, strings.Split(tt.key, ".")[0])
		})
	}
}

func TestRawMayNotExpireBeforeItsContract(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	settings := defaults()
	settings.Storage.Raw = Layer{ExpireAfterDays: 400, NoncurrentDays: 30}
	assert.ErrorContains(t, errors.Join(settings.ContractProblems(set)...),
		"storage.raw.expireAfterDays: 400 is not allowed: want 0 for never, or at least the")
	assert.Empty(t, defaults().ContractProblems(set))
}

func TestRegionsOfEveryPartition(t *testing.T) {
	for _, region := range []string{"eu-west-1", "us-gov-west-1", "cn-northwest-1", "us-isob-east-1", "eusc-de-east-1",
		"ap-southeast-7"} {
		text, err := json.Marshal(settingstest.With(settingstest.Valid(), map[string]any{"region": region}))
		require.NoError(t, err)
		_, err = Parse(text)
		assert.NoError(t, err, region)
	}
}

func TestArchivesFitTheRetention(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	for name, test := range map[string]struct {
		glacier, deep int
		want          []string // keys that are refused
	}{
		"as by default":                      {365, 730, nil},
		"quarantine ends 65 days later":      {300, 730, []string{"storage.raw.glacierAfterDays"}},
		"quarantine ends 90 days later":      {275, 730, nil},
		"quarantine ends 164 days into deep": {0, 201, []string{"storage.raw.deepArchiveAfterDays"}},
		"customers end 30 days after deep":   {0, 3620, []string{"storage.raw.deepArchiveAfterDays"}},
		"both end too soon after their moves": {300, 3600,
			[]string{"storage.raw.glacierAfterDays", "storage.raw.deepArchiveAfterDays"}},
	} {
		t.Run(name, func(t *testing.T) {
			settings, err := parsed(t, settingstest.With(settingstest.Valid(), map[string]any{
				"storage.raw.glacierAfterDays": test.glacier, "storage.raw.deepArchiveAfterDays": test.deep,
			}))
			require.NoError(t, err)
			refused := map[string]bool{}
			for _, problem := range settings.ContractProblems(set) {
				key, _, _ := strings.Cut(problem.Error(), ":")
				refused[key] = true
			}
			want := map[string]bool{}
			for _, key := range test.want {
				want[key] = true
			}
			assert.Equal(t, want, refused)
		})
	}
}

func TestMaintenanceSettings(t *testing.T) {
	for key, value := range map[string]int{
		"maintenance.scheduleHour": 24, "maintenance.snapshotDays": 0, "maintenance.orphanDays": 1,
	} {
		_, err := parsed(t, settingstest.With(settingstest.Valid(), map[string]any{key: value}))
		require.ErrorContains(t, err, key)
	}
	_, err := parsed(t, settingstest.With(settingstest.Valid(),
		map[string]any{"maintenance.orphanDays": 2, "jobs.timeoutMinutes": 24*60 + 1}))
	require.ErrorContains(t, err, "maintenance.orphanDays: 2 is not allowed: want 3 to 365")
}

func TestRecommendationsWhereSageMakerHasThem(t *testing.T) {
	settings := settingstest.With(settingstest.Valid(),
		map[string]any{"recommendations.enabled": true, "region": "mx-central-1"})
	_, err := parsed(t, settings)
	require.ErrorContains(t, err,
		"recommendations.enabled: true is not allowed: want false in mx-central-1: SageMaker has no image")
}

func TestTheEngineMovesTheFilesOfFeatures(t *testing.T) {
	settings := defaults()
	settings.Recommendations.Enabled, settings.Storage.Features = true, Layer{ExpireAfterDays: 30, NoncurrentDays: 30}
	set, err := settings.Contracts()
	require.NoError(t, err)
	assert.ErrorContains(t, errors.Join(settings.ContractProblems(set)...),
		"storage.features.expireAfterDays: 30 is not allowed: want 0")
}
