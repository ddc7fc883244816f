package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation"
	laketypes "github.com/aws/aws-sdk-go-v2/service/lakeformation/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	quotatypes "github.com/aws/aws-sdk-go-v2/service/servicequotas/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/governance"
	"dataplatform/platform/preview"
	"dataplatform/platform/settings"
)

// world is an account in memory.
type world struct {
	caller     string
	refused    error // of every call
	databases  map[string]map[string]string
	dashboards []string
	admins     []string
	catalogKey string
	buckets    int
	shards     int32
	free       int32
	quotas     map[string]map[string]float64 // by service, then name
	status     string
	edition    string
	payer      string // "" for the account itself
	untagged   bool   // the bill has no active tag
	path       string // of roles
	unreadable bool   // are roles
	gone       string // a role that was deleted
	trails     []string
	// logPolicies are resource policies of CloudWatch Logs by name.
	logPolicies map[string]string
	// logGroups are days of retention by name.
	logGroups map[string]int
	// policies are tags by ARN.
	policies map[string]map[string]string
	// untold are management events: no trail records them.
	untold bool
}

func (w *world) ManagementTrails(context.Context) ([]string, error) {
	if w.untold {
		return nil, nil
	}
	return []string{"organization"}, nil
}

func (w *world) GetCallerIdentity(
	context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options),
) (*sts.GetCallerIdentityOutput, error) {
	return &sts.GetCallerIdentityOutput{Arn: &w.caller, Account: aws.String("123456789012")}, w.refused
}

func (w *world) GetDataLakeSettings(
	context.Context, *lakeformation.GetDataLakeSettingsInput, ...func(*lakeformation.Options),
) (*lakeformation.GetDataLakeSettingsOutput, error) {
	settings := &laketypes.DataLakeSettings{}
	for _, admin := range w.admins {
		settings.DataLakeAdmins = append(settings.DataLakeAdmins,
			laketypes.DataLakePrincipal{DataLakePrincipalIdentifier: &admin})
	}
	return &lakeformation.GetDataLakeSettingsOutput{DataLakeSettings: settings}, nil
}

func (w *world) ListLFTags(
	context.Context, *lakeformation.ListLFTagsInput, ...func(*lakeformation.Options),
) (*lakeformation.ListLFTagsOutput, error) {
	return &lakeformation.ListLFTagsOutput{}, nil
}

func (w *world) GetDatabase(
	_ context.Context, in *glue.GetDatabaseInput, _ ...func(*glue.Options),
) (*glue.GetDatabaseOutput, error) {
	if _, exists := w.databases[*in.Name]; !exists {
		return nil, &types.EntityNotFoundException{}
	}
	return &glue.GetDatabaseOutput{}, nil
}

// GetDatabases gives one a page.
func (w *world) GetDatabases(
	_ context.Context, in *glue.GetDatabasesInput, _ ...func(*glue.Options),
) (*glue.GetDatabasesOutput, error) {
	names := slices.Sorted(maps.Keys(w.databases))
	at := 0
	if in.NextToken != nil {
		at = slices.Index(names, *in.NextToken)
	}
	out := &glue.GetDatabasesOutput{}
	if at < len(names) {
		out.DatabaseList = []types.Database{{Name: &names[at]}}
	}
	if at+1 < len(names) {
		out.NextToken = &names[at+1]
	}
	return out, nil
}

func (w *world) GetRegistry(
	context.Context, *glue.GetRegistryInput, ...func(*glue.Options),
) (*glue.GetRegistryOutput, error) {
	return nil, &types.EntityNotFoundException{}
}

func (w *world) GetTags(
	_ context.Context, in *glue.GetTagsInput, _ ...func(*glue.Options),
) (*glue.GetTagsOutput, error) {
	name, ok := strings.CutPrefix(*in.ResourceArn, "arn:aws:glue:eu-west-1:123456789012:database/")
	if !ok {
		return nil, errors.New("wrong ARN " + *in.ResourceArn)
	}
	return &glue.GetTagsOutput{Tags: w.databases[name]}, nil
}

