// Package contracts holds one contract a dataset and layer, written in the Open Data Contract Standard 3.1
// (<layer>/<dataset>.odcs.yaml), and derives from it everything else that describes the dataset: Glue tables and
// partition projection, JSON Schemas for the registry, Spark schemas, quality rules, tags and the bundle the Glue jobs
// read.
//
// Partitioned curated tables are recomputed by units of the time in the first partition column, those without
// partitions by their primary key.
//
// The contracts of features, and those of curated that are computed from them, are for platforms with recommendations
// alone.
//
// A dataset is added by adding files here; nothing in the Go code names one.
//
// The subset of the standard that is understood is the set of types in odcs.go; any other key is an error. What the
// standard leaves to the platform is in customProperties, a closed set too:
//
//	contract  layer            raw, processed, features or curated; the same as the folder
//	          format           jsonlines, csv, lines, parquet (Hive partitions, projected) or iceberg
//	          source           raw only: stream, landing (files dropped by a source), beside (those of another form than the
//	                           dataset's table shows) or platform (written by the platform itself)
//	          upstream         ids of the contracts this one is computed from: a curated one's rows come from the first, in
//	                           whose pipeline it is; in the others, Iceberg tables of processed, values are looked up
//	          sortBy           columns an Iceberg table is sorted by
//	          tableProperties  properties of an Iceberg table
//	          pathTemplate     object prefix of a partition, when it is not <dataset>/<column>=${column}/…
//	          headersUntil     of CSV files: by earlier version, the day from which on sources may not send its header any more. Without
//	                           one, headers of the same major version are taken for ever, those of earlier ones not at all
//	          ended            of Iceberg tables: columns of earlier versions. The table keeps them and what is in them; nothing
//	                           writes them any more
//	column    transform        Iceberg partition transform: identity, hour, day or month
//	          valuesFrom       a value set the platform knows: datasets or reasons
//	          queryParameters  of addresses of events: what processed keeps of their queries. Everything else stays in raw
//	          formerly         of CSV files: what earlier versions called the column; their files are read by these names
//
// Rules of quality are the standard's: library metrics (nullValues, invalidValues, duplicateValues, rowCount) and SQL
// that counts the rows of a condition that does not hold. docs/reference/quality.md has them all, and what becomes of
// data that breaks one.
package contracts
