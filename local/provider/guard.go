package main

import (
	"context"
	"os"

	"dataplatform/local/provider/target"

	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
)

// onlyEmulators lets the provider be configured for an emulator and for nothing else. Every operation of the engine
// configures it, a destroy too, and without a configuration it has no client.
func onlyEmulators(provider *schema.Provider) {
	configure := provider.ConfigureContextFunc
	provider.ConfigureContextFunc = func(ctx context.Context, d *schema.ResourceData) (any, diag.Diagnostics) {
		var configured []string
		if endpoints, ok := d.Get("endpoints").(*schema.Set); ok {
			for _, services := range endpoints.List() {
				for _, address := range services.(map[string]any) {
					if text, ok := address.(string); ok && text != "" {
						configured = append(configured, text)
					}
				}
			}
		}
		address, err := target.Emulator(configured, os.Environ())
		if err != nil {
			return nil, diag.FromErr(err)
		}
		// A service that the configuration forgot would be called on AWS otherwise.
		for name, value := range map[string]string{
			"AWS_ENDPOINT_URL": address, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
		} {
			if err := os.Setenv(name, value); err != nil {
				return nil, diag.FromErr(err)
			}
		}
		return configure(ctx, d)
	}
}