func (w *world) GetDataCatalogEncryptionSettings(
	context.Context, *glue.GetDataCatalogEncryptionSettingsInput, ...func(*glue.Options),
) (*glue.GetDataCatalogEncryptionSettingsOutput, error) {
	return &glue.GetDataCatalogEncryptionSettingsOutput{
		DataCatalogEncryptionSettings: &types.DataCatalogEncryptionSettings{
			EncryptionAtRest: &types.EncryptionAtRest{SseAwsKmsKeyId: &w.catalogKey},
		},
	}, nil
}

func (w *world) ListBuckets(
	context.Context, *s3.ListBucketsInput, ...func(*s3.Options),
) (*s3.ListBucketsOutput, error) {
	return &s3.ListBucketsOutput{Buckets: make([]s3types.Bucket, w.buckets)}, nil
}

// HeadBucket knows a bucket of somebody else's.
func (w *world) HeadBucket(
	_ context.Context, in *s3.HeadBucketInput, _ ...func(*s3.Options),
) (*s3.HeadBucketOutput, error) {
	if *in.Bucket == "taken" {
		return nil, httpError(403)
	}
	return nil, httpError(404)
}

type httpError int

func (e httpError) Error() string       { return http.StatusText(int(e)) }
func (e httpError) HTTPStatusCode() int { return int(e) }

func (w *world) DescribeLimits(
	context.Context, *kinesis.DescribeLimitsInput, ...func(*kinesis.Options),
) (*kinesis.DescribeLimitsOutput, error) {
	return &kinesis.DescribeLimitsOutput{
		OpenShardCount: &w.shards, ShardLimit: aws.Int32(200), OnDemandStreamCount: aws.Int32(1),
		OnDemandStreamCountLimit: aws.Int32(50),
	}, nil
}

func (w *world) GetAccountSettings(
	context.Context, *lambda.GetAccountSettingsInput, ...func(*lambda.Options),
) (*lambda.GetAccountSettingsOutput, error) {
	return &lambda.GetAccountSettingsOutput{
		AccountLimit: &lambdatypes.AccountLimit{ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: &w.free},
	}, nil
}

func (w *world) ListDashboards(
	context.Context, *cloudwatch.ListDashboardsInput, ...func(*cloudwatch.Options),
) (*cloudwatch.ListDashboardsOutput, error) {
	out := &cloudwatch.ListDashboardsOutput{}
	for _, name := range w.dashboards {
		out.DashboardEntries = append(out.DashboardEntries, cloudwatchtypes.DashboardEntry{DashboardName: &name})
	}
	return out, nil
}

func (w *world) ListServiceQuotas(
	_ context.Context, in *servicequotas.ListServiceQuotasInput, _ ...func(*servicequotas.Options),
) (*servicequotas.ListServiceQuotasOutput, error) {
	values, ok := w.quotas[*in.ServiceCode]
	if !ok {
		return nil, errors.New("NoSuchResourceException")
	}
	out := &servicequotas.ListServiceQuotasOutput{}
	for name, value := range values {
		out.Quotas = append(out.Quotas, quotatypes.ServiceQuota{QuotaName: &name, QuotaCode: &name, Value: &value})
	}
	return out, nil
}

func (w *world) Subscription(context.Context, string) (status, edition string, err error) {
	return w.status, w.edition, nil
}

func (w *world) RoleARN(_ context.Context, name string) (string, error) {
	if w.unreadable {
		return "", errors.New("AccessDenied")
	}
	if name == w.gone {
		return "", errors.New("404 Not Found: <Code>NoSuchEntity</Code>")
	}
	return "arn:aws:iam::123456789012:role/" + w.path + name, nil
}

func (w *world) Tags(context.Context, ...string) (map[string]bool, error) {
	return map[string]bool{"stack": !w.untagged, "owner": false}, nil
}

