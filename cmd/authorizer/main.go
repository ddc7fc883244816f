// Command authorize answers the emulator's questions who may do what. It reads them from its standard input and answers
// on its standard output, which the emulator makes two ends of a socket, and ends when the emulator does.
package main

import (
	"fmt"
	"os"

	"dataplatform/local/authorizer"
)

func main() {
	if err := authorizer.Serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "authorize:", err)
		os.Exit(1)
	}
}
