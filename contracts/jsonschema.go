package contracts

import (
	"encoding/json"
	"fmt"
)

// schemaNode is the part of JSON Schema draft-07 that contracts need. Field order is the order of the keys.
type schemaNode struct {
	Schema               string                `json:"$schema,omitempty"`
	Title                string                `json:"title,omitempty"`
	Description          string                `json:"description,omitempty"`
	Type                 any                   `json:"type,omitempty"` // a name, or [name, "null"]
	Format               string                `json:"format,omitempty"`
	Enum                 []any                 `json:"enum,omitempty"`
	Pattern              string                `json:"pattern,omitempty"`
	MinLength            *int                  `json:"minLength,omitempty"`
	MaxLength            *int                  `json:"maxLength,omitempty"`
	Minimum              *float64              `json:"minimum,omitempty"`
	Maximum              *float64              `json:"maximum,omitempty"`
	Properties           map[string]schemaNode `json:"properties,omitempty"`
	Required             []string              `json:"required,omitempty"`
	AdditionalProperties *bool                 `json:"additionalProperties,omitempty"`
}

// JSONSchema is the JSON Schema (draft-07) of one row, or, when the dataset carries events as JSON text, of one event.
// Objects are closed. Optional fields may be absent or null.
func (c *Contract) JSONSchema() ([]byte, error) {
	columns := c.Event()
	if columns == nil {
		columns = c.Columns
	}
	node := objectSchema(columns)
	node.Schema = "http://json-schema.org/draft-07/schema#"
	node.Title = c.ID
	node.Description = c.Description
	out, err := json.MarshalIndent(node, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("contract %s: JSON schema: %w", c.ID, err)
	}
	return append(out, '\n'), nil
}

// SchemaName is the schema's name in the registry. It holds the major version: the registry may refuse an incompatible
// version of a schema, and a new major version is one.
func (c *Contract) SchemaName() string {
	return fmt.Sprintf("%s.v%d", c.ID, c.Major())
}

func objectSchema(columns []Column) schemaNode {
	closed := false
	node := schemaNode{Type: "object", Properties: map[string]schemaNode{}, AdditionalProperties: &closed}
	for _, column := range columns {
		node.Properties[column.Name] = column.schema()
		if column.Required {
			node.Required = append(node.Required, column.Name)
		}
	}
	return node
}

func (c Column) schema() schemaNode {
	var node schemaNode
	switch c.Logical {
	case "object":
		node = objectSchema(c.Properties)
	case "integer", "number", "boolean":
		node.Type = c.Logical
		node.Minimum, node.Maximum = c.Minimum, c.Maximum
	default:
		node.Type = "string"
		node.Format = map[string]string{"date": "date", "timestamp": "date-time"}[c.Logical]
		node.Pattern, node.MinLength, node.MaxLength = c.Pattern, c.MinLength, c.MaxLength
		for _, value := range c.Enum {
			node.Enum = append(node.Enum, value)
		}
	}
	node.Description = c.Description
	if !c.Required {
		node.Type = []any{node.Type, "null"}
		if node.Enum != nil {
			node.Enum = append(node.Enum, nil)
		}
	}
	return node
}