func (w *world) Trails(context.Context) ([]string, error) { return w.trails, nil }

func (w *world) Payer(_ context.Context, account string) (string, error) {
	if w.payer == "" {
		return account, nil
	}
	return w.payer, nil
}

func (w *world) LogGroups(context.Context, string) (map[string]int, error) { return w.logGroups, nil }

func (w *world) PolicyTags(_ context.Context, arn string) (map[string]string, bool, error) {
	tags, exists := w.policies[arn]
	return tags, exists, nil
}

func (w *world) LogPolicies(context.Context) (map[string]string, error) { return w.logPolicies, nil }

// named are n policies of other names than the one for log delivery.
func named(n int) map[string]string {
	policies := map[string]string{}
	for i := range n {
		policies[string(rune('a'+i))] = "{}"
	}
	return policies
}

func (w *world) account() *Account {
	return &Account{
		Caller: w, Lake: w, Catalog: w, Buckets: w, Streams: w, Functions: w, Dashboards: w, Quotas: w, QuickSight: w,
		Payers: w, Bill: w, Logs: w, Identities: w, Trails: w,
	}
}

const analystsPolicy = "arn:aws:iam::123456789012:policy/shop-analysts"

const deployer = "arn:aws:sts::123456789012:assumed-role/deployer/ci"

func healthy() *world {
	return &world{
		caller: deployer, databases: map[string]map[string]string{}, free: 900, status: "ACCOUNT_CREATED",
		edition: "ENTERPRISE", logGroups: map[string]int{"/aws-glue/crawlers": 90},
		quotas: map[string]map[string]float64{
			"glue": {"Max concurrent job runs per account": 200, "Max task DPUs per account": 1000},
			"s3":   {"L-DC2B2D3D": 100},
		},
	}
}

func needs() Needs {
	return Needs{
		Stack: "prod", Region: "eu-west-1", Lake: &governance.Wanted{Engineers: 1, Analysts: 1, DataScientists: 1},
		Databases: []string{"shop_raw"}, Registries: []string{"shop"}, Dashboards: []string{"shop"},
		Policies: []string{"shop-analysts"}, NewBuckets: 7, JobRuns: 10, DPUs: 100,
		SharedLogs: []string{"/aws-glue/crawlers"}, EncryptsCatalog: true, QuickSight: true, Anomalies: true,
		Trails: []string{"shop-data"}, AllocationTags: []string{"owner", "stack"},
	}
}

