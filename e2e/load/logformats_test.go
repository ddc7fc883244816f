package load

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func one(field string, value any) map[string]any { return map[string]any{field: value} }

// readLog returns the records of a log, and the event of each, nil where a line was sent as it stands.
func readLog(t *testing.T, text string) ([]Record, []*event) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "access.log")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	records, err := ReadClicks(path)
	require.NoError(t, err)
	events := make([]*event, len(records))
	for i, record := range records {
		var e event
		if json.Unmarshal(record.Data, &e) == nil && e.EventID == record.EventIDs[0] && e.EventID != "" {
			events[i] = &e
		} else {
			assert.Equal(t, []string{""}, record.EventIDs)
		}
	}
	return records, events
}

const logHead = `192.0.2.7 - - [01/Mar/2026:12:29:00 +0000] `

// TestLogLines: what a server says of a request, as the event says it. Fields that are not named are those of a GET of
// /lamp, answered by 200 with 512 bytes.
func TestLogLines(t *testing.T) {
	request := func(line string) string { return logHead + `"` + line + `" 200 512 "-" "A/1"` }
	from := func(head string) string {
		return head + ` [01/Mar/2026:12:29:00 +0000] "GET /lamp HTTP/1.1" 200 512 "-" "A/1"`
	}
	lamp := request("GET /lamp HTTP/1.1")
	usual := map[string]any{
		"url": site + "/lamp", "ip": "192.0.2.7", "user_agent": "A/1", "http_method": "GET", "http_status": 200.0,
		"response_bytes": 512.0,
	}
	for name, test := range map[string]struct {
		line string
		want map[string]any // what differs; nil for what is absent
	}{
		"combined":           {lamp, nil},
		"common":             {strings.TrimSuffix(lamp, ` "-" "A/1"`), one("user_agent", nil)},
		"carriage return":    {lamp + "\r", nil},
		"nginx's packages":   {lamp + ` "198.51.100.9, 192.0.2.50"`, nil},
		"times behind agent": {lamp + ` rt=0.004 uct="0.000"`, nil},
		"agent cut off":      {strings.TrimSuffix(lamp, `"`), nil},
		"HAProxy's clf": {strings.TrimSuffix(lamp, `"-" "A/1"`) +
			`"" "" 33486 987 "web" "web1" 0 0 ----`, one("user_agent", nil)},
		"lighttpd":       {from("192.0.2.7 shop.example.com -"), nil},
		"vhost_combined": {from("shop.example.com:443 192.0.2.7 - -"), one("url", "https://shop.example.com/lamp")},
		"Varnish": {request("GET http://shop.example.com/lamp HTTP/1.1"),
			one("url", "http://shop.example.com/lamp")},
		"a user with a space": {from("192.0.2.7 - shop user"), nil},
		"an empty user":       {from(`192.0.2.7 - ""`), nil},
		"a user like a time":  {from("192.0.2.7 - a [b]"), nil},
		"proxies":             {from("192.0.2.7, 198.51.100.9 - -"), one("ip", "192.0.2.7, 198.51.100.9")},
		"no client":           {from("- - -"), one("ip", nil)},
		"a long name": {from(strings.Repeat("a", 60) + ".example - -"),
			one("ip", strings.Repeat("a", 60)+".example")},
		"no agent":       {strings.Replace(lamp, "A/1", "-", 1), one("user_agent", nil)},
		"an empty agent": {strings.Replace(lamp, "A/1", "", 1), one("user_agent", nil)},
		"no body":        {strings.Replace(lamp, "512", "-", 1), one("response_bytes", nil)},
		"no answer":      {strings.Replace(lamp, "200", "000", 1), one("http_status", nil)},

		"escapes of Apache": {strings.Replace(lamp, "A/1", `A/1 \"b\" C:\\tmp\ta\x41`, 1),
			one("user_agent", "A/1 \"b\" C:\\tmp\taA")},
		"an escaped backslash begins no escape": {strings.Replace(lamp, "A/1", `\\x41 \\\\n \\\"`, 1),
			one("user_agent", `\x41 \\n \"`)},
		"escapes of nginx": {strings.Replace(lamp, `"-"`, `"https://ref.example/?q=\x22oak\x22"`, 1),
			one("referrer", `https://ref.example/?q="oak"`)},
		"what is no escape": {strings.Replace(lamp, "A/1", `\q \xg1 \x4`, 1), one("user_agent", `\q \xg1 \x4`)},
		"bytes of UTF-8":    {request(`GET /k\xc3\xbcche HTTP/1.1`), one("url", site+"/küche")},
		"bytes of Latin-1":  {request(`GET /k\xfcche HTTP/1.1`), one("url", site+"/k%FCche")},

		"HEAD":            {request("HEAD /lamp HTTP/2"), one("http_method", "HEAD")},
		"HTTP/0.9":        {request("GET /lamp"), nil},
		"raw spaces":      {request("GET /oak  table lamp HTTP/1.1"), one("url", site+"/oak  table lamp")},
		"a version in it": {request("GET /a HTTP/1.1 HTTP/1.1"), one("url", site+"/a HTTP/1.1")},
		"two slashes":     {request("GET //lamp HTTP/1.1"), one("url", site+"//lamp")},
		"absolute, no path": {request("GET HTTPS://Shop.example.com?a HTTP/1.1"),
			one("url", "HTTPS://Shop.example.com?a")},
		"absolute, a port": {request("GET http://[2001:db8::7]:80/ HTTP/1.1"), one("url", "http://[2001:db8::7]:80/")},
		"absolute, in a URL": {request("GET /http://other.example/ HTTP/1.1"),
			one("url", site+"/http://other.example/")},
	} {
		t.Run(name, func(t *testing.T) {
			records, events := readLog(t, test.line)
			require.NotNil(t, events[0], "%s", records[0].Data)
			var got map[string]any
			require.NoError(t, json.Unmarshal(records[0].Data, &got))
			for field, value := range usual {
				want, differs := test.want[field]
				if !differs {
					want = value
				}
				assert.Equal(t, want, got[field], field)
			}
			assert.Equal(t, test.want["referrer"], got["referrer"])
			assert.Equal(t, "2026-03-01T12:29:00Z", got["event_time"])
		})
	}
}

