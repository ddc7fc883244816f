// Command pulumi-resource-aws is the AWS provider plugin for machines that
// cannot download the official one: the Terraform AWS provider's code behind
// the tokens and property names of the Pulumi AWS SDK. It serves the kinds
// listed in kinds.txt, deploys to emulators only, and says so in its version.
//
// With -generate and the folder of the SDK's Go sources it prints the mapping
// that belongs to those kinds (mapping.json) instead of serving.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"

	"dataplatform/local/provider/generate"
	"dataplatform/local/provider/mapping"

	"github.com/hashicorp/terraform-provider-aws/xpprovider"
	pfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

// sdkVersion is the SDK's, which the engine asks for; version, which the plugin
// answers, is the same to the engine: what follows a plus sign does not count.
const (
	sdkVersion = "6.83.2"
	version    = sdkVersion + "+emulators.only"
)

//go:embed kinds.txt
var kinds string

//go:embed mapping.json
var mappingText []byte

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 1 && (args[0] == "-version" || args[0] == "--version") {
		fmt.Println(version) // before the provider is built, which takes seconds
		return nil
	}
	upstream, classic, err := upstreamProvider(ctx)
	if err != nil {
		return err
	}
	if len(args) == 2 && args[0] == "-generate" {
		return printMapping(upstream, classic, args[1])
	}
	var m mapping.Mapping
	if err := json.Unmarshal(mappingText, &m); err != nil {
		return fmt.Errorf("mapping.json: %w", err)
	}
	info := providerInfo(upstream, &m)
	schema, err := dispatch(&info)
	if err != nil {
		return err
	}
	pfbridge.MainWithMuxer(ctx, "aws", info, schema)
	return nil
}

// upstreamProvider joins the two halves of the Terraform provider: resources on
// the classic plugin SDK and those on the newer framework. classic tells which
// half a resource is of.
func upstreamProvider(ctx context.Context) (p shim.Provider, classic func(string) bool, err error) {
	framework, sdk, err := xpprovider.GetProvider(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("terraform provider: %w", err)
	}
	onlyEmulators(sdk)
	classic = func(name string) bool { _, ok := sdk.ResourcesMap[name]; return ok }
	return pfbridge.MuxShimWithDisjointgPF(ctx, shimv2.NewProvider(sdk), framework), classic, nil
}

func printMapping(upstream shim.Provider, classic func(string) bool, sdk string) error {
	m, err := generate.Mapping(upstream, classic, sdk, kinds)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	return encoder.Encode(m)
}