func TestAccount(t *testing.T) {
	own := map[string]string{"project": "dataplatform", "stack": "prod"}
	for name, tt := range map[string]struct {
		world func(*world)
		needs func(*Needs)
		// want are "STATE name: part of what is found"; all other checks are ok.
		want []string
	}{
		"a fresh account": {},
		"deployed already": {world: func(w *world) {
			w.databases["shop_raw"], w.dashboards, w.catalogKey, w.policies = own, []string{"shop"},
				"key", map[string]map[string]string{analystsPolicy: own}
			w.trails = []string{"shop-data", "b", "c", "d", "e"}
			w.admins = []string{"arn:aws:iam::123456789012:role/deployer"}
		}},
		"deployed by another": {world: func(w *world) {
			w.databases["shop_raw"], w.admins, w.policies = own, []string{"arn:aws:iam::123456789012:role/lead"},
				map[string]map[string]string{analystsPolicy: own}
		}, want: []string{"FAIL Lake Formation: could neither change nor drop"}},
		"nobody records who changes keys": {
			world: func(w *world) { w.untold = true },
			want:  []string{"FAIL management events: no trail records them"},
		},
		"nobody records it where data is disposable": {
			world: func(w *world) { w.untold = true }, needs: func(n *Needs) { n.Disposable = true },
			want: []string{"warn management events: no trail records them"},
		},
		"somebody else's database": {
			world: func(w *world) { w.databases["shop_raw"] = map[string]string{"stack": "prod"} },
			want:  []string{"FAIL database: shop_raw exists"},
		},
		"another stack's database": {world: func(w *world) {
			w.databases["shop_raw"] = map[string]string{"project": "dataplatform", "stack": "dev"}
		}, want: []string{"FAIL database: shop_raw exists"}},
		"somebody else's dashboard": {world: func(w *world) { w.dashboards = []string{"shop"} }, want: []string{
			"warn dashboard: would be overwritten",
		}},
		"a dashboard with a longer name": {world: func(w *world) { w.dashboards = []string{"shop2"} }},
		"a bucket name that is taken": {
			needs: func(n *Needs) { n.Buckets = []string{"taken"} }, want: []string{"FAIL bucket: taken is taken"},
		},
		"a bucket name that is free": {needs: func(n *Needs) { n.Buckets = []string{"free"} }},
		"the same prefix in a second region": {world: func(w *world) {
			w.policies = map[string]map[string]string{analystsPolicy: {"project": "dataplatform", "stack": "prod-eu"}}
		}, want: []string{"FAIL managed policy: shop-analysts exists and is not this stack's"}},
		"the same stack in a second region": {world: func(w *world) {
			w.policies = map[string]map[string]string{analystsPolicy: own}
		},
			want: []string{"warn managed policy: which has no database in eu-west-1"}},
		"no access": {world: func(w *world) { w.refused = errors.New("ExpiredToken") }, want: []string{
			"FAIL account and region: no access to eu-west-1: ExpiredToken",
		}},
		"the root user": {world: func(w *world) { w.caller = "arn:aws:iam::123456789012:root" }, want: []string{
			"warn who deploys: root user",
		}},
		"an admin who stays": {
			world: func(w *world) { w.admins = []string{"arn:aws:iam::123456789012:role/lead"} },
		},
		"not governed": {
			world: func(w *world) { w.admins = []string{"arn:aws:iam::123456789012:role/lead"} },
			needs: func(n *Needs) { n.Lake = nil },
		},
		"a catalog that others encrypt": {world: func(w *world) { w.catalogKey = "key" }, want: []string{
			"FAIL catalog encryption: encrypted with key already",
		}},
		"a catalog that others use": {world: func(w *world) {
			w.databases = map[string]map[string]string{"a": nil, "b": nil, "c": nil}
		}, want: []string{
			"FAIL catalog encryption: 3 databases of others would be encrypted with this stack's key from then on, a among",
		}},
		"others' databases left alone": {
			world: func(w *world) { w.databases["a"] = nil }, needs: func(n *Needs) { n.EncryptsCatalog = false },
		},
		"an encrypted catalog left alone": {
			world: func(w *world) { w.catalogKey = "key" }, needs: func(n *Needs) { n.EncryptsCatalog = false },
		},
		"no shards left": {
			world: func(w *world) { w.shards = 199 }, needs: func(n *Needs) { n.Shards = 2 },
			want: []string{"FAIL quota of Kinesis: 199 of 200"},
		},
		"just enough shards": {
			world: func(w *world) { w.shards = 198 }, needs: func(n *Needs) { n.Shards = 2 },
		},
		"a new account's functions": {
			world: func(w *world) { w.free = 10 }, want: []string{"warn quota of Lambda: 10 of 1000"},
		},
		"too few DPU": {needs: func(n *Needs) { n.DPUs = 1001 }, want: []string{
			"FAIL quota of Glue DPU: 1000, the stack may need 1001",
		}},
		"too few job runs": {
			needs: func(n *Needs) { n.JobRuns = 201 }, want: []string{"FAIL quota of Glue job runs: 200"},
		},
		"a quota that is not named": {
			world: func(w *world) { delete(w.quotas["glue"], "Max task DPUs per account") },
			want:  []string{"warn quota of Glue DPU: does not say it"},
		},
		"quotas that cannot be read": {world: func(w *world) { w.quotas = nil }, want: []string{
			"warn quota of S3: cannot be read", "warn quota of Glue: cannot be read: NoSuchResource",
		}},
		"too many buckets": {
			world: func(w *world) { w.buckets = 94 }, want: []string{"FAIL quota of S3: 94 of 100"},
		},
		"just enough buckets": {world: func(w *world) { w.buckets = 93 }},
		"all policies for logs taken": {world: func(w *world) { w.logPolicies = named(10) }, want: []string{
			"FAIL log delivery: 10 of 10 resource policies exist and none is AWSLogDeliveryWrite20150319",
		}},
		"a shared log group that never ends": {
			world: func(w *world) { w.logGroups = map[string]int{"/aws-glue/crawlers": 0} },
			want:  []string{"warn shared log group: /aws-glue/crawlers never ends"},
		},
		"no shared log group yet": {
			world: func(w *world) { w.logGroups = map[string]int{"/aws-glue/crawlers-of-others": 7} },
			want:  []string{"warn shared log group: /aws-glue/crawlers will be made"},
		},
		"one policy for logs left": {world: func(w *world) { w.logPolicies = named(9) }},
		"a full policy for log delivery": {
			world: func(w *world) { w.logPolicies = map[string]string{deliveryPolicy: strings.Repeat("x", 5100)} },
			want:  []string{"FAIL log delivery: 5100 of 5120 characters"},
		},
		"a filling policy for log delivery": {
			world: func(w *world) { w.logPolicies = map[string]string{deliveryPolicy: strings.Repeat("x", 4000)} },
			want:  []string{"warn log delivery: 4000 of 5120"},
		},
		"a full policy that admits all": {world: func(w *world) {
			w.logPolicies = map[string]string{deliveryPolicy: strings.Repeat("x", 5100) + vendedGroups}
		}},
		"no QuickSight": {
			world: func(w *world) { w.status = "UNSUBSCRIBED" }, want: []string{"FAIL QuickSight: UNSUBSCRIBED"},
		},
		"QuickSight of the wrong edition": {
			world: func(w *world) { w.edition = "STANDARD" }, want: []string{"FAIL QuickSight: STANDARD"},
		},
		"another account's bill": {world: func(w *world) { w.payer = "999999999999" }, want: []string{
			"FAIL cost anomalies: paid by 999999999999", "FAIL cost allocation tags: paid by 999999999999",
		}},
		"tags that the bill has not seen": {
			needs: func(n *Needs) { n.AllocationTags = []string{"owner", "project"} },
			want:  []string{"FAIL cost allocation tags: the bill has not seen project yet"},
		},
		"a trail of the name": {
			world: func(w *world) { w.trails = []string{"shop-data"} },
			want:  []string{"FAIL audit trail: shop-data exists"},
		},
		"no room for a trail": {
			world: func(w *world) { w.trails = []string{"a", "b", "c", "d", "e"} },
			want:  []string{"FAIL audit trail: 5 of 5 trails record in eu-west-1"},
		},
		"just enough trails": {world: func(w *world) { w.trails = []string{"a", "b", "c", "d"} }},
		"an admin whose role is gone": {
			world: func(w *world) { w.admins, w.gone = []string{"arn:aws:iam::123456789012:role/lead"}, "lead" },
			want:  []string{"FAIL Lake Formation: role/lead administers the lake and is no role any more"},
		},
		"an admin whose role is another's now": {
			world: func(w *world) { w.admins = []string{"arn:aws:iam::123456789012:role/people/lead"} },
			want:  []string{"FAIL Lake Formation: role/people/lead administers the lake and is no role any more"},
		},
		"a deployer with a path": {world: func(w *world) { w.path = "ci/" }},
		"a deployer with a path, once more": {world: func(w *world) {
			w.path, w.databases["shop_raw"], w.policies = "ci/", own, map[string]map[string]string{analystsPolicy: own}
			w.admins = []string{"arn:aws:iam::123456789012:role/ci/deployer"}
		}},
		"a deployer named without its path": {world: func(w *world) { w.path = "ci/" }, needs: func(n *Needs) {
			n.Lake = &governance.Wanted{
				Engineers: 1, Analysts: 1, DataScientists: 1,
				Admins: []string{"arn:aws:iam::123456789012:role/deployer"},
			}
		}, want: []string{
			"FAIL Lake Formation: arn:aws:iam::123456789012:role/ci/deployer deploys, but is not among them",
		}},
		"a deployer that cannot be read": {world: func(w *world) { w.unreadable = true }, want: []string{
			"FAIL who deploys: the role deployer cannot be read",
		}},
		"a deployer that cannot be read and is named": {world: func(w *world) { w.unreadable = true },
			needs: func(n *Needs) {
				n.Lake = &governance.Wanted{
					Engineers: 1, Analysts: 1, DataScientists: 1,
					Admins: []string{"arn:aws:iam::123456789012:role/deployer"},
				}
			}},
		"a bill without the stack's tag": {world: func(w *world) { w.untagged = true }, want: []string{
			"FAIL cost anomalies: the tag stack is not active",
		}},
		"another's bill, not watched": {
			world: func(w *world) { w.payer = "999999999999" },
			needs: func(n *Needs) { n.Anomalies, n.AllocationTags = false, nil },
		},
		"no QuickSight where none is needed": {
			world: func(w *world) { w.status = "" }, needs: func(n *Needs) { n.QuickSight = false },
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, n := healthy(), needs()
			if tt.world != nil {
				tt.world(w)
			}
			if tt.needs != nil {
				tt.needs(&n)
			}
			report := w.account().Check(t.Context(), n)
			var got []Check
			for _, check := range report {
				if check.State != OK {
					got = append(got, check)
					assert.NotEmpty(t, check.Remedy, "%+v", check)
				}
			}
			require.Len(t, got, len(tt.want), "%+v", got)
			for i, want := range tt.want {
				head, found, _ := strings.Cut(want, ": ")
				assert.Equal(t, head, string(got[i].State)+" "+got[i].Name)
				assert.Contains(t, got[i].Found, found)
			}
		})
	}
}

