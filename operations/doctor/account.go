package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"dataplatform/governance"
)

// Caller says who asks.
type Caller interface {
	GetCallerIdentity(
		context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options),
	) (*sts.GetCallerIdentityOutput, error)
}

// Lake is the part of the Lake Formation client that is read.
type Lake interface {
	lakeformation.ListLFTagsAPIClient
	GetDataLakeSettings(
		context.Context, *lakeformation.GetDataLakeSettingsInput, ...func(*lakeformation.Options),
	) (*lakeformation.GetDataLakeSettingsOutput, error)
}

// Catalog is the part of the Glue client that is read.
type Catalog interface {
	glue.GetDatabasesAPIClient
	GetDatabase(context.Context, *glue.GetDatabaseInput, ...func(*glue.Options)) (*glue.GetDatabaseOutput, error)
	GetRegistry(context.Context, *glue.GetRegistryInput, ...func(*glue.Options)) (*glue.GetRegistryOutput, error)
	GetTags(context.Context, *glue.GetTagsInput, ...func(*glue.Options)) (*glue.GetTagsOutput, error)
	GetDataCatalogEncryptionSettings(
		context.Context, *glue.GetDataCatalogEncryptionSettingsInput, ...func(*glue.Options),
	) (*glue.GetDataCatalogEncryptionSettingsOutput, error)
}

// Buckets is the part of the S3 client that is read.
type Buckets interface {
	ListBuckets(context.Context, *s3.ListBucketsInput, ...func(*s3.Options)) (*s3.ListBucketsOutput, error)
	HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error)
}

// Streams says how many shards the account may have.
type Streams interface {
	DescribeLimits(
		context.Context, *kinesis.DescribeLimitsInput, ...func(*kinesis.Options),
	) (*kinesis.DescribeLimitsOutput, error)
}

// Functions says how many may run at once.
type Functions interface {
	GetAccountSettings(
		context.Context, *lambda.GetAccountSettingsInput, ...func(*lambda.Options),
	) (*lambda.GetAccountSettingsOutput, error)
}

// Dashboards lists those that exist.
type Dashboards interface {
	ListDashboards(
		context.Context, *cloudwatch.ListDashboardsInput, ...func(*cloudwatch.Options),
	) (*cloudwatch.ListDashboardsOutput, error)
}

// Subscriptions says whether an account has QuickSight: its status and edition.
type Subscriptions interface {
	Subscription(ctx context.Context, account string) (status, edition string, err error)
}

// Payers says which account pays for another.
type Payers interface {
	Payer(ctx context.Context, account string) (string, error)
}

// Account is an AWS account in one region, by what of it is read.
type Account struct {
	Caller     Caller
	Lake       Lake
	Catalog    Catalog
	Buckets    Buckets
	Streams    Streams
	Functions  Functions
	Dashboards Dashboards
	Quotas     servicequotas.ListServiceQuotasAPIClient
	QuickSight Subscriptions
	Payers     Payers
	Bill       Bill
	Logs       Logs
	Identities Identities
	Trails     Trails
}

// NewAccount asks AWS, or whoever the configuration names in its place.
func NewAccount(configuration aws.Config) *Account {
	return &Account{
		Caller: sts.NewFromConfig(configuration), Lake: lakeformation.NewFromConfig(configuration),
		Catalog: glue.NewFromConfig(configuration), Buckets: s3.NewFromConfig(configuration),
		Streams: kinesis.NewFromConfig(configuration), Functions: lambda.NewFromConfig(configuration),
		Dashboards: cloudwatch.NewFromConfig(configuration), Quotas: servicequotas.NewFromConfig(configuration),
		QuickSight: QuickSight{Config: configuration, Client: http.DefaultClient},
		Payers:     Organizations{Config: configuration, Client: http.DefaultClient},
		Bill:       CostExplorer{Config: configuration, Client: http.DefaultClient},
		Logs:       CloudWatchLogs{Config: configuration, Client: http.DefaultClient},
		Identities: IAM{Config: configuration, Client: http.DefaultClient},
		Trails:     CloudTrail{Config: configuration, Client: http.DefaultClient},
	}
}

