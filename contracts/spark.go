package contracts

import "encoding/json"

type sparkStruct struct {
	Type   string       `json:"type"`
	Fields []sparkField `json:"fields"`
}

type sparkField struct {
	Name     string            `json:"name"`
	Type     string            `json:"type"`
	Nullable bool              `json:"nullable"`
	Metadata map[string]string `json:"metadata"`
}

// sparkTypes maps Glue types to the names in Spark's JSON form of a schema; decimals have the same name.
var sparkTypes = map[string]string{
	"string": "string", "int": "integer", "bigint": "long", "double": "double", "boolean": "boolean",
	"date": "date", "timestamp": "timestamp",
}

// SparkSchema is the stored columns as the JSON that StructType.fromJson reads. Comments are in the metadata.
func (c *Contract) SparkSchema() json.RawMessage {
	schema := sparkStruct{Type: "struct", Fields: make([]sparkField, 0, len(c.Columns))}
	for _, column := range c.Columns {
		name, ok := sparkTypes[column.Physical]
		if !ok {
			name = column.Physical
		}
		schema.Fields = append(schema.Fields, sparkField{
			Name: column.Name, Type: name, Nullable: !column.Required,
			Metadata: map[string]string{"comment": shorten(column.Description)},
		})
	}
	out, err := json.Marshal(schema)
	if err != nil {
		panic("contracts: a schema of strings and booleans cannot fail to marshal: " + err.Error())
	}
	return out
}
