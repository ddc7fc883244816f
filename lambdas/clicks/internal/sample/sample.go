// Package sample makes seeded click events and the Kinesis payloads that carry them, for tests and benchmarks.
package sample

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// Shares are the parts of the events that are not plain good ones, from 0 to 1.
type Shares struct{ Duplicate, Bad, Late float64 }

// Usual is the mix of traffic that the platform is measured with.
var Usual = Shares{Duplicate: 0.05, Bad: 0.02, Late: 0.01}

var agents = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_%d like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/%d.1 Safari/605.1.15",
	"Mozilla/5.0 (X11; Linux x86_64; rv:%d.0) Gecko/20100101 Firefox/125.0",
	"Mozilla/5.0 (compatible; Googlebot/2.%d; +http://www.google.com/bot.html)",
}

// Events makes n events of about 600 bytes that happened within the ten minutes before arrival.
func Events(seed uint64, n int, arrival time.Time, shares Shares) []string {
	r := rand.New(rand.NewPCG(seed, 1))
	events := make([]string, n)
	for i := range events {
		draw := r.Float64()
		if draw < shares.Duplicate && i > 0 {
			events[i] = events[r.IntN(i)]
			continue
		}
		at := arrival.Add(-time.Duration(r.Int64N(int64(10 * time.Minute))))
		late := draw < shares.Duplicate+shares.Late
		if late {
			at = at.Add(-time.Duration(1+r.IntN(5)) * time.Hour)
		}
		events[i] = event(r, at)
		if !late && draw < shares.Duplicate+shares.Late+shares.Bad {
			events[i] = corrupt(r, events[i])
		}
	}
	return events
}

var kinds = []string{"page_view", "page_view", "page_view", "product_view", "product_view", "add_to_cart",
	"remove_from_cart", "purchase", "search"}

func event(r *rand.Rand, at time.Time) string {
	kind := kinds[r.IntN(len(kinds))]
	visitor := r.IntN(1500)
	own := rand.New(rand.NewPCG(uint64(visitor), 2)) // what belongs to the visitor
	agent := fmt.Sprintf(agents[own.IntN(len(agents))], 100+own.IntN(25))
	ip := fmt.Sprintf("%d.%d.%d.%d", 20+own.IntN(180), own.IntN(256), own.IntN(256), 1+own.IntN(254))
	product := r.IntN(3000)
	path := [...]string{"/", "/category/garden/lighting", "/basket/overview", "/search"}[r.IntN(4)]
	if kind == "product_view" || kind == "add_to_cart" || kind == "purchase" {
		path = fmt.Sprintf("/products/p%05d/hanging-heart-light-holder-%d", product, product%40)
	}
	query := fmt.Sprintf("?session=%08x%08x", r.Uint32(), own.Uint32())
	if own.IntN(3) == 0 {
		query += "&utm_source=newsletter&utm_medium=email&utm_campaign=spring%20sale"
	}
	var b strings.Builder
	fmt.Fprintf(&b,
		`{"event_id":"%08x-%04x-4%03x-a%03x-%012x","event_type":"%s","event_time":"%s","visitor_id":"v-%016x"`,
		r.Uint32(), r.Uint32()&0xffff, r.Uint32()&0xfff, r.Uint32()&0xfff, r.Uint64()&0xffffffffffff, kind,
		at.UTC().Format("2006-01-02T15:04:05.000Z"), own.Uint64())
	if own.IntN(4) == 0 {
		fmt.Fprintf(&b, `,"user_id":"customer-%06d"`, visitor)
	}
	fmt.Fprintf(&b,
		`,"url":"https://shop.example.com%s%s","referrer":"https://www.example.org/gift-guides/%d/for-the-house?list=best-sellers&position=%d","user_agent":"%s","ip":"%s"`,
		path, query, own.IntN(60), own.IntN(20), agent, ip)
	switch kind {
	case "product_view":
		fmt.Fprintf(&b, `,"product_id":"P%05d"`, product)
	case "add_to_cart", "remove_from_cart", "purchase":
		fmt.Fprintf(&b, `,"product_id":"P%05d","quantity":%d,"price":%d.%02d,"currency":"GBP"`, product, 1+r.IntN(12),
			r.IntN(90), r.IntN(100))
	case "search":
		fmt.Fprintf(&b, `,"search_term":"heart holder %d"`, r.IntN(300))
	}
	fmt.Fprintf(&b, `,"http_method":"GET","http_status":200,"response_bytes":%d`, 500+r.IntN(60000))
	if own.IntN(2) == 0 { // senders follow a new version of the contract one after the other
		fmt.Fprintf(&b, `,"app_version":"5.%d.0","schema_version":"1.1.0"`, own.IntN(3))
	}
	b.WriteByte('}')
	return b.String()
}

// corrupt breaks an event in one of several ways.
func corrupt(r *rand.Rand, event string) string {
	switch r.IntN(7) {
	case 0:
		return event[:len(event)/2]
	case 1:
		return strings.Replace(event, `"http_status":200`, `"http_status":"200"`, 1)
	case 2:
		return strings.Replace(event, `"http_method"`, `"http_verb"`, 1)
	case 3:
		return strings.Replace(event, `"visitor_id"`, `"user_id"`, 1)
	case 4:
		return strings.Replace(event, `"GET"`, "\"G\xffT\"", 1)
	case 5:
		return strings.TrimSuffix(event, "}") + `,"page":{},"schema_version":"2.0.0"}`
	default:
		return strings.Replace(event, `"http_status":200`, `"http_status":2000`, 1)
	}
}

// Payload is the event with which Lambda invokes the function for the given record contents, which arrive a millisecond
// apart.
func Payload(shard string, first int, arrival time.Time, contents ...string) []byte {
	b := []byte(`{"Records":[`)
	for i, content := range contents {
		if i > 0 {
			b = append(b, ',')
		}
		at := arrival.Add(time.Duration(i) * time.Millisecond).UnixMilli()
		sequence := Sequence(first + i)
		b = append(b, `{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"`...)
		b = strconv.AppendInt(b, int64(first+i)*7919, 16)
		b = append(b, `","sequenceNumber":"`...)
		b = append(b, sequence...)
		b = append(b, `","data":"`...)
		b = base64.StdEncoding.AppendEncode(b, []byte(content))
		b = append(b, `","approximateArrivalTimestamp":`...)
		b = append(b, fmt.Sprintf("%d.%03d", at/1000, at%1000)...)
		b = append(b, `},"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"`...)
		b = append(b, shard...)
		b = append(b, ':')
		b = append(b, sequence...)
		b = append(b,
			`","eventName":"aws:kinesis:record","invokeIdentityArn":"arn:aws:iam::123456789012:role/clicks","awsRegion":"eu-west-1",`...)
		b = append(b, `"eventSourceARN":"arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"}`...)
	}
	return append(b, `]}`...)
}

// Sequence is the sequence number of the record numbered i, as long as Kinesis's are.
func Sequence(i int) string {
	return fmt.Sprintf("4963892038439234567890123456789012345678%016d", i)
}
