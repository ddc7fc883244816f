// Package released holds every released version of every contract, as <id>/<version>.odcs.yaml. It is a package of its
// own so that only a program that needs the history carries it.
package released

import "embed"

// Files are the released versions.
//
//go:embed */*.odcs.yaml
var Files embed.FS
