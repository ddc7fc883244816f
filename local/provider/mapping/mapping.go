// Package mapping is the data that gives Terraform's resources the tokens and
// property names of the Pulumi SDK. It holds only what differs from what the
// bridge would do by itself.
package mapping

// Mapping covers the kinds that the platform uses.
type Mapping struct {
	// Resources and Functions by Terraform name.
	Resources map[string]*Kind
	Functions map[string]*Kind
	// Provider is the provider's own configuration.
	Provider map[string]*Field `json:",omitempty"`
	// Unserved are the SDK's properties that the Terraform provider does not know, each as "<terraform name>
	// <property>": how this provider differs from the official one.
	Unserved []string
}

// Kind is one resource or function.
type Kind struct {
	Token  string
	Fields map[string]*Field `json:",omitempty"`
	// ID names the properties that make the id of a resource whose Terraform
	// schema has none.
	ID []string `json:",omitempty"`
}

// Field is how one Terraform attribute appears in the SDK.
type Field struct {
	// Name in the SDK, where the bridge's rule gives another.
	Name string `json:",omitempty"`
	// Single says whether a list of Terraform is one object in the SDK.
	Single *bool `json:",omitempty"`
	// Type of the SDK: boolean, integer, number, string.
	Type string `json:",omitempty"`
	// Asset is archive or file.
	Asset string `json:",omitempty"`
	// JSON says that the SDK takes an object where Terraform wants its text.
	JSON bool `json:",omitempty"`
	// AutoNamed says that the engine makes the value when the program gives none.
	AutoNamed bool `json:",omitempty"`
	// OutputOnly says that the program cannot set it.
	OutputOnly bool `json:",omitempty"`
	// Fields are those of the nested object or of a list's element.
	Fields map[string]*Field `json:",omitempty"`
}

// Default reports whether f says nothing that the bridge does not know.
func (f *Field) Default() bool {
	return f.Name == "" && f.Single == nil && f.Type == "" && f.Asset == "" &&
		!f.JSON && !f.AutoNamed && !f.OutputOnly && len(f.Fields) == 0
}
