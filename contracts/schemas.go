package contracts

import "io/fs"

// Schema is what the registry holds of a dataset under one major version.
type Schema struct {
	Name        string // see Contract.SchemaName
	Description string
	// Compatibility is registryCompatibility, not the contract's.
	Compatibility string
	// Definitions are the JSON Schemas of its versions, oldest first. A version that changed nothing in it adds none.
	Definitions []string
}

// registryCompatibility is the mode of every schema in the registry. Objects are closed, so FULL, to the letter,
// refuses each added column, as old readers' schemas do not know it, and there are reports of that
// (awslabs/aws-glue-schema-registry#172, #268); there is one, too, that no mode of JSON is enforced (its #494).
// BACKWARD takes under both readings what CheckReleases lets through, which is the gate.
const registryCompatibility = "BACKWARD"

// Schemas are the schemas of every contract, by name. A major version that has been followed by another keeps its
// schema: producers may still be configured with it, and what they sent still lies in raw.
func Schemas(set *Set, released fs.FS) ([]Schema, error) {
	history, err := readReleases(released)
	if err != nil {
		return nil, err
	}
	var schemas []Schema
	for _, current := range set.contracts {
		versions := []*Contract{}
		for _, release := range history[current.ID] {
			if compareVersions(release.contract.Version, current.Version) < 0 {
				versions = append(versions, release.contract)
			}
		}
		for _, version := range append(versions, current) {
			if schemas, err = addVersion(schemas, version); err != nil {
				return nil, err
			}
		}
	}
	return schemas, nil
}

// addVersion appends a version to the last of the schemas, or begins the next one.
func addVersion(schemas []Schema, version *Contract) ([]Schema, error) {
	definition, err := version.JSONSchema()
	if err != nil {
		return nil, err
	}
	name := version.SchemaName()
	if n := len(schemas); n == 0 || schemas[n-1].Name != name {
		schemas = append(schemas, Schema{Name: name})
	}
	last := &schemas[len(schemas)-1]
	last.Description, last.Compatibility = version.Description, registryCompatibility
	if n := len(last.Definitions); n == 0 || last.Definitions[n-1] != string(definition) {
		last.Definitions = append(last.Definitions, string(definition))
	}
	return schemas, nil
}
