// Package network is the private network, apart from the other components because awsx imports the whole of the ec2
// SDK.
package network

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-awsx/sdk/v2/go/awsx"
	awsxec2 "github.com/pulumi/pulumi-awsx/sdk/v2/go/awsx/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const networkType = "dataplatform:network:Network"

// Zones is how many availability zones the network spans: what Redshift Serverless asks for (Redshift Management Guide,
// considerations).
const Zones = 3

// AWS allows a network of /16 to /28; below /24 too few addresses are left in a zone for a Glue job.
const minBits, maxBits = 16, 24

// Args configures a Network.
type Args struct {
	// CIDR is the network's IPv4 range, for example 10.40.0.0/16: /16 to /24. Required.
	CIDR string
	// Region the network is in. Required.
	Region string
	// Interfaces are the services that are reached by interface endpoints, each paid by the hour and zone, for example
	// glue.
	Interfaces []string
	// AWS is the provider of the resources that awsx makes. Required.
	AWS pulumi.ProviderResource
}

func (args *Args) validate() error {
	if args == nil {
		return errors.New("args are required")
	}
	var problems []error
	prefix, err := netip.ParsePrefix(args.CIDR)
	if err != nil || !prefix.Addr().Is4() || prefix != prefix.Masked() || prefix.Bits() < minBits ||
		prefix.Bits() > maxBits {
		problems = append(problems,
			fmt.Errorf("CIDR %q: want the start of an IPv4 range with /%d to /%d", args.CIDR, minBits, maxBits))
	}
	if args.Region == "" {
		problems = append(problems, errors.New("Region is required"))
	}
	if args.AWS == nil {
		problems = append(problems, errors.New("AWS is required"))
	}
	return errors.Join(problems...)
}

// Network is a VPC of isolated subnets: no way to the internet and none from it, S3 and DynamoDB by gateway endpoints,
// other services by interface endpoints.
type Network struct {
	pulumi.ResourceState
	VPCID     pulumi.StringOutput      `pulumi:"vpcId"`
	SubnetIDs pulumi.StringArrayOutput `pulumi:"subnetIds"`
}

// New registers a Network named name.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Network, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("network %q: %w", name, err)
	}
	network := &Network{}
	if err := ctx.RegisterComponentResourceV2(networkType, name, pulumi.Map{"cidr": pulumi.String(args.CIDR)}, network,
		opts...); err != nil {
		return nil, fmt.Errorf("network %q: %w", name, err)
	}
	parent := pulumi.Parent(network)
	// awsx is a component that a plugin builds; with default providers off it needs its own and the one it builds with.
	provider, err := awsx.NewProvider(ctx, name+"-awsx", &awsx.ProviderArgs{}, parent)
	if err != nil {
		return nil, fmt.Errorf("network %q: awsx: %w", name, err)
	}
	zones, cidr, strategy := Zones, args.CIDR, awsxec2.SubnetAllocationStrategyAuto
	vpc, err := awsxec2.NewVpc(ctx, name, &awsxec2.VpcArgs{
		CidrBlock: &cidr, NumberOfAvailabilityZones: &zones,
		// Private names of interface endpoints need both; awsx leaves the second off (Amazon VPC, AWS PrivateLink,
		// "Private DNS").
		EnableDnsSupport: pulumi.Bool(true), EnableDnsHostnames: pulumi.Bool(true),
		NatGateways:    &awsxec2.NatGatewayConfigurationArgs{Strategy: awsxec2.NatGatewayStrategyNone},
		SubnetStrategy: &strategy,
		SubnetSpecs:    []awsxec2.SubnetSpecArgs{{Type: awsxec2.SubnetTypeIsolated}},
	}, parent, pulumi.Provider(provider), pulumi.Providers(args.AWS, provider))
	if err != nil {
		return nil, fmt.Errorf("network %q: vpc: %w", name, err)
	}
	if err := newEndpoints(ctx, name, args.Region, vpc, parent); err != nil {
		return nil, fmt.Errorf("network %q: %w", name, err)
	}
	if err := newInterfaces(ctx, name, args, vpc, parent); err != nil {
		return nil, fmt.Errorf("network %q: %w", name, err)
	}
	network.VPCID, network.SubnetIDs = vpc.VpcId, vpc.IsolatedSubnetIds
	return network, ctx.RegisterResourceOutputs(network,
		pulumi.Map{"vpcId": network.VPCID, "subnetIds": network.SubnetIDs})
}

// newEndpoints registers the gateway endpoints, which cost nothing. awsx could make them too, but with no route leading
// to them: it knows its route tables only after its endpoints.
func newEndpoints(ctx *pulumi.Context, name, region string, vpc *awsxec2.Vpc, parent pulumi.ResourceOption) error {
	tables := vpc.RouteTables.ApplyT(func(tables []*ec2.RouteTable) pulumi.StringArrayOutput {
		ids := make(pulumi.StringArray, 0, len(tables))
		for _, table := range tables {
			ids = append(ids, table.ID().ToStringOutput())
		}
		return ids.ToStringArrayOutput()
	}).(pulumi.StringArrayOutput)
	for _, service := range []string{"s3", "dynamodb"} {
		if _, err := ec2.NewVpcEndpoint(ctx, name+"-"+service, &ec2.VpcEndpointArgs{
			VpcId: vpc.VpcId, ServiceName: pulumi.String("com.amazonaws." + region + "." + service),
			VpcEndpointType: pulumi.String("Gateway"), RouteTableIds: tables,
		}, parent); err != nil {
			return fmt.Errorf("endpoint of %s: %w", service, err)
		}
	}
	return nil
}

// newInterfaces registers the interface endpoints. Who is in the network reaches them, and nobody else.
func newInterfaces(ctx *pulumi.Context, name string, args *Args, vpc *awsxec2.Vpc, parent pulumi.ResourceOption) error {
	if len(args.Interfaces) == 0 {
		return nil
	}
	group, err := ec2.NewSecurityGroup(ctx, name+"-endpoints", &ec2.SecurityGroupArgs{
		Description: pulumi.String("HTTPS from the network to its endpoints"), VpcId: vpc.VpcId,
		Ingress: ec2.SecurityGroupIngressArray{&ec2.SecurityGroupIngressArgs{
			Description: pulumi.String("HTTPS from the network"), Protocol: pulumi.String("tcp"),
			FromPort: pulumi.Int(443), ToPort: pulumi.Int(443), CidrBlocks: pulumi.ToStringArray([]string{args.CIDR}),
		}},
	}, parent)
	if err != nil {
		return fmt.Errorf("security group of the endpoints: %w", err)
	}
	for _, service := range args.Interfaces {
		if _, err := ec2.NewVpcEndpoint(ctx, name+"-"+service, &ec2.VpcEndpointArgs{
			VpcId: vpc.VpcId, ServiceName: pulumi.String("com.amazonaws." + args.Region + "." + service),
			VpcEndpointType: pulumi.String("Interface"), SubnetIds: vpc.IsolatedSubnetIds,
			SecurityGroupIds: pulumi.StringArray{group.ID()}, PrivateDnsEnabled: pulumi.Bool(true),
		}, parent); err != nil {
			return fmt.Errorf("endpoint of %s: %w", service, err)
		}
	}
	return nil
}