// Check holds the account against the needs of a stack. Without access nothing else can be looked at.
func (a *Account) Check(ctx context.Context, needs Needs) Report {
	identity, err := a.Caller.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Report{{"account and region", Fail, fmt.Sprintf("no access to %s: %v", needs.Region, err),
			"log in, for example with aws sso login, and set AWS_PROFILE; a region that is not on by default has to be enabled in the account"}}
	}
	caller := aws.ToString(identity.Arn)
	report := Report{ok("account and region", "%s in %s, as %s", aws.ToString(identity.Account), needs.Region, caller)}
	where, err := arn.Parse(caller)
	if err != nil {
		return append(report, Check{"who deploys", Fail, err.Error(), "use credentials of AWS"})
	}
	if where.Resource == "root" {
		report = append(report, Check{"who deploys", Warn, "the account's root user", "deploy with a role"})
	}
	own, names := a.names(ctx, needs, "arn:"+where.Partition+":glue:"+needs.Region+":"+where.AccountID+":")
	report = append(report, names...)
	report = append(report, a.policies(ctx, needs, where, own)...)
	deployer, found := a.deployer(ctx, needs, caller)
	report = append(report, found...)
	report = append(report, a.lake(ctx, needs, deployer, own)...)
	report = append(report, a.encryption(ctx, needs, own)...)
	report = append(report, a.trails(ctx, needs, own)...)
	report = append(report, a.quotas(ctx, needs)...)
	report = append(report, a.logDelivery(ctx, needs), a.managementEvents(ctx, needs))
	report = append(report, a.sharedLogs(ctx, needs)...)
	if needs.QuickSight {
		report = append(report, a.quickSight(ctx, where.AccountID))
	}
	if needs.Anomalies {
		report = append(report, a.anomalies(ctx, needs.Stack, where.AccountID))
	}
	if len(needs.AllocationTags) > 0 {
		report = append(report, a.allocation(ctx, needs, where.AccountID))
	}
	return report
}

// names looks for what is called as something of the stack will be. Own says that the stack is deployed here already.
func (a *Account) names(ctx context.Context, needs Needs, arns string) (own bool, report Report) {
	missing := func(err error) bool {
		var none *types.EntityNotFoundException
		return errors.As(err, &none)
	}
	catalog := func(kind, name, resource string, err error) {
		switch {
		case missing(err):
			report = append(report, ok(kind, "%s is free", name))
		case err != nil:
			report = append(report, unread(kind, err))
		case a.tagged(ctx, arns+resource, needs.Stack):
			own = true
			report = append(report, ok(kind, "%s is this stack's", name))
		default:
			report = append(report, Check{kind, Fail, name + " exists and is not this stack's",
				"choose another prefix in Pulumi." + needs.Stack + ".yaml, or remove it"})
		}
	}
	for _, name := range needs.Databases {
		_, err := a.Catalog.GetDatabase(ctx, &glue.GetDatabaseInput{Name: &name})
		catalog("database", name, "database/"+name, err)
	}
	for _, name := range needs.Registries {
		_, err := a.Catalog.GetRegistry(ctx, &glue.GetRegistryInput{RegistryId: &types.RegistryId{RegistryName: &name}})
		catalog("schema registry", name, "registry/"+name, err)
	}
	for _, name := range needs.Dashboards {
		report = append(report, a.dashboard(ctx, name, own, needs.Stack))
	}
	for _, name := range needs.Buckets {
		_, err := a.Buckets.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name})
		var status interface{ HTTPStatusCode() int }
		switch {
		case errors.As(err, &status) && status.HTTPStatusCode() == 404:
			report = append(report, ok("bucket", "%s is free", name))
		case own && err == nil:
			report = append(report, ok("bucket", "%s is there, and so is the stack", name))
		default:
			report = append(report,
				Check{"bucket", Fail, name + " is taken: bucket names are the world's", "give it another name"})
		}
	}
	if unnamed := needs.NewBuckets - len(needs.Buckets); unnamed > 0 {
		report = append(report, ok("buckets", "%d get names with a random suffix: none can be taken", unnamed))
	}
	return own, report
}

// tagged says whether something carries the tags that the stack's provider puts on everything.
func (a *Account) tagged(ctx context.Context, resource, stack string) bool {
	got, err := a.Catalog.GetTags(ctx, &glue.GetTagsInput{ResourceArn: &resource})
	return err == nil && got.Tags["project"] == projectTag && got.Tags["stack"] == stack
}

// projectTag is the name in Pulumi.yaml.
const projectTag = "dataplatform"

// dashboard looks for one of the same name, which a deployment would overwrite: dashboards have no tags to tell whose
// it is.
func (a *Account) dashboard(ctx context.Context, name string, own bool, stack string) Check {
	got, err := a.Dashboards.ListDashboards(ctx, &cloudwatch.ListDashboardsInput{DashboardNamePrefix: &name})
	if err != nil {
		return unread("dashboard", err)
	}
	for _, entry := range got.DashboardEntries {
		if aws.ToString(entry.DashboardName) == name && !own {
			return Check{"dashboard", Warn, name + " exists and would be overwritten",
				"rename it, or choose another prefix in Pulumi." + stack + ".yaml"}
		}
	}
	return ok("dashboard", "%s", name)
}

