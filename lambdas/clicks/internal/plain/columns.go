package plain

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"dataplatform/contracts"
	"dataplatform/lambdas/clicks/internal/redact"
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
	utm := func(name string) string {
		return redacted(strings.TrimSpace(d.utm.Get("utm_"+name)), redact.Text)
	}
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
			to.String([]byte(cleanAddress(*event.URL, column.QueryParameters)))
		case "url_host":
			filled(to, redacted(d.host, redact.Emails))
		case "url_path":
			filled(to, redacted(d.path, redact.Emails))
		case "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content":
			filled(to, utm(strings.TrimPrefix(column.Name, "utm_")))
		case "referrer":
			if event.Referrer == nil {
				to.Null()
			} else {
				to.String([]byte(cleanAddress(*event.Referrer, column.QueryParameters)))
			}
		case "referrer_host":
			filled(to, redacted(d.refHost, redact.Emails))
		case "user_agent":
			free(to, event.UserAgent, redact.Emails)
		case "is_bot":
			to.Bool(d.robot)
		case "ip_prefix":
			filled(to, d.network)
		case "product_id":
			free(to, event.ProductID, redact.Emails)
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
			free(to, event.SearchTerm, redact.Text)
		case "http_method":
			if event.HTTPMethod != nil {
				*event.HTTPMethod = strings.ToUpper(*event.HTTPMethod)
			}
			free(to, event.HTTPMethod, redact.Emails)
		case "http_status":
			integer(to, event.HTTPStatus)
		case "response_bytes":
			integer(to, event.ResponseBytes)
		case "app_version":
			free(to, event.AppVersion, redact.Emails)
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

// free is a text that a sender may put anything into.
func free(to *parquetfile.Values, value *string, redact redactor) {
	if value != nil {
		kept := redacted(*value, redact)
		value = &kept
	}
	text(to, value)
}

type redactor func(text, scratch []byte) (result, grown []byte)

func redacted(text string, redact redactor) string {
	kept, _ := redact([]byte(text), nil)
	return string(kept)
}

var userPattern = regexp.MustCompile(`^((?:[A-Za-z0-9+.-]+:)?//)[^/?#]*@`)

// cleanAddress takes user, fragment, other parameters than those allowed, and e-mail addresses out of an address.
func cleanAddress(address string, allowed []string) string {
	address = userPattern.ReplaceAllString(address, "$1")
	address, _, _ = strings.Cut(address, "#")
	address, query, _ := strings.Cut(address, "?")
	var kept []string
	for _, pair := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if !slices.Contains(allowed, name) {
			continue
		}
		decoded, err := url.QueryUnescape(value)
		if err != nil || !utf8.ValidString(decoded) {
			decoded = value
		}
		if redacted(decoded, redact.Text) != decoded {
			value = redact.Mark
		}
		kept = append(kept, name+"="+value)
	}
	address = cmp.Or(redacted(address, redact.Emails), "/")
	if len(kept) > 0 {
		address += "?" + strings.Join(kept, "&")
	}
	return address
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