// TestLinesThatAreNoRequests are sent as they stand: nothing of them is guessed.
func TestLinesThatAreNoRequests(t *testing.T) {
	for _, line := range []string{"", "-", `\x16\x03\x01`, "GET", "GET  HTTP/1.1", "GET HTTP/1.1", " /lamp HTTP/1.1",
		"CONNECT shop.example.com:443 HTTP/1.1", "OPTIONS * HTTP/1.1", "GET lamp HTTP/1.1", "junk words", "POST /lamp",
		"GET /lamp HTTP/one", "GET http:///lamp HTTP/1.1", "GET http:lamp HTTP/1.1", "GET ftp://a.example/ HTTP/1.1",
		"GET http://a b/ HTTP/1.1", "GET http://a:port/ HTTP/1.1", "GET ?lamp HTTP/1.1", `G\"T /lamp HTTP/1.1`,
	} {
		records, events := readLog(t, logHead+`"`+line+`" 400 0 "-" "-"`)
		assert.Nil(t, events[0], line)
		assert.Contains(t, string(records[0].Data), line)
	}
	for _, line := range []string{
		`192.0.2.7:33486 [01/Mar/2026:12:29:00.987] shop web/web1 0/0/0/0/0 200 203 - - ---- 0/0 "GET /lamp HTTP/1.1"`,
		`[2026-03-01T12:29:00.000Z] "GET /lamp HTTP/1.1" 200 - 0 6 3 2 "-" "A/1" "req-7" "shop.example.com"`,
		`#Fields: date time s-ip cs-method cs-uri-stem`,
		`2026-03-01 12:29:00 192.0.2.50 GET /lamp - 443 - 192.0.2.7 A/1 - 200`,
		strings.Replace(logHead, "01/Mar", "31/Feb", 1) + `"GET /lamp HTTP/1.1" 200 512 "-" "A/1"`,
		logHead + `"GET /lamp HTTP/1.1" 2000 512 "-" "A/1"`, logHead + `"GET /lamp HTTP/1.1" 200 512 "-"`,
	} {
		records, events := readLog(t, line)
		assert.Nil(t, events[0], line)
		assert.Equal(t, line, string(records[0].Data))
	}
}

