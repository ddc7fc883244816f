package components

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudformation"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/analytics/dashboards"
	"dataplatform/contracts"
)

const quickSightDashboardType = "dataplatform:analytics:Reports"

// QuickSightDashboardArgs configures a QuickSightDashboard.
type QuickSightDashboardArgs struct {
	// Prefix begins the ids of everything in QuickSight, which are the account's. Required.
	Prefix string
	// AccountID is that of QuickSight's subscription, an account-wide subscription that a person buys; the stack only
	// uses it. Required.
	AccountID string
	// WorkgroupName is where QuickSight queries, RoleARN the role that it takes for it. Required.
	WorkgroupName, RoleARN pulumi.StringInput
	// DatabaseName holds the dashboard's datasets, Contracts describe them, and Readable are the columns that the role
	// may read of one. Required.
	DatabaseName string
	Contracts    []*contracts.Contract
	Readable     func(*contracts.Contract) []string
	// Dashboard to publish. Required.
	Dashboard dashboards.Dashboard
	// Viewers are the ARNs of QuickSight groups and users that see it. Required.
	Viewers []string
	// After is what the role waits for before it may query.
	After []pulumi.Resource
}

func (args *QuickSightDashboardArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.text("Prefix", args.Prefix)
	c.text("AccountID", args.AccountID)
	c.input("WorkgroupName", args.WorkgroupName)
	c.input("RoleARN", args.RoleARN)
	c.text("DatabaseName", args.DatabaseName)
	c.that(args.Readable != nil, "Readable is required")
	c.that(len(args.Viewers) > 0, "Viewers are required")
	c.that(len(args.Dashboard.Datasets) > 0, "Dashboard is required")
	for _, dataset := range args.Dashboard.Datasets {
		contract := args.contract(dataset)
		c.that(contract != nil, "Contracts: the dashboard shows %s, which none of them describes", dataset)
		c.that(contract == nil || contract.Format == contracts.FormatIceberg,
			"Contracts: %s is no Iceberg table; projected tables are for Athena only", dataset)
	}
	return c.err()
}

func (args *QuickSightDashboardArgs) contract(dataset string) *contracts.Contract {
	for _, contract := range args.Contracts {
		if contract.Dataset == dataset {
			return contract
		}
	}
	return nil
}

// QuickSightDashboard is a data source, data sets and a dashboard of QuickSight. It is one CloudFormation stack,
// because the provider knows neither the role of a data source nor the definition of a dashboard; what the stack holds
// changes with the template and with nothing else.
type QuickSightDashboard struct {
	pulumi.ResourceState
}

// NewQuickSightDashboard registers a QuickSightDashboard named name.
func NewQuickSightDashboard(
	ctx *pulumi.Context, name string, args *QuickSightDashboardArgs, opts ...pulumi.ResourceOption,
) (*QuickSightDashboard, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("reports %q: %w", name, err)
	}
	reports := &QuickSightDashboard{}
	if err := ctx.RegisterComponentResourceV2(quickSightDashboardType, name,
		pulumi.Map{"version": pulumi.String(args.Dashboard.Version)}, reports, opts...); err != nil {
		return nil, fmt.Errorf("reports %q: %w", name, err)
	}
	text, err := json.Marshal(args.template())
	if err != nil {
		return nil, fmt.Errorf("reports %q: template: %w", name, err)
	}
	if _, err := cloudformation.NewStack(ctx, name, &cloudformation.StackArgs{
		TemplateBody: pulumi.String(text),
		Parameters:   pulumi.StringMap{workgroupParameter: args.WorkgroupName, roleParameter: args.RoleARN},
	}, pulumi.Parent(reports), pulumi.DependsOn(args.After)); err != nil {
		return nil, fmt.Errorf("reports %q: stack: %w", name, err)
	}
	return reports, ctx.RegisterResourceOutputs(reports, pulumi.Map{})
}

// The template's parameters: what is known when their resources are.
const (
	workgroupParameter = "Workgroup"
	roleParameter      = "Role"
)

// object is a part of a template.
type object = map[string]any