func TestDeployer(t *testing.T) {
	const list = `[{"name":"aws","kind":"resource","version":"6.83.2"},{"name":"go","kind":"language","version":"1.0.0"}]`
	for name, tt := range map[string]struct {
		version, plugins string
		network          bool
		want             map[string]State
	}{
		"all there": {"v3.230.0", list, false,
			map[string]State{"Pulumi command line": OK, "aws provider plugin": OK}},
		"too old":   {"v3.100.0", list, false, map[string]State{"Pulumi command line": Fail}},
		"no plugin": {"v3.230.0", "[]", false, map[string]State{"aws provider plugin": Warn}},
		"no network plugin": {"v3.230.0", list, true,
			map[string]State{"aws provider plugin": OK, "awsx provider plugin": Warn}},
		"no Pulumi": {"", "", false, map[string]State{"Pulumi command line": Fail, "aws provider plugin": Warn}},
	} {
		t.Run(name, func(t *testing.T) {
			n := needs()
			n.Network = tt.network
			report := Deployer(t.Context(), "../..", n,
				func(_ context.Context, _ string, args ...string) (string, error) {
					switch {
					case tt.version == "":
						return "", errors.New("not found")
					case args[0] == "version":
						return tt.version, nil
					case args[0] == "stack":
						return "", errors.New("no stack named 'prod' found")
					}
					return tt.plugins, nil
				})
			got := map[string]State{}
			for _, check := range report {
				got[check.Name] = check.State
			}
			for check, state := range tt.want {
				assert.Equal(t, state, got[check], check)
			}
			_, looked := got["awsx provider plugin"]
			assert.Equal(t, tt.network, looked)
		})
	}
	assert.Equal(t, Fail, archives(t.TempDir()).State)
}

