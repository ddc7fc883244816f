package policies

import "strings"

// SchemasRefs are what the schemas function works with.
type SchemasRefs struct {
	RegistryARN string
}

// Schemas are the grants of the function that registers the versions of schemas during a deployment: it adds versions
// to the platform's own schemas and takes none away.
func Schemas(r SchemasRefs) []Statement {
	schemas := strings.Replace(r.RegistryARN, ":registry/", ":schema/", 1) + "/*"
	return []Statement{AllowActions("RegisterVersions", []string{r.RegistryARN, schemas},
		"glue:RegisterSchemaVersion", "glue:GetSchemaVersion")}
}
