package generate

import (
	"slices"
	"strings"

	"dataplatform/local/provider/mapping"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// renamed are the properties whose SDK name no rule finds.
var renamed = map[string]string{
	"aws_cloudwatch_metric_alarm.alarm_name": "name",
	"aws_lambda_function.filename":           "code",
	"aws_lambda_function.function_name":      "name",
}

// deepest bounds nested objects that contain themselves.
const deepest = 24

// reconciler maps the attributes of one kind.
type reconciler struct {
	source   *source
	inputs   map[string]string
	unserved []string
	depth    int
}

// object maps the attributes of one object, at the kind's top level or nested:
// path is the Terraform name and attributes down to it, joined by dots.
func (r *reconciler) object(path string, schema shim.SchemaMap, properties []property) map[string]*mapping.Field {
	var attributes []string
	schema.Range(func(name string, _ shim.Schema) bool {
		if name != "id" || r.depth > 0 {
			attributes = append(attributes, name)
		}
		return true
	})
	slices.Sort(attributes)
	pairs := pair(path, schema, attributes, properties)

	fields := map[string]*mapping.Field{}
	served := map[string]bool{}
	for name, p := range pairs {
		served[p.name] = true
		attribute := schema.Get(name)
		field := &mapping.Field{}
		r.shape(path+"."+name, attribute, p, field)
		if propertyName(name, schema, field) != p.name {
			field.Name = p.name
		}
		if r.depth == 0 {
			r.argument(path+"."+name, attribute, p, field)
		}
		if !field.Default() {
			fields[name] = field
		}
	}
	for _, p := range properties {
		if !served[p.name] {
			r.unserved = append(r.unserved, path+" "+p.name)
		}
	}
	return fields
}

// bucketName is the one physical name that Terraform leaves optional under
// another name than "name".
const bucketName = "aws_s3_bucket.bucket"

// argument notes what concerns a resource's arguments: names that the engine
// makes, and attributes that the SDK does not let the program set.
func (r *reconciler) argument(path string, attribute shim.Schema, p property, field *mapping.Field) {
	if r.inputs == nil {
		return
	}
	kind, isInput := r.inputs[p.name]
	if p.name == "tagsAll" {
		field.OutputOnly = !isInput && attribute.Optional()
		return
	}
	// What Terraform demands and the SDK does not, the engine fills in.
	named := attribute.Required() || attribute.Optional() && (p.name == "name" || path == bucketName)
	if attribute.Type() == shim.TypeString && named && strings.HasPrefix(kind, "*") {
		field.AutoNamed, field.Name = true, p.name
	}
}

// pair decides which SDK property each attribute is: by the bridge's own rule,
// then by what is the same but for plural and case.
func pair(path string, schema shim.SchemaMap, attributes []string, properties []property) map[string]property {
	pairs := map[string]property{}
	taken := map[string]bool{}
	try := func(same func(name string, p property) bool) {
		for _, name := range attributes {
			if _, done := pairs[name]; done {
				continue
			}
			for _, p := range properties {
				if !taken[p.name] && same(name, p) {
					pairs[name], taken[p.name] = p, true
					break
				}
			}
		}
	}
	try(func(name string, p property) bool { return renamed[path+"."+name] == p.name })
	try(func(name string, p property) bool { return propertyName(name, schema, nil) == p.name })
	try(func(name string, p property) bool { return alike(name) == alike(p.name) })
	// topic_arn and function_name are topic and function where the SDK takes the
	// resource itself as well.
	try(func(name string, p property) bool {
		return p.kind == "any" && (name == p.name+"_arn" || name == p.name+"_name")
	})
	return pairs
}

// alike spells a name without case, separators and plural.
func alike(name string) string {
	name = strings.ToLower(strings.ReplaceAll(name, "_", ""))
	for suffix, singular := range map[string]string{"ies": "y", "ses": "s", "xes": "x", "ches": "ch"} {
		if stem, ok := strings.CutSuffix(name, suffix); ok {
			return stem + singular
		}
	}
	if !strings.HasSuffix(name, "ss") {
		name = strings.TrimSuffix(name, "s")
	}
	return name
}

// propertyName is the name that the bridge gives an attribute.
func propertyName(name string, schema shim.SchemaMap, field *mapping.Field) string {
	info := &tfbridge.SchemaInfo{}
	if field != nil {
		info.Name, info.MaxItemsOne = field.Name, field.Single
	}
	return tfbridge.TerraformToPulumiNameV2(name, schema, map[string]*tfbridge.SchemaInfo{name: info})
}
