package batch

import (
	"fmt"

	"dataplatform/contracts"
	"dataplatform/lambdas/internal/parquetfile"
)

// row is everything a processed row is made of.
type row struct {
	record    *record
	ordinal   int64
	events    int // of the record, before this one
	values    []value
	address   address
	url       []byte // as processed keeps it
	referrer  []byte
	refHost   []byte
	network   []byte
	robot     bool
	duplicate bool
}

// filler appends one column's value of a row.
type filler func(column *parquetfile.Values, r *row)

var columnKinds = map[string]parquetfile.Kind{
	"string": parquetfile.String, "int": parquetfile.Int32, "bigint": parquetfile.Int64, "double": parquetfile.Double,
	"boolean": parquetfile.Boolean, "timestamp": parquetfile.Timestamp,
}

// derived are the columns that are not fields of the event.
var derived = map[string]struct {
	kind parquetfile.Kind
	fill filler
}{
	"shard":           {parquetfile.String, func(c *parquetfile.Values, r *row) { c.String(r.record.shard) }},
	"sequence_number": {parquetfile.String, func(c *parquetfile.Values, r *row) { c.String(r.record.sequence) }},
	"ordinal":         {parquetfile.Int32, func(c *parquetfile.Values, r *row) { c.Int(r.ordinal) }},
	"arrival_time":    {parquetfile.Timestamp, func(c *parquetfile.Values, r *row) { c.Int(r.record.arrival * 1000) }},
	"url":             {parquetfile.String, func(c *parquetfile.Values, r *row) { c.String(r.url) }},
	"referrer":        {parquetfile.String, func(c *parquetfile.Values, r *row) { optional(c, r.referrer) }},
	"url_host":        {parquetfile.String, func(c *parquetfile.Values, r *row) { optional(c, r.address.host) }},
	"url_path":        {parquetfile.String, func(c *parquetfile.Values, r *row) { optional(c, r.address.path) }},
	"utm_source":      {parquetfile.String, func(c *parquetfile.Values, r *row) { optional(c, r.address.utm[0]) }},
	"utm_medium":      {parquetfile.String, func(c *parquetfile.Values, r *row) { optional(c, r.address.utm[1]) }},
	"utm_campaign":    {parquetfile.String, func(c *parquetfile.Values, r *row) { optional(c, r.address.utm[2]) }},
	"utm_term":        {parquetfile.String, func(c *parquetfile.Values, r *row) { optional(c, r.address.utm[3]) }},
	"utm_content":     {parquetfile.String, func(c *parquetfile.Values, r *row) { optional(c, r.address.utm[4]) }},
	"referrer_host":   {parquetfile.String, func(c *parquetfile.Values, r *row) { optional(c, r.refHost) }},
	"ip_prefix":       {parquetfile.String, func(c *parquetfile.Values, r *row) { optional(c, r.network) }},
	"is_bot":          {parquetfile.Boolean, func(c *parquetfile.Values, r *row) { c.Bool(r.robot) }},
	"is_duplicate":    {parquetfile.Boolean, func(c *parquetfile.Values, r *row) { c.Bool(r.duplicate) }},
}

func optional(c *parquetfile.Values, s []byte) {
	if len(s) == 0 {
		c.Null()
		return
	}
	c.String(s)
}

// fillers pairs the columns of the processed contract with what fills them: a field of the event of the same name, or a
// derived value.
func fillers(processed *contracts.Contract, event *schema) ([]parquetfile.Column, []filler, error) {
	columns := make([]parquetfile.Column, 0, len(processed.Columns))
	fill := make([]filler, 0, len(processed.Columns))
	for _, column := range processed.Columns {
		k, ok := columnKinds[column.Physical]
		if !ok {
			return nil, nil, fmt.Errorf("column %s: type %q cannot be written", column.Name, column.Physical)
		}
		out := parquetfile.Column{Name: column.Name, Kind: k, Required: column.Required}
		if known, ok := derived[column.Name]; ok {
			if known.kind != k {
				return nil, nil, fmt.Errorf("column %s cannot be of type %s", column.Name, column.Physical)
			}
			columns, fill = append(columns, out), append(fill, known.fill)
			continue
		}
		i, ok := event.byName[column.Name]
		if !ok {
			return nil, nil, fmt.Errorf("column %s is neither a field of the event nor derived from one", column.Name)
		}
		f := &event.fields[i]
		if column.Required && !f.required {
			return nil, nil, fmt.Errorf("column %s is required, the event's field is not", column.Name)
		}
		copyField, err := fieldFiller(i, f.kind, k)
		if err != nil {
			return nil, nil, fmt.Errorf("column %s: %w", column.Name, err)
		}
		out.Plain = f.name == "event_id"
		columns, fill = append(columns, out), append(fill, copyField)
	}
	return columns, fill, nil
}

// fieldFiller copies the event's field number i.
func fieldFiller(i int, from kind, to parquetfile.Kind) (filler, error) {
	switch {
	case from == kindString && to == parquetfile.String:
		return func(c *parquetfile.Values, r *row) {
			if v := &r.values[i]; v.present {
				c.String(v.text)
			} else {
				c.Null()
			}
		}, nil
	case from == kindNumber && to == parquetfile.Double:
		return func(c *parquetfile.Values, r *row) {
			if v := &r.values[i]; v.present {
				c.Double(v.float)
			} else {
				c.Null()
			}
		}, nil
	case from == kindInteger && (to == parquetfile.Int32 || to == parquetfile.Int64),
		from == kindTimestamp && to == parquetfile.Timestamp:
		return func(c *parquetfile.Values, r *row) {
			if v := &r.values[i]; v.present {
				c.Int(v.int)
			} else {
				c.Null()
			}
		}, nil
	}
	return nil, fmt.Errorf("the event's field has another type")
}