// TestStateOfAnEarlierVersion: what is in the state and not in the program is deleted, unless it is retained.
func TestStateOfAnEarlierVersion(t *testing.T) {
	const (
		settings   = `{"urn":"urn:pulumi:dev::dataplatform::g$aws:lakeformation/dataLakeSettings:DataLakeSettings::governance","type":"aws:lakeformation/dataLakeSettings:DataLakeSettings"%s}`
		encryption = `{"urn":"urn:pulumi:dev::dataplatform::c$aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings::catalog-encryption","type":"aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings"}`
		retained   = `,"retainOnDelete":true`
	)
	for name, tt := range map[string]struct {
		resources string
		encrypts  bool
		want      State
	}{
		"none": {"", false, OK},
		"another": {
			`{"urn":"urn:pulumi:dev::dataplatform::aws:s3/bucketV2:BucketV2::raw","type":"aws:s3/bucketV2:BucketV2"}`,
			false, OK,
		},
		"of the lake":             {fmt.Sprintf(settings, ""), false, Fail},
		"of the lake, retained":   {fmt.Sprintf(settings, retained), false, OK},
		"of the catalog":          {encryption, false, Fail},
		"of the catalog, in use":  {encryption, true, OK},
		"one of them is retained": {fmt.Sprintf(settings, retained) + "," + encryption, false, Fail},
	} {
		t.Run(name, func(t *testing.T) {
			n := needs()
			n.EncryptsCatalog = tt.encrypts
			report := state(t.Context(), func(_ context.Context, _ string, args ...string) (string, error) {
				assert.Equal(t, []string{"stack", "export", "--stack", n.Stack}, args)
				return `{"version":3,"deployment":{"resources":[` + tt.resources + `]}}`, nil
			}, n)
			require.Len(t, report, 1)
			assert.Equal(t, tt.want, report[0].State)
		})
	}
	none := state(t.Context(),
		func(context.Context, string, ...string) (string, error) { return "", errors.New("no stack") }, needs())
	assert.Equal(t, OK, none[0].State)
}

