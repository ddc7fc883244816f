// Package synthetic makes contracts of a platform larger than the real one, to test the catalog with.
package synthetic

import (
	"fmt"
	"strings"
	"testing/fstest"

	"dataplatform/contracts"
)

// Contracts are that many datasets of that many columns: the same number of raw, processed and curated ones, and the
// rest curated, of which every third reads two.
func Contracts(datasets, columns int) (*contracts.Set, fstest.MapFS, error) {
	files, released := fstest.MapFS{}, fstest.MapFS{}
	add := func(layer, name, text string) {
		files[layer+"/"+name+".odcs.yaml"] = &fstest.MapFile{Data: []byte(text)}
		released[layer+"."+name+"/1.0.0.odcs.yaml"] = &fstest.MapFile{Data: []byte(text)}
	}
	chains := datasets / 3
	for i := range chains {
		name := fmt.Sprintf("feed_%02d", i)
		add("raw", name, contract("raw", name, columns, "csv", ""))
		add("processed", name, contract("processed", name, columns, "iceberg", "raw."+name))
	}
	for i := range datasets - 2*chains {
		upstream := fmt.Sprintf("processed.feed_%02d", i%chains)
		if i%3 == 2 {
			upstream += fmt.Sprintf(", processed.feed_%02d", (i+5)%chains)
		}
		name := fmt.Sprintf("report_%02d", i)
		add("curated", name, contract("curated", name, columns, "iceberg", upstream))
	}
	set, err := contracts.LoadFS(files)
	return set, released, err
}

// topics make names and meanings that differ, so that a search has something to tell apart.
var topics = []string{"price", "customer", "country", "parcel", "voucher", "margin", "stock", "visit", "refund",
	"carrier"}

func contract(layer, name string, columns int, format, upstream string) string {
	var b strings.Builder
	fmt.Fprintf(
		&b,
		"apiVersion: v3.1.0\nkind: DataContract\nid: %s.%s\nname: %s\nversion: 1.0.0\nstatus: active\ndomain: shop\n",
		layer, name, name,
	)
	fmt.Fprintf(&b,
		"description: {purpose: What the shop knows in %s of %s., usage: Tests., limitations: Made up.}\nteam: {name: data-team, description: Engineers.}\n", layer, name)
	fmt.Fprintf(&b,
		"schema:\n  - name: %s\n    logicalType: object\n    physicalType: table\n    dataGranularityDescription: One line.\n    properties:\n", name)
	property := func(column, logical, physical, about, more string) {
		fmt.Fprintf(
			&b, "      - {name: %s, logicalType: %s, physicalType: %s, description: %s, classification: internal%s}\n",
			column, logical, physical, about, more,
		)
	}
	fixed := 2
	for i := range columns - fixed {
		topic := topics[i%len(topics)]
		key := ""
		if i == 0 && layer != contracts.LayerRaw {
			key = ", required: true, primaryKey: true, primaryKeyPosition: 1"
		}
		property(fmt.Sprintf("%s_%02d", topic, i), "string",
			"string", fmt.Sprintf("The %s of line %d in %s.", topic, i, name), key)
	}
	if layer == contracts.LayerRaw {
		property("ingest_date", "date", "string", "Day of arrival.",
			", required: true, partitioned: true, partitionKeyPosition: 1")
		property("ingest_hour", "integer", "string", "Hour of arrival.",
			", required: true, partitioned: true, partitionKeyPosition: 2, logicalTypeOptions: {minimum: 0, maximum: 23}")
	} else {
		property("event_date", "date", "date", "Day of the event.",
			", required: true, partitioned: true, partitionKeyPosition: 1, customProperties: [{property: transform, value: day}]")
		property("event_note", "string", "string", "What else is known.", "")
	}
	b.WriteString(
		"slaProperties:\n  - {property: latency, value: 1, unit: hours, driver: operational}\n  - {property: frequency, value: 1, unit: hours, driver: operational}\n  - {property: retention, value: 365, unit: days, driver: operational}\n",
	)
	fmt.Fprintf(&b, "customProperties:\n  - {property: layer, value: %s}\n  - {property: format, value: %s}\n", layer,
		format)
	if layer == contracts.LayerRaw {
		b.WriteString("  - {property: source, value: landing}\n")
		return b.String()
	}
	fmt.Fprintf(&b,
		"  - {property: upstream, value: [%s]}\n  - {property: tableProperties, value: {format-version: \"2\", write.parquet.compression-codec: zstd}}\n", upstream)
	return b.String()
}
