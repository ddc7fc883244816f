package preview

import (
	"fmt"
	"slices"
	"strings"
)

// Known refuses the name of a stack without settings.
func Known(root, name string) error {
	known, err := Names(root)
	if err != nil {
		return err
	}
	if !slices.Contains(known, name) {
		return fmt.Errorf("there is no stack %q; there are %s", name, strings.Join(known, ", "))
	}
	return nil
}