func needsOf(t *testing.T, root, stack string) Needs {
	t.Helper()
	of, err := settings.Of(root, stack)
	require.NoError(t, err)
	resources, err := preview.Registered(root, stack)
	require.NoError(t, err)
	return Of(stack, of, resources)
}

func TestNeedsOfTheStacks(t *testing.T) {
	prod := needsOf(t, "../..", "prod")
	assert.Equal(t, []string{"shop_prod_curated", "shop_prod_processed", "shop_prod_raw"}, prod.Databases)
	assert.Equal(t, []string{"shop_prod"}, prod.Registries)
	assert.Equal(t, []string{"shop_prod-data"}, prod.Trails)
	assert.Empty(t, prod.AllocationTags, "no first deployment has a tag that the bill has seen")
	assert.Equal(t, []string{"shop_prod-analysts", "shop_prod-data-scientists", "shop_prod-engineers"}, prod.Policies)
	assert.Empty(t, prod.Buckets, "every bucket's name has a random suffix")
	assert.Positive(t, prod.NewBuckets)
	assert.Equal(t, 10*prod.JobRuns, prod.DPUs, "ten workers of one DPU")
	assert.Greater(t, prod.JobRuns, 5)
	assert.True(t, prod.EncryptsCatalog)
	assert.Equal(t, []string{"/aws-glue/crawlers"}, prod.SharedLogs)
	set, err := contracts.Load()
	require.NoError(t, err)
	assert.Equal(t, 2*len(set.Pipelines())+2, prod.StateMachines, "two a pipeline, and those of erasures and exports")
	require.NotNil(t, prod.Lake)
	local := needsOf(t, "../..", "local")
	assert.Equal(t, 2, local.Shards)
	assert.False(t, prod.QuickSight || prod.Anomalies, "no first deployment has an active tag")
}

