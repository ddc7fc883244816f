package stack

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"

	"dataplatform/platform/outputs"
)

func decodeOutputs(from auto.OutputMap) (outputs.Outputs, error) {
	values := make(map[string]any, len(from))
	for name, output := range from {
		values[name] = output.Value
	}
	text, err := json.Marshal(values)
	if err != nil {
		return outputs.Outputs{}, fmt.Errorf("stack outputs: %w", err)
	}
	var decoded outputs.Outputs
	if err := json.Unmarshal(text, &decoded); err != nil {
		return outputs.Outputs{}, fmt.Errorf("stack outputs: %w", err)
	}
	return decoded, nil
}
