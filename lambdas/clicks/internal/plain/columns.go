package plain

import (
	"fmt"
	"strings"
	"time"

	"dataplatform/contracts"
	"dataplatform/lambdas/internal/parquetfile"
)

func columns(contract *contracts.Contract) []parquetfile.Column {
	kinds := map[string]parquetfile.Kind{
		"string": parquetfile.String, "int": parquetfile.Int32, "bigint": parquetfile.Int64,
		"double": parquetfile.Double, "boolean": parquetfile.Boolean, "timestamp": parquetfile.Timestamp,
	}
	out := make([]parquetfile.Column, len(contract.Columns))
	for i, column := range contract.Columns {
		out[i] = parquetfile.Column{
			Name: column.Name, Kind: kinds[column.Physical], Required: column.Required,
			Plain: column.Name == "event_id",
		}
	}
	return out
}

// append adds the event's row.
func (p *Processor) append(
	table *parquetfile.Table, event *Event, shard, sequence string, arrival time.Time, duplicate bool,
) error {
	d := p.derive(event)
	utm := func(name string) string { return strings.TrimSpace(d.utm.Get("utm_" + name)) }
	for i, column := range p.processed.Columns {
		to := table.Column(i)
		switch column.Name {
		case "shard":
			to.String([]byte(shard))
		case "sequence_number":
			to.String([]byte(sequence))
		case "ordinal":
			to.Int(0)
		case "event_id":
			text(to, event.EventID)
		case "event_type":
			text(to, event.EventType)
		case "event_time":
			to.Int(event.at.UnixMicro())
		case "arrival_time":
			to.Int(arrival.UnixMicro())
		case "visitor_id":
			text(to, event.VisitorID)
		case "user_id":
			text(to, event.UserID)
		case "url":
			text(to, event.URL)
		case "url_host":
			filled(to, d.host)
		case "url_path":
			filled(to, d.path)
		case "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content":
			filled(to, utm(strings.TrimPrefix(column.Name, "utm_")))
		case "referrer":
			text(to, event.Referrer)
		case "referrer_host":
			filled(to, d.refHost)
		case "user_agent":
			text(to, event.UserAgent)
		case "is_bot":
			to.Bool(d.robot)
		case "ip_prefix":
			filled(to, d.network)
		case "product_id":
			text(to, event.ProductID)
		case "quantity":
			integer(to, event.Quantity)
		case "price":
			if event.Price == nil {
				to.Null()
			} else {
				to.Double(*event.Price)
			}
		case "currency":
			text(to, event.Currency)
		case "search_term":
			text(to, event.SearchTerm)
		case "http_method":
			text(to, event.HTTPMethod)
		case "http_status":
			integer(to, event.HTTPStatus)
		case "response_bytes":
			integer(to, event.ResponseBytes)
		case "app_version":
			text(to, event.AppVersion)
		case "schema_version":
			text(to, event.SchemaVersion)
		case "is_duplicate":
			to.Bool(duplicate)
		default:
			return fmt.Errorf("column %s is not known", column.Name)
		}
	}
	return nil
}

func text(to *parquetfile.Values, value *string) {
	if value == nil {
		to.Null()
		return
	}
	to.String([]byte(*value))
}

func filled(to *parquetfile.Values, value string) {
	if value == "" {
		to.Null()
		return
	}
	to.String([]byte(value))
}

func integer(to *parquetfile.Values, value *int64) {
	if value == nil {
		to.Null()
		return
	}
	to.Int(*value)
}
