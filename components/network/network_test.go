package network_test

import (
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components/network"
	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
)

const (
	vpcToken      = "awsx:ec2:Vpc"
	endpointToken = "aws:ec2/vpcEndpoint:VpcEndpoint"
	tableURN      = "urn:pulumi:test::dataplatform::aws:ec2/routeTable:RouteTable::zone-a"
)

// run makes a network whose VPC, built by a plugin that is not here, has one route table.
func run(t *testing.T) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		provider, err := aws.NewProvider(ctx, "aws", &aws.ProviderArgs{Region: pulumi.String("eu-west-1")})
		if err != nil {
			return err
		}
		table, err := ec2.NewRouteTable(ctx, "zone-a", &ec2.RouteTableArgs{VpcId: pulumi.String("vpc-1")},
			pulumi.Provider(provider))
		if err != nil {
			return err
		}
		n, err := network.New(ctx, "network", &network.Args{
			CIDR: "10.40.0.0/16", Region: "eu-west-1", Interfaces: []string{"glue"}, AWS: provider,
		}, pulumi.Providers(provider), pulumi.DependsOn([]pulumi.Resource{table}))
		if err != nil {
			return err
		}
		return pulumitest.Observe(ctx, "network", pulumi.Map{"vpc": n.VPCID, "subnets": n.SubnetIDs})
	}, graph.WithOutputs(vpcToken, func(resource.PropertyMap) (resource.PropertyMap, error) {
		return resource.PropertyMap{
			"vpcId": resource.NewStringProperty("vpc-1"),
			"isolatedSubnetIds": resource.NewArrayProperty([]resource.PropertyValue{
				resource.NewStringProperty("subnet-a"), resource.NewStringProperty("subnet-b"),
			}),
			"routeTables": resource.NewArrayProperty([]resource.PropertyValue{
				resource.MakeCustomResourceReference(tableURN, "zone-a-id", ""),
			}),
		}, nil
	}))
}

func TestNetworkHasNoWayOut(t *testing.T) {
	rec := run(t)
	vpc := rec.One(t, vpcToken, "network")
	assert.Equal(t, "10.40.0.0/16", vpc.String(t, "cidrBlock"))
	assert.Equal(t, []any{map[string]any{"type": "Isolated"}}, vpc.Value("subnetSpecs"))
	assert.Equal(t, "None", vpc.String(t, "natGateways.strategy"))
	assert.Equal(t, "Auto", vpc.String(t, "subnetStrategy"))
	assert.InDelta(t, network.Zones, vpc.Number(t, "numberOfAvailabilityZones"), 0)
	assert.True(t, vpc.True("enableDnsSupport") && vpc.True("enableDnsHostnames"),
		"EC2 refuses an endpoint's private names without both")
	seen := rec.Observed(t, "network")
	assert.Equal(t, "vpc-1", seen.String(t, "vpc"))
	assert.Equal(t, []any{"subnet-a", "subnet-b"}, seen.Value("subnets"))
}

func TestVPCUsesExplicitProvidersOnly(t *testing.T) {
	rec := run(t)
	vpc := rec.One(t, vpcToken, "network")
	assert.Contains(t, vpc.Provider, "pulumi:providers:awsx::network-awsx")
	assert.Contains(t, vpc.Providers["aws"], "pulumi:providers:aws::aws")
	rec.AssertOneProvider(t, "aws")
}

func TestGatewayEndpointsAreRouted(t *testing.T) {
	rec := run(t)
	require.Len(t, rec.OfType(endpointToken), 3)
	for _, service := range []string{"s3", "dynamodb"} {
		endpoint := rec.One(t, endpointToken, "network-"+service)
		assert.Equal(t, "com.amazonaws.eu-west-1."+service, endpoint.String(t, "serviceName"))
		assert.Equal(t, "Gateway", endpoint.String(t, "vpcEndpointType"))
		assert.Equal(t, "vpc-1", endpoint.String(t, "vpcId"))
		assert.Equal(t, []any{"zone-a-id"}, endpoint.Value("routeTableIds"))
	}
}

func TestInterfaceEndpointsAnswerTheNetworkOnly(t *testing.T) {
	rec := run(t)
	endpoint := rec.One(t, endpointToken, "network-glue")
	assert.Equal(t, "Interface", endpoint.String(t, "vpcEndpointType"))
	assert.True(t, endpoint.True("privateDnsEnabled"))
	assert.Equal(t, []any{"subnet-a", "subnet-b"}, endpoint.Value("subnetIds"))
	group := rec.One(t, "aws:ec2/securityGroup:SecurityGroup", "network-endpoints")
	assert.Equal(t, []any{"10.40.0.0/16"}, group.Value("ingress[0].cidrBlocks"))
	assert.InDelta(t, 443, group.Number(t, "ingress[0].fromPort"), 0)
	assert.False(t, group.Has("egress"))
}

func TestNewRejects(t *testing.T) {
	tests := map[string]struct {
		give *network.Args
		want string
	}{
		"nothing":     {nil, "args are required"},
		"no range":    {&network.Args{}, `CIDR "": want the start`},
		"not a start": {&network.Args{CIDR: "10.40.0.1/16"}, `CIDR "10.40.0.1/16"`},
		"too wide":    {&network.Args{CIDR: "10.0.0.0/8"}, "with /16 to /24"},
		"too narrow":  {&network.Args{CIDR: "10.0.0.0/25"}, "with /16 to /24"},
		"IPv6":        {&network.Args{CIDR: "fd00::/16"}, "IPv4 range"},
		"no region":   {&network.Args{CIDR: "10.40.0.0/16"}, "Region is required"},
		"no AWS":      {&network.Args{CIDR: "10.40.0.0/16", Region: "eu-west-1"}, "AWS is required"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rec, err := pulumitest.RunErr(func(ctx *pulumi.Context) error {
				_, err := network.New(ctx, "network", tt.give)
				return err
			})
			require.ErrorContains(t, err, tt.want)
			assert.Empty(t, rec.All())
		})
	}
}
