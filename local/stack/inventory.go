package stack

import (
	"context"
	"maps"
	"slices"
)

// Inventory lists the ids of everything that exists, by service.
type Inventory map[string][]string

// Inventory asks the emulator what exists now.
func (p *Platform) Inventory(ctx context.Context) (Inventory, error) {
	var now Inventory
	err := p.Call(ctx, "GET", "inventory", nil, &now)
	return now, err
}

// Left lists, as "service id", what exists now and did not before the first
// Up: what a destroy must not leave.
func (p *Platform) Left(ctx context.Context) ([]string, error) {
	now, err := p.Inventory(ctx)
	if err != nil {
		return nil, err
	}
	return now.beyond(p.before), nil
}

// beyond lists what i has and before has not, sorted.
func (i Inventory) beyond(before Inventory) []string {
	left := []string{}
	for _, service := range slices.Sorted(maps.Keys(i)) {
		for _, id := range slices.Sorted(slices.Values(i[service])) {
			if !slices.Contains(before[service], id) {
				left = append(left, service+" "+id)
			}
		}
	}
	return left
}
