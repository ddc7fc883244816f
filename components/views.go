package components

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/glue"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// athenaCatalog is what Athena calls the account's catalog in the views that it keeps there.
const athenaCatalog = "awsdatacatalog"

// View is a query that is saved in the catalog and read as a table of Athena.
type View struct {
	// Layer whose database it is in, and its Name there. Required.
	Layer, Name string
	// Description says what it shows. Required.
	Description string
	// SQL names its tables with their databases. Required.
	SQL string
	// Columns as the query gives them. Required.
	Columns []ViewColumn
	// Classification is the strictest of what it reads. Required.
	Classification string
}

// ViewColumn is a column of a view: Type is Athena's, GlueType the catalog's.
type ViewColumn struct{ Name, Type, GlueType string }

// viewText is how Athena keeps a view: its query and columns as base64 of JSON in a comment.
func viewText(view View, database string) (string, error) {
	type column struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	columns := []column{}
	for _, one := range view.Columns {
		columns = append(columns, column{one.Name, one.Type})
	}
	text, err := json.Marshal(map[string]any{
		"originalSql": view.SQL, "catalog": athenaCatalog, "schema": database, "columns": columns,
	})
	return "/* Presto View: " + base64.StdEncoding.EncodeToString(text) + " */", err
}

// newView registers a view. It holds no data: nothing protects it.
func (catalog *Catalog) newView(ctx *pulumi.Context, name string, view View, database string) error {
	text, err := viewText(view, database)
	if err != nil {
		return fmt.Errorf("view %s: %w", view.Name, err)
	}
	columns := glue.CatalogTableStorageDescriptorColumnArray{}
	for _, column := range view.Columns {
		columns = append(columns, &glue.CatalogTableStorageDescriptorColumnArgs{
			Name: pulumi.String(column.Name), Type: pulumi.String(column.GlueType),
		})
	}
	table, err := glue.NewCatalogTable(ctx, name, &glue.CatalogTableArgs{
		DatabaseName: catalog.DatabaseNames[view.Layer], Name: pulumi.String(view.Name),
		Description: pulumi.String(view.Description), TableType: pulumi.String("VIRTUAL_VIEW"),
		Parameters: pulumi.StringMap{
			"presto_view": pulumi.String("true"), "comment": pulumi.String("Presto View"),
		},
		ViewOriginalText: pulumi.String(text), ViewExpandedText: pulumi.String("/* Presto View */"),
		StorageDescriptor: &glue.CatalogTableStorageDescriptorArgs{Columns: columns,
			SerDeInfo: &glue.CatalogTableStorageDescriptorSerDeInfoArgs{
				Name: pulumi.String("-"), SerializationLibrary: pulumi.String("-"),
			}},
	}, pulumi.Parent(catalog))
	if err != nil {
		return fmt.Errorf("view %s: %w", view.Name, err)
	}
	catalog.Tables = append(catalog.Tables, table)
	return nil
}
