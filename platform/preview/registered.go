package preview

import (
	"dataplatform/internal/registered"
)

// Registered is what a stack registers, in plain Go.
func Registered(root, stack string) ([]registered.Resource, error) {
	rec, err := Record(root, stack)
	if err != nil {
		return nil, err
	}
	all := rec.All()
	resources := make([]registered.Resource, 0, len(all))
	for _, r := range all {
		inputs := map[string]any{}
		for key := range r.Inputs {
			inputs[string(key)] = r.Value(string(key))
		}
		resources = append(resources, registered.Resource{Type: r.Type, Name: r.Name, Inputs: inputs})
	}
	return resources, nil
}