const balancedLine = `h2 2026-03-01T12:29:00.123456Z app/shop/7 192.0.2.7:51234 192.0.2.50:80 0.000 ` +
	`0.001 0.000 200 200 34 366 "GET https://shop.example.com:443/lamp?a=1 HTTP/2.0" "A/1 \x22b\x22" - - arn:x "Root=1-2" "shop.example.com"`

func TestLogOfALoadBalancer(t *testing.T) {
	none := strings.Replace(balancedLine, "GET https://shop.example.com:443/lamp?a=1 HTTP/2.0",
		"- http://shop.example.com:80- -", 1)
	_, events := readLog(t, balancedLine+"\n"+none+"\n"+strings.Replace(balancedLine, "0.000 200 200", "-1 - -", 1))
	require.Len(t, events, 3)
	require.NotNil(t, events[0])
	assert.Equal(t, "https://shop.example.com:443/lamp?a=1", events[0].URL)
	assert.Equal(t, "2026-03-01T12:29:00.123456Z", events[0].EventTime)
	assert.Equal(t, `A/1 "b"`, events[0].UserAgent)
	assert.Equal(t, "192.0.2.7:51234", events[0].IP)
	assert.Equal(t, 200, events[0].HTTPStatus)
	assert.Nil(t, events[1], "a request that was none")
	assert.Zero(t, events[2].HTTPStatus)
}

func TestLogOfCloudFront(t *testing.T) {
	const head = "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem " +
		"sc-status cs(Referer) cs(User-Agent) cs-uri-query x-host-header cs-protocol\n"
	line := strings.Join([]string{"2026-03-01", "12:29:00", "FRA2-C1", "512", "2001:db8:7::9", "GET",
		"d1.cloudfront.net", "/k%C3%BCche", "200", "-", "A/1%20(b)", "utm_source=mail",
		"shop.example.com", "https"}, "\t")
	unanswered := strings.Replace(line, "\t200\t", "\t000\t", 1)
	records, events := readLog(t, head+line+"\n"+line+"\n"+head+unanswered+"\nshort\t"+"line")
	require.Len(t, events, 4, "headers are no lines")
	assert.Equal(t, "https://shop.example.com/k%C3%BCche?utm_source=mail", events[0].URL)
	assert.Equal(t, "A/1 (b)", events[0].UserAgent)
	assert.Equal(t, "2026-03-01T12:29:00Z", events[0].EventTime)
	assert.Equal(t, "2001:db8:7::9", events[0].IP)
	assert.Empty(t, events[0].Referrer)
	assert.NotEqual(t, events[0].EventID, events[1].EventID, "two requests that are alike")
	assert.Zero(t, events[2].HTTPStatus)
	assert.Equal(t, "short\tline", string(records[3].Data))
}

// TestALogThatHasGrown: a line that was sent before is no second event, and lines that are alike are requests each.
func TestALogThatHasGrown(t *testing.T) {
	lamp, oak := logHead+`"GET /lamp HTTP/1.1" 200 512 "-" "A/1"`, logHead+`"GET /oak HTTP/1.1" 200 512 "-" "A/1"`
	first, _ := readLog(t, lamp+"\n"+lamp+"\n"+oak+"\n")
	grown, _ := readLog(t, lamp+"\n"+lamp+"\n"+oak+"\n"+lamp+"\n")
	rotated, _ := readLog(t, oak+"\n"+lamp+"\n")
	assert.Equal(t, first, grown[:3])
	ids := map[string]bool{}
	for _, record := range grown {
		ids[record.EventIDs[0]] = true
	}
	assert.Len(t, ids, 4)
	for _, record := range rotated {
		assert.True(t, ids[record.EventIDs[0]], "it was sent with the lines before")
	}
}

// TestVisitorsOfALog: an absent agent and an empty one are one, and so are addresses behind other proxies.
func TestVisitorsOfALog(t *testing.T) {
	line := logHead + `"GET /lamp HTTP/1.1" 200 512 "-" `
	_, events := readLog(t, strings.Join([]string{line + `"-"`, line + `""`,
		strings.Replace(line, "192.0.2.7", "192.0.2.7, 198.51.100.9", 1) + `"-"`, line + `"A/1"`}, "\n"))
	assert.Equal(t, events[0].VisitorID, events[1].VisitorID)
	assert.Equal(t, events[0].VisitorID, events[2].VisitorID)
	assert.NotEqual(t, events[0].VisitorID, events[3].VisitorID)
}
