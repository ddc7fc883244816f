package policies

// SchemasRefs are what the schemas function works with.
type SchemasRefs struct {
	RegistryARN string
	SchemaARNs  []string
}

// Schemas are the grants of the function that registers the versions of schemas during a deployment: it adds versions
// to the platform's own schemas and takes none away.
func Schemas(r SchemasRefs) []Statement {
	return []Statement{AllowActions("RegisterVersions", append([]string{r.RegistryARN}, r.SchemaARNs...),
		"glue:RegisterSchemaVersion", "glue:GetSchemaVersion")}
}
