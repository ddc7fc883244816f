package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const ledgerType = "dataplatform:batch:Ledger"

// LedgerArgs configures a Ledger.
type LedgerArgs struct {
	// KMSKeyARN encrypts the tables. Required.
	KMSKeyARN pulumi.StringInput
	// Retain protects the tables and keeps them when the stack is destroyed.
	Retain bool
}

func (args *LedgerArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.input("KMSKeyARN", args.KMSKeyARN)
	return c.err()
}

// Ledger knows every file that was taken in, which hours of a stream wait for a run, and who publishes a table at the
// moment.
type Ledger struct {
	pulumi.ResourceState
	FilesName  pulumi.StringOutput `pulumi:"filesName"`
	FilesARN   pulumi.StringOutput `pulumi:"filesArn"`
	HoursName  pulumi.StringOutput `pulumi:"hoursName"`
	HoursARN   pulumi.StringOutput `pulumi:"hoursArn"`
	LeasesName pulumi.StringOutput `pulumi:"leasesName"`
	LeasesARN  pulumi.StringOutput `pulumi:"leasesArn"`
}

// NewLedger registers a Ledger named name.
func NewLedger(ctx *pulumi.Context, name string, args *LedgerArgs, opts ...pulumi.ResourceOption) (*Ledger, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("ledger %q: %w", name, err)
	}
	l := &Ledger{}
	if err := ctx.RegisterComponentResourceV2(ledgerType, name, pulumi.Map{
		"kmsKeyArn": args.KMSKeyARN, "retain": pulumi.Bool(args.Retain),
	}, l, opts...); err != nil {
		return nil, fmt.Errorf("ledger %q: %w", name, err)
	}
	keep := []pulumi.ResourceOption{pulumi.Parent(l), pulumi.Protect(args.Retain), pulumi.RetainOnDelete(args.Retain)}
	files, err := dynamodb.NewTable(ctx, name+"-files", args.table(
		"dataset", "file_id", attributes("dataset", "file_id", "arrival"),
		&dynamodb.TableGlobalSecondaryIndexArgs{
			Name: pulumi.String("by_arrival"), HashKey: pulumi.String("dataset"), RangeKey: pulumi.String("arrival"),
			ProjectionType: pulumi.String("ALL"),
		}), keep...)
	if err != nil {
		return nil, fmt.Errorf("ledger %q: files: %w", name, err)
	}
	hours, err := dynamodb.NewTable(ctx, name+"-hours",
		args.table("dataset", "hour", attributes("dataset", "hour"), nil), keep...)
	if err != nil {
		return nil, fmt.Errorf("ledger %q: hours: %w", name, err)
	}
	leasesArgs := args.table("name", "", attributes("name"), nil)
	leasesArgs.Ttl = &dynamodb.TableTtlArgs{AttributeName: pulumi.String("expires_at"), Enabled: pulumi.Bool(true)}
	leases, err := dynamodb.NewTable(ctx, name+"-leases", leasesArgs, keep...)
	if err != nil {
		return nil, fmt.Errorf("ledger %q: leases: %w", name, err)
	}
	l.FilesName, l.FilesARN, l.HoursName, l.HoursARN, l.LeasesName, l.LeasesARN = files.Name, files.Arn, hours.Name,
		hours.Arn, leases.Name, leases.Arn
	return l, ctx.RegisterResourceOutputs(l, pulumi.Map{
		"filesName": l.FilesName, "filesArn": l.FilesARN, "hoursName": l.HoursName, "hoursArn": l.HoursARN,
		"leasesName": l.LeasesName, "leasesArn": l.LeasesARN,
	})
}

func (args *LedgerArgs) table(
	hash, sort string, keys dynamodb.TableAttributeArray, index *dynamodb.TableGlobalSecondaryIndexArgs,
) *dynamodb.TableArgs {
	table := &dynamodb.TableArgs{
		BillingMode: pulumi.String("PAY_PER_REQUEST"), HashKey: pulumi.String(hash), Attributes: keys,
		ServerSideEncryption: &dynamodb.TableServerSideEncryptionArgs{
			Enabled: pulumi.Bool(true), KmsKeyArn: args.KMSKeyARN,
		},
		PointInTimeRecovery:       &dynamodb.TablePointInTimeRecoveryArgs{Enabled: pulumi.Bool(true)},
		DeletionProtectionEnabled: pulumi.Bool(args.Retain),
	}
	if sort != "" {
		table.RangeKey = pulumi.String(sort)
	}
	if index != nil {
		table.GlobalSecondaryIndexes = dynamodb.TableGlobalSecondaryIndexArray{index}
	}
	return table
}

// attributes are the key attributes, all of them text.
func attributes(names ...string) dynamodb.TableAttributeArray {
	var list dynamodb.TableAttributeArray
	for _, name := range names {
		list = append(list, &dynamodb.TableAttributeArgs{Name: pulumi.String(name), Type: pulumi.String("S")})
	}
	return list
}
