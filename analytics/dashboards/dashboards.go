// Package dashboards holds the definitions of business dashboards, versioned beside the contracts of the tables that
// they show.
package dashboards

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
)

//go:embed shop.json
var shop []byte

// Dashboard is one dashboard. Its datasets are of curated, and its definition calls them by their names.
type Dashboard struct {
	// Version of the definition: what readers see it change by.
	Version string `json:"version"`
	Name    string `json:"name"`
	// Datasets of curated that it shows.
	Datasets []string `json:"datasets"`
	// Definition is QuickSight's DashboardVersionDefinition without its DataSetIdentifierDeclarations, as
	// CloudFormation writes it.
	Definition map[string]any `json:"definition"`
}

// Shop is the dashboard of the shop.
func Shop() (Dashboard, error) {
	var d Dashboard
	decoder := json.NewDecoder(bytes.NewReader(shop))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		return Dashboard{}, fmt.Errorf("dashboards/shop.json: %w", err)
	}
	if d.Version == "" || d.Name == "" || len(d.Datasets) == 0 || d.Definition["Sheets"] == nil {
		return Dashboard{}, errors.New("dashboards/shop.json: want version, name, datasets and definition with Sheets")
	}
	return d, nil
}

// Field is a column as a definition refers to it: Use is dimension, date or measure.
type Field struct{ Dataset, Column, Use string }

// Fields are the columns that the definition refers to, in no order.
func (d Dashboard) Fields() []Field {
	var found []Field
	uses := map[string]string{
		"DateDimensionField": "date", "CategoricalDimensionField": "dimension", "NumericalMeasureField": "measure",
	}
	var walk func(at any, use string)
	walk = func(at any, use string) {
		switch value := at.(type) {
		case []any:
			for _, element := range value {
				walk(element, use)
			}
		case map[string]any:
			dataset, named := value["DataSetIdentifier"].(string)
			if column, ok := value["ColumnName"].(string); ok && named {
				found = append(found, Field{dataset, column, use})
			}
			for key, element := range value {
				if inner, known := uses[key]; known {
					walk(element, inner)
				} else {
					walk(element, use)
				}
			}
		}
	}
	walk(map[string]any(d.Definition), "")
	return found
}
