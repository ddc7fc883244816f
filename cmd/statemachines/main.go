// Command statemachines prints every state machine that the project's stacks deploy, and one with everything on, as one
// JSON array, for validators. Run it from the repository's root.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"dataplatform/platform/preview"
)

const stateMachineToken = "aws:sfn/stateMachine:StateMachine"

// deployed is a definition and the state machine that runs it.
type deployed struct {
	Stack      string          `json:"stack"`
	Name       string          `json:"name"`
	Definition json.RawMessage `json:"definition"`
}

func main() {
	if err := run(".", os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "statemachines:", err)
		os.Exit(1)
	}
}

func run(root string, out io.Writer) error {
	recorded, err := preview.RecordAll(root)
	if err != nil {
		return err
	}
	all := []deployed{}
	for _, r := range recorded {
		for _, stateMachine := range r.Recorder.OfType(stateMachineToken) {
			definition, ok := stateMachine.Value("definition").(string)
			if !ok {
				return fmt.Errorf("stack %s: %s has no definition", r.Stack, stateMachine.Name)
			}
			all = append(all,
				deployed{Stack: r.Stack, Name: stateMachine.Name, Definition: json.RawMessage(definition)})
		}
	}
	return json.NewEncoder(out).Encode(all)
}
