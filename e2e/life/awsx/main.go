// Command awsx stands in for the plugin of awsx, a program of Node's that is not served everywhere: it makes of
// awsx:ec2:Vpc what the network of the platform asks for and no more, a VPC with an isolated subnet and a route table
// in each zone.
package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
)

const (
	vpcType = "awsx:ec2:Vpc"
	version = "2.22.0"
)

func main() {
	if err := provider.ComponentMain("awsx", version, []byte(`{"name":"awsx","version":"`+version+`"}`),
		construct); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type vpcArgs struct {
	CidrBlock                 string       `pulumi:"cidrBlock"`
	NumberOfAvailabilityZones int          `pulumi:"numberOfAvailabilityZones"`
	EnableDNSSupport          bool         `pulumi:"enableDnsSupport"`
	EnableDNSHostnames        bool         `pulumi:"enableDnsHostnames"`
	SubnetSpecs               []subnetSpec `pulumi:"subnetSpecs"`
	SubnetStrategy            string       `pulumi:"subnetStrategy"`
	NatGateways               natGateways  `pulumi:"natGateways"`
}

type subnetSpec struct {
	Type string `pulumi:"type"`
}

type natGateways struct {
	Strategy string `pulumi:"strategy"`
}

type vpc struct {
	pulumi.ResourceState
	VpcID             pulumi.StringOutput      `pulumi:"vpcId"`
	IsolatedSubnetIDs pulumi.StringArrayOutput `pulumi:"isolatedSubnetIds"`
	RouteTables       pulumi.ArrayOutput       `pulumi:"routeTables"`
}

func construct(
	ctx *pulumi.Context, kind, name string, inputs provider.ConstructInputs, options pulumi.ResourceOption,
) (*provider.ConstructResult, error) {
	if kind != vpcType {
		return nil, fmt.Errorf("%s is not made here", kind)
	}
	var args vpcArgs
	if err := inputs.CopyTo(&args); err != nil {
		return nil, err
	}
	v, err := newVPC(ctx, name, args, options)
	if err != nil {
		return nil, err
	}
	return provider.NewConstructResult(v)
}

func newVPC(ctx *pulumi.Context, name string, args vpcArgs, options pulumi.ResourceOption) (*vpc, error) {
	if len(args.SubnetSpecs) != 1 || args.SubnetSpecs[0].Type != "Isolated" || args.SubnetStrategy != "Auto" ||
		args.NatGateways.Strategy != "None" {
		return nil, errors.New("only isolated subnets are made here")
	}
	blocks, err := split(args.CidrBlock, args.NumberOfAvailabilityZones)
	if err != nil {
		return nil, err
	}
	v := &vpc{}
	if err := ctx.RegisterComponentResource(vpcType, name, v, options); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(v)
	made, err := ec2.NewVpc(ctx, name, &ec2.VpcArgs{
		CidrBlock: pulumi.String(args.CidrBlock), EnableDnsSupport: pulumi.Bool(args.EnableDNSSupport),
		EnableDnsHostnames: pulumi.Bool(args.EnableDNSHostnames),
	}, parent)
	if err != nil {
		return nil, err
	}
	var subnets pulumi.StringArray
	var tables pulumi.Array
	for i, block := range blocks {
		part := fmt.Sprintf("%s-isolated-%d", name, i+1)
		subnet, err := ec2.NewSubnet(ctx, part, &ec2.SubnetArgs{
			// the emulator's region
			VpcId: made.ID(), CidrBlock: pulumi.String(block), AvailabilityZone: pulumi.Sprintf("eu-west-1%c", 'a'+i),
		}, parent)
		if err != nil {
			return nil, err
		}
		table, err := ec2.NewRouteTable(ctx, part, &ec2.RouteTableArgs{VpcId: made.ID()}, parent)
		if err != nil {
			return nil, err
		}
		if _, err := ec2.NewRouteTableAssociation(ctx, part,
			&ec2.RouteTableAssociationArgs{SubnetId: subnet.ID(), RouteTableId: table.ID()}, parent); err != nil {
			return nil, err
		}
		subnets, tables = append(subnets, subnet.ID().ToStringOutput()), append(tables, table)
	}
	v.VpcID, v.IsolatedSubnetIDs, v.RouteTables = made.ID().ToStringOutput(), subnets.ToStringArrayOutput(),
		tables.ToArrayOutput()
	return v, ctx.RegisterResourceOutputs(v,
		pulumi.Map{"vpcId": v.VpcID, "isolatedSubnetIds": v.IsolatedSubnetIDs, "routeTables": v.RouteTables})
}

// split is a range in as many equal parts as there are zones, four at most.
func split(cidr string, zones int) ([]string, error) {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		return nil, err
	}
	if zones < 1 || zones > 4 || !prefix.Addr().Is4() || prefix.Bits() > 28 {
		return nil, fmt.Errorf("%s in %d zones: want 1 to 4 parts of an IPv4 range", cidr, zones)
	}
	start, size := prefix.Addr().As4(), uint32(1)<<(30-prefix.Bits())
	first := uint32(start[0])<<24 | uint32(start[1])<<16 | uint32(start[2])<<8 | uint32(start[3])
	var blocks []string
	for i := range uint32(zones) {
		at := first + i*size
		blocks = append(blocks,
			fmt.Sprintf("%d.%d.%d.%d/%d", byte(at>>24), byte(at>>16), byte(at>>8), byte(at), prefix.Bits()+2))
	}
	return blocks, nil
}
