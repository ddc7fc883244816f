package components

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const dashboardType = "dataplatform:operations:Dashboard"

// A dashboard is 24 units wide.
const (
	dashboardWidth = 24
	titleHeight    = 1
	graphHeight    = 6
)

// CloudWatch PutDashboard.
var dashboardName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

// Row is one component's line of the stack's dashboard. Components make their own.
type WidgetRow struct {
	Title  string
	Graphs []Graph
}

// Graph draws metrics over time.
type Graph struct {
	Title string
	Lines []metric
}

// DashboardArgs configures a Dashboard.
type DashboardArgs struct {
	// DashboardName is its name in the account. Required.
	DashboardName string
	// Region of the metrics. Required.
	Region string
	// Widgets from top to bottom. Required.
	Widgets []WidgetRow
}

func (args *DashboardArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.that(dashboardName.MatchString(args.DashboardName),
		"DashboardName %q: want 1 to 255 letters, digits, - and _", args.DashboardName)
	c.text("Region", args.Region)
	c.that(len(args.Widgets) > 0, "Rows is required")
	for i, row := range args.Widgets {
		c.that(row.Title != "" && len(row.Graphs) > 0, "Rows[%d] %q: want a title and graphs", i, row.Title)
	}
	return c.err()
}

// Dashboard shows every component of a stack on one page.
type Dashboard struct {
	pulumi.ResourceState
	// Name of the CloudWatch dashboard.
	Name pulumi.StringOutput `pulumi:"name"`
}

// NewDashboard registers a Dashboard named name.
func NewDashboard(
	ctx *pulumi.Context, name string, args *DashboardArgs, opts ...pulumi.ResourceOption,
) (*Dashboard, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("dashboard %q: %w", name, err)
	}
	dashboard := &Dashboard{}
	if err := ctx.RegisterComponentResourceV2(dashboardType, name, pulumi.Map{
		"region": pulumi.String(args.Region), "rows": pulumi.Int(len(args.Widgets)),
	}, dashboard, opts...); err != nil {
		return nil, fmt.Errorf("dashboard %q: %w", name, err)
	}
	board, err := cloudwatch.NewDashboard(ctx, name, &cloudwatch.DashboardArgs{
		DashboardName: pulumi.String(args.DashboardName), DashboardBody: pulumi.JSONMarshal(dashboardBody(args)),
	}, pulumi.Parent(dashboard))
	if err != nil {
		return nil, fmt.Errorf("dashboard %q: %w", name, err)
	}
	dashboard.Name = board.DashboardName
	return dashboard, ctx.RegisterResourceOutputs(dashboard, pulumi.Map{"name": dashboard.Name})
}

// dashboardBody lays the rows out: a title, then its graphs side by side.
func dashboardBody(args *DashboardArgs) pulumi.Map {
	var widgets pulumi.Array
	top := 0
	for _, row := range args.Widgets {
		widgets = append(widgets, widget("text", 0, top, dashboardWidth, titleHeight,
			pulumi.Map{"markdown": pulumi.String("## " + row.Title)}))
		top += titleHeight
		width := dashboardWidth / len(row.Graphs)
		for i, graph := range row.Graphs {
			var lines pulumi.Array
			for _, line := range graph.Lines {
				lines = append(lines, line.drawn())
			}
			widgets = append(widgets, widget("metric", i*width, top, width, graphHeight, pulumi.Map{
				"title": pulumi.String(graph.Title), "region": pulumi.String(args.Region),
				"view": pulumi.String("timeSeries"), "period": pulumi.Int(60), "metrics": lines,
			}))
		}
		top += graphHeight
	}
	return pulumi.Map{"widgets": widgets}
}

func widget(kind string, x, y, width, height int, properties pulumi.Map) pulumi.Map {
	return pulumi.Map{"type": pulumi.String(kind), "x": pulumi.Int(x), "y": pulumi.Int(y),
		"width": pulumi.Int(width), "height": pulumi.Int(height), "properties": properties}
}

// drawn is the metric in the dashboard's own notation: namespace, name, dimensions in pairs, options.
func (m metric) drawn() pulumi.Array {
	line := pulumi.Array{pulumi.String(m.Namespace), pulumi.String(m.Name)}
	for _, d := range m.Dimensions {
		line = append(line, pulumi.String(d.Name), d.Value)
	}
	return append(line, pulumi.Map{"stat": pulumi.String(m.Statistic)})
}
