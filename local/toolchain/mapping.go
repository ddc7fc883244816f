package toolchain

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Mapping builds the provider from source and returns the mapping that its
// generator makes of local/provider/kinds.txt: what mapping.json has to hold.
func (s *Setup) Mapping(ctx context.Context) ([]byte, error) {
	version, err := s.SDKVersion()
	if err != nil {
		return nil, err
	}
	built := s.builtProvider(version)
	dir, err := s.ensure(ctx, built)
	if err != nil {
		return nil, err
	}
	sdk, err := output(ctx, s.Root, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi-aws/sdk/v6")
	if err != nil {
		return nil, err
	}
	plugin := filepath.Join(dir, "plugins", "resource-aws-v"+version, providerBinary)
	cmd := exec.CommandContext(ctx, plugin, "-generate", filepath.Join(sdk, "go", "aws"))
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("generate the provider's mapping: %w", err)
	}
	return text, nil
}
