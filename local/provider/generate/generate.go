// Package generate ties the Terraform provider's schema to what the Pulumi AWS
// SDK declares, for the kinds that are listed: which SDK property each
// Terraform attribute is, and where its shape differs.
package generate

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dataplatform/local/provider/mapping"

	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// Mapping makes the mapping of the kinds, one "<terraform name> <token>" a
// line; classic tells resources of the classic plugin SDK from those of the
// framework, sdk is the folder with the SDK's Go sources (…/go/aws).
func Mapping(upstream shim.Provider, classic func(string) bool, sdk, kinds string) (*mapping.Mapping, error) {
	source := newSource(sdk)
	m := &mapping.Mapping{Resources: map[string]*mapping.Kind{}, Functions: map[string]*mapping.Kind{}}
	var problems []error
	for scan := bufio.NewScanner(strings.NewReader(kinds)); scan.Scan(); {
		line := strings.TrimSpace(scan.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, token, ok := strings.Cut(line, " ")
		if !ok {
			problems = append(problems, fmt.Errorf("kinds: %q is not a Terraform name and a token", line))
			continue
		}
		if err := add(m, upstream, classic, source, name, strings.TrimSpace(token)); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", name, err))
		}
	}
	settings, err := source.fields("", "providerArgs")
	if err != nil {
		problems = append(problems, err)
	}
	r := reconciler{source: source}
	m.Provider = r.object("provider", upstream.Schema(), settings)
	m.Unserved = append(m.Unserved, r.unserved...)
	slices.Sort(m.Unserved)
	return m, errors.Join(problems...)
}

// add maps one kind.
func add(
	m *mapping.Mapping, upstream shim.Provider, classic func(string) bool, source *source, name, token string,
) error {
	declared, err := source.kind(token)
	if err != nil {
		return err
	}
	r := reconciler{source: source, inputs: declared.inputs}
	defer func() { m.Unserved = append(m.Unserved, r.unserved...) }()
	if declared.function {
		data, ok := upstream.DataSourcesMap().GetOk(name)
		if !ok {
			return errors.New("the Terraform provider has no such data source")
		}
		m.Functions[name] = &mapping.Kind{Token: token, Fields: r.object(name, data.Schema(), declared.properties)}
		return nil
	}
	res, ok := upstream.ResourcesMap().GetOk(name)
	if !ok {
		return errors.New("the Terraform provider has no such resource")
	}
	kind := &mapping.Kind{Token: token, Fields: r.object(name, res.Schema(), declared.properties)}
	if !classic(name) {
		kind.ID = identifying(res.Schema(), kind.Fields)
	}
	m.Resources[name] = kind
	return nil
}

// identifying returns the properties that stand in for a missing id: the ARN,
// or else the required texts. It is empty for a schema with a computed id.
func identifying(schema shim.SchemaMap, fields map[string]*mapping.Field) []string {
	if id, ok := schema.GetOk("id"); ok && id.Type() == shim.TypeString && id.Computed() && !id.Optional() {
		return nil
	}
	if arn, ok := schema.GetOk("arn"); ok && arn.Type() == shim.TypeString && arn.Computed() && !arn.Optional() {
		return []string{"arn"}
	}
	var properties []string
	schema.Range(func(name string, s shim.Schema) bool {
		if s.Required() && s.Type() == shim.TypeString {
			properties = append(properties, propertyName(name, schema, fields[name]))
		}
		return true
	})
	slices.Sort(properties)
	return properties
}
