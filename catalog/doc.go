// Package catalog builds the data catalog: a static site in one folder that opens from a file, asks nobody for
// anything, and works without a mouse. It says what the contracts say: datasets and columns, owners, promises,
// versions, quality rules, and where data comes from and goes to. Counts are those of the last run of the local
// platform, when there is one.
//
// Nothing here names a dataset. What reads tables without being a contract is a query of package sql, or stands in
// consumers.yaml.
package catalog
