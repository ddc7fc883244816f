// Package governance says who may see what of the lake, and tells whether Lake Formation agrees.
//
// The rules are pure data, derived from the contracts and the roles of a stack. From them come the grants that the
// program makes, the table of expectations that `dataplatform grants` checks, and what `dataplatform doctor` asks for.
// Nothing here knows Pulumi or AWS's SDK.
package governance