// TestNeedsOfAStackWithAdmins: who asks the doctor need not be one of them.
func TestNeedsOfAStackWithAdmins(t *testing.T) {
	root := t.TempDir()
	for _, folder := range []string{"lambdas", "glue-scripts"} {
		source, err := filepath.Abs(filepath.Join("..", "..", folder))
		require.NoError(t, err)
		require.NoError(t, os.Symlink(source, filepath.Join(root, folder)))
	}
	require.NoError(t, os.WriteFile(filepath.Join(root, "Pulumi.lab.yaml"), []byte(`config: {dataplatform:settings: {
		prefix: lab, region: eu-west-1, owner: data, costCentre: data, governance: {admins: ["arn:aws:iam::123456789012:role/lead"]},
		analytics: {quickSight: {enabled: true, viewers: ["arn:aws:quicksight:eu-west-1:123456789012:group/default/analysts"]}}}}`), 0o600))
	lab := needsOf(t, root, "lab")
	assert.True(t, lab.QuickSight)
	assert.Equal(t, []string{"arn:aws:iam::123456789012:role/lead"}, lab.Lake.Admins)
}

func TestQuickSightAsksSigned(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/account/123456789012", r.URL.Path)
		assert.Contains(t, r.Header.Get("Authorization"), "/eu-west-1/quicksight/aws4_request")
		_, _ = w.Write([]byte(`{"AccountInfo":{"AccountSubscriptionStatus":"ACCOUNT_CREATED","Edition":"ENTERPRISE"}}`))
	}))
	defer server.Close()
	ask := QuickSight{Client: server.Client(), Config: aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	}}
	status, edition, err := ask.Subscription(t.Context(), "123456789012")
	require.NoError(t, err)
	assert.Equal(t, "ACCOUNT_CREATED ENTERPRISE", status+" "+edition)
	server.Config.Handler = http.NotFoundHandler()
	_, _, err = ask.Subscription(t.Context(), "123456789012")
	assert.ErrorContains(t, err, "404")
}

func TestLogPoliciesAreReadToTheLastPage(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Contains(t, r.Header.Get("Authorization"), "/eu-west-1/logs/aws4_request")
		assert.Equal(t, "Logs_20140328.DescribeResourcePolicies", r.Header.Get("X-Amz-Target"))
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		if string(body) == "{}" {
			_, _ = w.Write(
				[]byte(`{"resourcePolicies":[{"policyName":"a","policyDocument":"{1}"}],"nextToken":"more"}`),
			)
			return
		}
		assert.JSONEq(t, `{"nextToken":"more"}`, string(body))
		_, _ = w.Write([]byte(`{"resourcePolicies":[{"policyName":"b","policyDocument":"{2}"}]}`))
	}))
	defer server.Close()
	logs := CloudWatchLogs{Client: server.Client(), Config: aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	}}
	got, err := logs.LogPolicies(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"a": "{1}", "b": "{2}"}, got)
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "Logs_20140328.DescribeLogGroups", r.Header.Get("X-Amz-Target"))
		_, _ = w.Write([]byte(
			`{"logGroups":[{"logGroupName":"/aws-glue/crawlers","retentionInDays":30},{"logGroupName":"/aws-glue/crawlers-2"}]}`,
		))
	})
	groups, err := logs.LogGroups(t.Context(), "/aws-glue/crawlers")
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"/aws-glue/crawlers": 30, "/aws-glue/crawlers-2": 0}, groups)
	server.Config.Handler = http.NotFoundHandler()
	_, err = logs.LogPolicies(t.Context())
	assert.ErrorContains(t, err, "404")
}

func TestPrint(t *testing.T) {
	var out strings.Builder
	report := Report{ok("a", "found %d", 1), {"b", Warn, "two\nlines", "look"}, {"c", Fail, "broken", "mend"}}
	report.Print(&out)
	assert.Equal(t, 1, report.Failed())
	assert.Contains(t, out.String(), "ok    a                          found 1\n")
	assert.Contains(t, out.String(), "two; lines\n")
	assert.Contains(t, out.String(), "→ mend\n")
	assert.Contains(t, out.String(), "3 checks, 1 to look at, 1 failed")
}
