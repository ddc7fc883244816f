package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"dataplatform/local/provider/mapping"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/x/muxer"
	"github.com/pulumi/pulumi-terraform-bridge/v3/unstable/metadata"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// providerInfo describes the plugin to the bridge. Kinds without a mapping are
// not served.
func providerInfo(upstream shim.Provider, m *mapping.Mapping) tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P: upstream, Name: "aws", ResourcePrefix: "aws", GitHubOrg: "hashicorp", Version: version,
		MetadataInfo: tfbridge.NewProviderMetadata(nil),
		Resources:    map[string]*tfbridge.ResourceInfo{},
		DataSources:  map[string]*tfbridge.DataSourceInfo{},
		Config:       fields("", m.Provider),
		// Its attributes are those of the classic half, which validates them.
		SkipValidateProviderConfigForPluginFramework: true,
	}
	for name, kind := range m.Resources {
		r := &tfbridge.ResourceInfo{Tok: tokens.Type(kind.Token), Fields: fields(name, kind.Fields)}
		if len(kind.ID) > 0 {
			r.ComputeID = idOf(kind.ID)
		}
		info.Resources[name] = r
	}
	for name, kind := range m.Functions {
		info.DataSources[name] = &tfbridge.DataSourceInfo{
			Tok: tokens.ModuleMember(kind.Token), Fields: fields("", kind.Fields),
		}
	}
	ignore := func(name string) {
		if info.Resources[name] == nil && info.DataSources[name] == nil {
			info.IgnoreMappings = append(info.IgnoreMappings, name)
		}
	}
	upstream.ResourcesMap().Range(func(name string, _ shim.Resource) bool { ignore(name); return true })
	upstream.DataSourcesMap().Range(func(name string, _ shim.Resource) bool { ignore(name); return true })
	setDefault(info.Config, "region", &tfbridge.DefaultInfo{EnvVars: []string{"AWS_REGION", "AWS_DEFAULT_REGION"}})
	// As the official provider has it: no look-up of an instance's own role.
	setDefault(info.Config, "skip_metadata_api_check", &tfbridge.DefaultInfo{Value: true})
	setDefault(info.Config, "skip_region_validation", &tfbridge.DefaultInfo{Value: true})
	return info
}

func setDefault(config map[string]*tfbridge.SchemaInfo, key string, value *tfbridge.DefaultInfo) {
	if config[key] == nil {
		config[key] = &tfbridge.SchemaInfo{}
	}
	config[key].Default = value
}

// fields turns mapped fields into what the bridge calls schema infos. of is the
// Terraform name of the resource, empty below its top level.
func fields(of string, mapped map[string]*mapping.Field) map[string]*tfbridge.SchemaInfo {
	infos := make(map[string]*tfbridge.SchemaInfo, len(mapped))
	for name, f := range mapped {
		info := &tfbridge.SchemaInfo{Name: f.Name}
		if f.AutoNamed {
			info = autoNamed(of+"."+name, f.Name)
		}
		info.MaxItemsOne = f.Single
		info.Type = tokens.Type(f.Type)
		switch f.Asset {
		case "archive":
			info.Asset = &tfbridge.AssetTranslation{Kind: tfbridge.FileArchive, Format: resource.ZIPArchive}
			if of == "aws_lambda_function" {
				// What makes the function's code change when the archive's content does.
				info.Asset.HashField = "source_code_hash"
			}
		case "file":
			info.Asset = &tfbridge.AssetTranslation{Kind: tfbridge.FileAsset}
		}
		if f.JSON {
			info.Transform = tfbridge.TransformJSONDocument
		}
		if f.OutputOnly {
			info.MarkAsComputedOnly, info.MarkAsOptional = tfbridge.True(), tfbridge.False()
		}
		if len(f.Fields) > 0 {
			info.Elem = &tfbridge.SchemaInfo{Fields: fields("", f.Fields)}
		}
		infos[name] = info
	}
	return infos
}

// idOf joins the properties that identify a resource without an id attribute.
func idOf(properties []string) tfbridge.ComputeID {
	return func(_ context.Context, state resource.PropertyMap) (resource.ID, error) {
		if id, ok := state["id"]; ok && id.IsString() && id.StringValue() != "" {
			return resource.ID(id.StringValue()), nil
		}
		var parts []string
		for _, property := range properties {
			switch value := plain(state[resource.PropertyKey(property)]); {
			case value.IsNull():
			case value.IsString():
				parts = append(parts, value.StringValue())
			default:
				text, err := json.Marshal(value.Mappable())
				if err != nil {
					return "", err
				}
				parts = append(parts, string(text))
			}
		}
		if len(parts) == 0 {
			return "", fmt.Errorf("no id: none of %v is set", properties)
		}
		return resource.ID(strings.Join(parts, ",")), nil
	}
}

func plain(value resource.PropertyValue) resource.PropertyValue {
	for value.IsSecret() {
		value = value.SecretValue().Element
	}
	if value.IsOutput() {
		return value.OutputValue().Element
	}
	return value
}

// dispatch computes which half of the provider serves which kind, which the
// official build computes ahead of time, and returns the least schema that the
// bridge's server takes.
func dispatch(info *tfbridge.ProviderInfo) ([]byte, error) {
	resolver, ok := info.P.(interface {
		ResolveDispatch(*tfbridge.ProviderInfo) (muxer.DispatchTable, error)
	})
	if !ok {
		return nil, errors.New("the bridge's joined provider no longer resolves its dispatch table")
	}
	table, err := resolver.ResolveDispatch(info)
	if err != nil {
		return nil, fmt.Errorf("dispatch table: %w", err)
	}
	if err := metadata.Set(info.GetMetadata(), "mux", table); err != nil {
		return nil, fmt.Errorf("dispatch table: %w", err)
	}
	return json.Marshal(map[string]string{"name": "aws", "version": sdkVersion})
}
