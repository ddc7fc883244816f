package generate

import (
	"strings"

	"dataplatform/local/provider/mapping"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// shape notes where the SDK's type of a property is not what the bridge makes
// of the attribute.
func (r *reconciler) shape(path string, attribute shim.Schema, p property, field *mapping.Field) {
	kind := strings.TrimPrefix(p.kind, "*")
	switch attribute.Type() {
	case shim.TypeList, shim.TypeSet:
		element, many := strings.CutPrefix(kind, "[]")
		if single := !many; single != tfbridge.IsMaxItemsOne(attribute, nil) {
			field.Single = &single
		}
		r.nested(path, attribute, element, field)
	case shim.TypeMap:
		r.nested(path, attribute, kind, field)
	case shim.TypeString:
		switch kind {
		case "any":
			// The SDK takes an object for a document, but a resource for a reference.
			field.JSON = strings.HasSuffix(path, "policy")
		case "pulumi.Archive":
			field.Asset = "archive"
		case "pulumi.AssetOrArchive", "pulumi.Asset":
			field.Asset = "file"
		default:
			field.Type = other("string", kind)
		}
	case shim.TypeBool:
		field.Type = other("boolean", kind)
	case shim.TypeInt:
		field.Type = other("integer", kind)
	case shim.TypeFloat:
		field.Type = other("number", kind)
	}
}

// nested maps the fields of an object or of a list's elements.
func (r *reconciler) nested(path string, attribute shim.Schema, kind string, field *mapping.Field) {
	element, ok := attribute.Elem().(shim.Resource)
	if !ok || r.depth >= deepest {
		return
	}
	properties, ok := r.source.object(kind)
	if !ok {
		return
	}
	r.depth++
	field.Fields = r.object(path, element.Schema(), properties)
	r.depth--
}

// other returns the bridge's word for the SDK's type where it isn't the one
// that the attribute's own type gives.
func other(own, kind string) string {
	word, ok := map[string]string{"string": "string", "bool": "boolean", "int": "integer", "float64": "number"}[kind]
	if !ok || word == own { // an enumeration's type is a text of its own name
		return ""
	}
	return word
}
