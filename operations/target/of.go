package target

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"dataplatform/internal/running"
	"dataplatform/platform/outputs"
)

// Of is a stack's outputs, and how to talk to where it is: the platform that runs here, by the record below root, or with a file of
// outputs AWS.
func Of(ctx context.Context, root, outputsFile string) (outputs.Outputs, aws.Config, error) {
	if outputsFile == "" {
		here, err := running.Read(root)
		if err != nil {
			return outputs.Outputs{}, aws.Config{}, err
		}
		return here.Outputs, Config(here.Endpoint, here.Outputs.Region), nil
	}
	text, err := os.ReadFile(outputsFile)
	if err != nil {
		return outputs.Outputs{}, aws.Config{}, err
	}
	var found outputs.Outputs
	if err := json.Unmarshal(text, &found); err != nil {
		return outputs.Outputs{}, aws.Config{}, fmt.Errorf("%s: %w", outputsFile, err)
	}
	configuration, err := config.LoadDefaultConfig(ctx, config.WithRegion(found.Region))
	return found, configuration, err
}