// template is written after the CloudFormation Template Reference, AWS::QuickSight.
func (args *QuickSightDashboardArgs) template() object {
	const source = "Source"
	arnOf := func(resource string) object { return object{"Fn::GetAtt": []string{resource, "Arn"}} }
	resources := object{source: object{"Type": "AWS::QuickSight::DataSource", "Properties": object{
		"AwsAccountId": args.AccountID, "DataSourceId": args.id("lake"), "Name": args.Prefix, "Type": "ATHENA",
		"DataSourceParameters": object{"AthenaParameters": object{
			"WorkGroup": object{"Ref": workgroupParameter}, "RoleArn": object{"Ref": roleParameter},
		}},
	}}}
	var declared []object
	for _, dataset := range args.Dashboard.Datasets {
		contract := args.contract(dataset)
		readable := args.readable(contract)
		logical := "Data" + strings.ReplaceAll(dataset, "_", "")
		resources[logical] = object{"Type": "AWS::QuickSight::DataSet", "Properties": object{
			"AwsAccountId": args.AccountID, "DataSetId": args.id(dataset), "Name": dataset,
			"ImportMode": "DIRECT_QUERY",
			"PhysicalTableMap": object{strings.ReplaceAll(dataset, "_", "-"): object{"CustomSql": object{
				"DataSourceArn": arnOf(source), "Name": dataset, "SqlQuery": args.query(dataset, readable),
				"Columns": inputColumns(readable),
			}}},
		}}
		declared = append(declared, object{"Identifier": dataset, "DataSetArn": arnOf(logical)})
	}
	definition := object{"DataSetIdentifierDeclarations": declared}
	for key, value := range args.Dashboard.Definition {
		definition[key] = value
	}
	var permissions []object
	for _, viewer := range args.Viewers {
		permissions = append(permissions, object{"Principal": viewer, "Actions": []string{
			"quicksight:DescribeDashboard", "quicksight:ListDashboardVersions", "quicksight:QueryDashboard",
		}})
	}
	resources["Dashboard"] = object{"Type": "AWS::QuickSight::Dashboard", "Properties": object{
		"AwsAccountId": args.AccountID, "DashboardId": args.id("dashboard"), "Name": args.Dashboard.Name,
		"VersionDescription": args.Dashboard.Version, "Definition": definition, "Permissions": permissions,
	}}
	parameter := object{"Type": "String"}
	return object{
		"AWSTemplateFormatVersion": "2010-09-09",
		"Parameters":               object{workgroupParameter: parameter, roleParameter: parameter},
		"Resources":                resources,
	}
}

func (args *QuickSightDashboardArgs) id(what string) string {
	return strings.ReplaceAll(args.Prefix+"-"+what, "_", "-")
}

// columnKinds are QuickSight's types by Glue's (QuickSight API Reference, InputColumn).
var columnKinds = map[string]string{
	"string": "STRING", "bigint": "INTEGER", "int": "INTEGER", "double": "DECIMAL", "decimal": "DECIMAL",
	"timestamp": "DATETIME", "date": "DATETIME", "boolean": "BIT",
}

// readable are the contract's columns that the role may read, in its order.
func (args *QuickSightDashboardArgs) readable(contract *contracts.Contract) []contracts.Column {
	allowed := args.Readable(contract)
	return slices.DeleteFunc(slices.Clone(contract.Columns), func(column contracts.Column) bool {
		return !slices.Contains(allowed, column.Name)
	})
}

// query reads the columns in types that QuickSight has. Iceberg's instants are timestamps with time zone to Athena, and
// QuickSight skips what it cannot convert (Amazon Quick Sight User Guide, "Supported data types from external data
// sources": Athena).
func (args *QuickSightDashboardArgs) query(dataset string, columns []contracts.Column) string {
	var selected []string
	for _, column := range columns {
		expression := `"` + column.Name + `"`
		if column.Physical == "timestamp" {
			expression = fmt.Sprintf(`CAST(at_timezone(%[1]s, 'UTC') AS timestamp(3)) AS %[1]s`, expression)
		}
		selected = append(selected, expression)
	}
	return fmt.Sprintf(`SELECT %s FROM "%s"."%s"`, strings.Join(selected, ", "), args.DatabaseName, dataset)
}

func inputColumns(readable []contracts.Column) []object {
	var columns []object
	for _, column := range readable {
		kind, _, _ := strings.Cut(column.Physical, "(")
		columns = append(columns, object{"Name": column.Name, "Type": columnKinds[kind]})
	}
	return columns
}
