package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// schemaVersion is the version of the contract of raw.clicks that events are made to.
const schemaVersion = "1.2.0"

// event is one of the contract of raw.clicks.
type event struct {
	EventID       string          `json:"event_id"`
	EventType     string          `json:"event_type"`
	EventTime     string          `json:"event_time"`
	VisitorID     string          `json:"visitor_id,omitempty"`
	UserID        string          `json:"user_id,omitempty"`
	URL           string          `json:"url"`
	Referrer      string          `json:"referrer,omitempty"`
	UserAgent     string          `json:"user_agent,omitempty"`
	IP            string          `json:"ip,omitempty"`
	ProductID     string          `json:"product_id,omitempty"`
	Quantity      json.RawMessage `json:"quantity,omitempty"`
	Price         json.RawMessage `json:"price,omitempty"`
	Currency      string          `json:"currency,omitempty"`
	SearchTerm    string          `json:"search_term,omitempty"`
	AppVersion    string          `json:"app_version,omitempty"`
	SchemaVersion string          `json:"schema_version"`
}

// commerce are the events of Segment's e-commerce specification that the contract has, in lower case.
var commerce = map[string]string{
	"product viewed": "product_view", "product added": "add_to_cart", "product removed": "remove_from_cart",
	"products searched": "search", "order completed": "purchase",
}

// call is what a request says of all its messages.
type call struct {
	received       time.Time
	sent           string
	address, agent string
	server         bool
}

// lines are the events of one message: none where the contract has no such event, one for each product of an order.
func (c call) lines(message map[string]any) []line {
	properties, context := object(message["properties"]), object(message["context"])
	kind, order := "", false
	switch text(message["type"]) {
	case "page", "screen":
		kind = "page_view"
	case "track":
		kind = commerce[strings.ToLower(strings.TrimSpace(text(message["event"])))]
		order = kind == "purchase"
	}
	if kind == "" {
		return nil
	}
	page := object(context["page"])
	made := event{
		EventID: messageID(message), EventType: kind, EventTime: c.happened(message).Format(time.RFC3339Nano),
		VisitorID: first(text(message["anonymousId"]), text(message["userId"])), UserID: text(message["userId"]),
		URL: first(text(properties["url"]), text(page["url"]), text(properties["path"]), text(page["path"]),
			"/"+url.PathEscape(text(message["name"]))),
		Referrer:  cut(first(text(properties["referrer"]), text(page["referrer"])), 2048),
		UserAgent: c.agent, IP: c.address,
		AppVersion: text(object(context["app"])["version"]), SchemaVersion: schemaVersion,
	}
	if c.server { // its own address and agent are those of no visitor
		made.UserAgent, made.IP = text(context["userAgent"]), text(context["ip"])
	}
	made.UserAgent = cut(made.UserAgent, 1024)
	if kind == "search" {
		made.SearchTerm = cut(text(properties["query"]), 512)
	}
	products, _ := properties["products"].([]any)
	if !order || len(products) == 0 {
		made.describe(properties, properties)
		return []line{lineOf(made.VisitorID, made)}
	}
	lines := make([]line, 0, len(products))
	for i, product := range products {
		bought := made
		bought.EventID = bounded(made.EventID + "-" + strconv.Itoa(i+1))
		bought.describe(object(product), properties)
		lines = append(lines, lineOf(bought.VisitorID, bought))
	}
	return lines
}

// describe says which product an event is about, in the currency of all.
func (e *event) describe(product, all map[string]any) {
	e.ProductID = first(text(product["product_id"]), text(product["productId"]), text(product["sku"]))
	e.Quantity, e.Price = number(product["quantity"]), number(product["price"])
	e.Currency = strings.ToUpper(first(text(product["currency"]), text(all["currency"])))
}

// happened is when the message's event was, by the clock of this side: its own clock may be wrong by as much as what it
// says of the sending is (Segment's specification, "Timestamps").
func (c call) happened(message map[string]any) time.Time {
	at, said := instant(first(text(message["originalTimestamp"]), text(message["timestamp"])))
	sent, corrects := instant(first(c.sent, text(message["sentAt"])))
	switch {
	case !said:
		at = c.received
	case corrects:
		at = c.received.Add(-sent.Sub(at))
	}
	if at.After(c.received) {
		at = c.received
	}
	return at.UTC().Truncate(time.Millisecond)
}

func instant(text string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, text)
	return at, err == nil
}

// messageID is the message's own, or, without one, what it says: sent again it is the same.
func messageID(message map[string]any) string {
	if id := text(message["messageId"]); id != "" {
		return bounded(id)
	}
	said := map[string]any{}
	for name, value := range message {
		if name != "sentAt" {
			said[name] = value
		}
	}
	written, err := json.Marshal(said)
	if err != nil {
		return ""
	}
	return hashed(string(written))
}

// bounded is an id that the contract has room for.
func bounded(id string) string {
	if utf8.RuneCountInString(id) > 64 {
		return hashed(id)
	}
	return id
}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// plain are events that follow the contract: objects, arrays of them, on lines or back to back. Who sent them is said
// by the request, unless the key is a server's.
func (c call) plain(body []byte) ([]line, *refusal) {
	values, refused := valuesOf(body)
	if refused != nil {
		return nil, refused
	}
	var lines []line
	for _, value := range values {
		several, ok := value.([]any)
		if !ok {
			several = []any{value}
		}
		for _, each := range several {
			fields := object(each)
			if fields != nil && !c.server {
				fields["ip"], fields["user_agent"] = c.address, cut(c.agent, 1024)
			}
			lines = append(lines, lineOf(text(fields["visitor_id"]), each))
		}
	}
	if len(lines) == 0 {
		return nil, refuse(http.StatusBadRequest, "the body has no events")
	}
	return lines, nil
}

// object is a value as one, or nil.
func object(value any) map[string]any {
	fields, _ := value.(map[string]any)
	return fields
}

// text is a value as such: ids are numbers to some senders.
func text(value any) string {
	switch value := value.(type) {
	case string:
		return strings.TrimSpace(value)
	case json.Number:
		return value.String()
	}
	return ""
}

// number is a value as JSON; a number in a text counts as one, and whatever else there is the contract refuses.
func number(value any) json.RawMessage {
	if said, ok := value.(string); ok {
		said = strings.TrimSpace(said)
		if _, err := strconv.ParseFloat(said, 64); err == nil && json.Valid([]byte(said)) {
			return json.RawMessage(said)
		}
	}
	written, err := json.Marshal(value)
	if value == nil || err != nil {
		return nil
	}
	return written
}

func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// cut ends a text where the contract's room ends: too long an agent costs no event.
func cut(text string, characters int) string {
	runes := []rune(text)
	if len(runes) <= characters {
		return text
	}
	return string(runes[:characters])
}