// lake asks Lake Formation who its administrators are.
func (a *Account) lake(ctx context.Context, needs Needs, caller string, own bool) Report {
	const name = "Lake Formation"
	if needs.Lake == nil {
		return Report{ok(name, "left alone: governance.enabled is false")}
	}
	found := governance.Found{Caller: caller, Deployed: own}
	got, err := a.Lake.GetDataLakeSettings(ctx, &lakeformation.GetDataLakeSettingsInput{})
	if err != nil {
		return Report{{name, Fail, "its settings cannot be read: " + err.Error(),
			"who deploys needs lakeformation:GetDataLakeSettings and PutDataLakeSettings"}}
	}
	if settings := got.DataLakeSettings; settings != nil {
		for _, admin := range settings.DataLakeAdmins {
			found.Admins = append(found.Admins, aws.ToString(admin.DataLakePrincipalIdentifier))
		}
		found.OpenToIAM = len(settings.CreateDatabaseDefaultPermissions)+len(settings.CreateTableDefaultPermissions) > 0
	}
	for pages := lakeformation.NewListLFTagsPaginator(a.Lake, &lakeformation.ListLFTagsInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return Report{{name, Fail, "its tags cannot be read: " + err.Error(),
				"who deploys needs lakeformation:ListLFTags"}}
		}
		for _, tag := range page.LFTags {
			found.Tags = append(found.Tags, aws.ToString(tag.TagKey))
		}
	}
	checked := governance.Check(*needs.Lake, found)
	report := a.goneAdmins(ctx, found.Admins)
	for _, note := range checked.Notes {
		report = append(report, ok(name, "%s", note))
	}
	for _, problem := range checked.Problems {
		report = append(report, Check{name, Fail, problem, "edit governance.admins in Pulumi." + needs.Stack + ".yaml"})
	}
	return report
}

// encryption looks for whom else the setting of the whole catalog would bind to a key of the stack: it is the
// account's, and what others make from then on can be read with that key only.
func (a *Account) encryption(ctx context.Context, needs Needs, own bool) Report {
	const name = "catalog encryption"
	if !needs.EncryptsCatalog {
		return nil
	}
	remedy := "set catalog.encrypted to false in Pulumi." + needs.Stack + ".yaml"
	got, err := a.Catalog.GetDataCatalogEncryptionSettings(ctx, &glue.GetDataCatalogEncryptionSettingsInput{})
	if err != nil {
		return Report{unread(name, err)}
	}
	key := ""
	if settings := got.DataCatalogEncryptionSettings; settings != nil && settings.EncryptionAtRest != nil {
		key = aws.ToString(settings.EncryptionAtRest.SseAwsKmsKeyId)
	}
	if key != "" && !own {
		return Report{{name, Fail, "the catalog is encrypted with " + key + " already", remedy}}
	}
	foreign := []string{}
	for pages := glue.NewGetDatabasesPaginator(a.Catalog, &glue.GetDatabasesInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return Report{unread(name, err)}
		}
		for _, database := range page.DatabaseList {
			if !slices.Contains(needs.Databases, aws.ToString(database.Name)) {
				foreign = append(foreign, aws.ToString(database.Name))
			}
		}
	}
	if len(foreign) > 0 {
		return Report{{name, Fail, fmt.Sprintf(
			"%d databases of others would be encrypted with this stack's key from then on, %s among them", len(foreign),
			foreign[0],
		), remedy}}
	}
	return Report{ok(name, "nobody else has a database: to be done with a key of the stack, which stays")}
}

func (a *Account) quickSight(ctx context.Context, account string) Check {
	const name, remedy = "QuickSight",
		"subscribe in the console of QuickSight, or switch it off in the stack's settings"
	status, edition, err := a.QuickSight.Subscription(ctx, account)
	switch {
	case err != nil:
		return Check{name, Fail, "no subscription can be seen: " + err.Error(), remedy}
	case status != "ACCOUNT_CREATED":
		return Check{name, Fail, "the subscription is " + status, remedy}
	case !strings.Contains(edition, "ENTERPRISE"):
		return Check{name, Fail, "the edition is " + edition,
			"change to an Enterprise edition: dashboards by definition need it"}
	}
	return ok(name, "%s", edition)
}

// unread is a check that found nothing out.
func unread(name string, err error) Check {
	return Check{name, Warn, "cannot be read: " + brief(err), "look it up in the console"}
}

// brief is an error of the SDK without what it could not make sense of.
func brief(err error) string {
	text, _, _ := strings.Cut(err.Error(), ", RequestID")
	return text
}
