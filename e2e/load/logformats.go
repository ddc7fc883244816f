package load

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// site is put before the paths of an access log that names no host.
const site = "https://www.example.com"

// request is what a line of an access log says. Empty is what it does not say.
type request struct {
	at                               time.Time
	client                           string // address or name, or a list of them of which the first is the client's
	method, address, referrer, agent string
	status                           int
	bytes                            *int64
}

// event is a page view. Who is alike in address and agent is one visitor.
func (r *request) event(id string) event {
	first, _, _ := strings.Cut(r.client, ",")
	e := event{
		EventID: id, EventType: "page_view", EventTime: r.at.UTC().Format("2006-01-02T15:04:05.999999Z07:00"),
		VisitorID: hash(first, r.agent)[:32], URL: r.address, Referrer: r.referrer, UserAgent: r.agent, IP: r.client,
		HTTPMethod: r.method, ResponseBytes: r.bytes,
	}
	if r.status >= 100 { // others are no answers
		e.HTTPStatus = r.status
	}
	return e
}

// logFormat is how a server writes its log.
type logFormat interface {
	// read returns the request that a line says, nil when it says none; known says that the line is one of the format.
	read(line string) (r *request, known bool)
}

// formatOf is the format that a file's first line is of. Whatever looks like none is read as Combined Log Format, line
// by line.
func formatOf(first string) logFormat {
	switch {
	case strings.HasPrefix(first, "#Version:"):
		return &cloudFront{}
	case loadBalancer.MatchString(first):
		return balanced{}
	}
	return combined{}
}

// quoted is a text in quotes, in which servers put a backslash before quotes and backslashes, or write their codes.
const quoted = `"((?:[^"\\]|\\.)*)"`

// combinedLine is Combined Log Format, or Common without referrer and agent: client, identity, user, time, request,
// status, bytes, referrer, agent. More may follow, as in the format of nginx's packages and in HAProxy's; the last
// quote may be cut off. A user may hold spaces, and a client may be a list.
var combinedLine = regexp.MustCompile(`^([^\s,]+(?:, ?[^\s,]+)*) (\S+) (.*?) ` +
	`\[(\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] ` + quoted + ` (\d{3}) (\d+|-)` +
	`(?: ` + quoted + ` (?:` + quoted + `(?: .*)?|"((?:[^"\\]|\\.)*)))?\s*$`)

const logTime = "02/Jan/2006:15:04:05 -0700"

// virtualHost begins a line of Apache's vhost_combined: the host that was asked, and then the client.
var virtualHost = regexp.MustCompile(`^([^\s,:]+):\d{1,5} ([0-9A-Fa-f.:]+ .*)$`)

type combined struct{}

func (combined) read(line string) (*request, bool) {
	host := site
	m := combinedLine.FindStringSubmatch(line)
	if m == nil {
		return nil, false
	}
	if v := virtualHost.FindStringSubmatch(line); v != nil && strings.ContainsAny(m[2], ".:") {
		if inner := combinedLine.FindStringSubmatch(v[2]); inner != nil {
			host, m = "https://"+v[1], inner
		}
	}
	at, err := time.Parse(logTime, m[4])
	if err != nil {
		return nil, false
	}
	r := &request{at: at, client: said(m[1]), referrer: said(m[8]), agent: said(m[9] + m[10])}
	return r.asked(m[5], host, m[6], m[7])
}

// asked adds request line, status and bytes; nil when the line asks for no page.
func (r *request) asked(line, host, status, bytes string) (*request, bool) {
	method, target, ok := requestLine(unescaped(line))
	if !ok {
		return nil, false
	}
	if r.address, ok = addressOf(target, host); !ok {
		return nil, false
	}
	r.method = method
	r.answered(status, bytes)
	return r, true
}

func (r *request) answered(status, bytes string) {
	r.status, _ = strconv.Atoi(status)                            // "-": there was no answer
	if size, err := strconv.ParseInt(bytes, 10, 64); err == nil { // "-": no body
		r.bytes = &size
	}
}

// said is a field's text; a hyphen stands for what is absent.
func said(field string) string {
	if field == "-" {
		return ""
	}
	return strings.TrimSpace(unescaped(field))
}

var (
	method  = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
	version = regexp.MustCompile(` HTTP/\d(?:\.\d)?$`)
)

// requestLine takes a request line apart. The target ends at the last space before the version: there are senders that
// do not encode one. Only HTTP/0.9 names no version, and has GET alone.
func requestLine(line string) (of, target string, ok bool) {
	of, target, ok = strings.Cut(line, " ")
	if !ok || !method.MatchString(of) {
		return "", "", false
	}
	if at := version.FindStringIndex(" " + target); at != nil {
		return of, strings.TrimSpace(target[:max(at[0]-1, 0)]), at[0] > 0
	}
	return of, target, of == "GET" && !strings.ContainsAny(target, " \t")
}

// addressOf is the address of the page that a target asks for, RFC 9112, 3.2: the origin form has the path, the
// absolute form all of it. The authority form and the asterisk ask for no page, and a target of no form for nothing.
func addressOf(target, host string) (string, bool) {
	if strings.HasPrefix(target, "/") {
		return host + encodedBytes(target), true
	}
	scheme, rest, ok := strings.Cut(target, "://")
	if scheme = strings.ToLower(scheme); !ok || scheme != "http" && scheme != "https" {
		return "", false
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority, err := url.Parse("http://" + rest[:end])
	if err != nil || authority.Hostname() == "" {
		return "", false
	}
	return encodedBytes(target), true
}

// encodedBytes encodes what is not UTF-8, of which an address has no other way to say what it was.
func encodedBytes(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var out strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && n == 1 {
			out.WriteString("%" + strings.ToUpper(strconv.FormatUint(uint64(text[0])+0x100, 16)[1:]))
		} else {
			out.WriteString(text[:n])
		}
		text = text[n:]
	}
	return out.String()
}

var controls = map[byte]byte{'b': '\b', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v', '"': '"', '\\': '\\'}

// unescaped undoes a server's escapes in one pass, so that an escaped backslash begins none.
func unescaped(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			if code, ok := controls[text[i+1]]; ok {
				out = append(out, code)
				i++
				continue
			}
			if text[i+1] == 'x' && i+3 < len(text) {
				if code, err := strconv.ParseUint(text[i+2:i+4], 16, 8); err == nil {
					out = append(out, byte(code))
					i += 3
					continue
				}
			}
		}
		out = append(out, text[i])
	}
	return string(out)
}

// loadBalancer is a line of an application load balancer: type, time, name, client, target, three times, status, the
// target's status, bytes received and sent, request, agent. More follows. See "Access logs for your Application Load
// Balancer" in the user guide.
var loadBalancer = regexp.MustCompile(`^(?:https?|h2|grpcs|wss?) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z) \S+ (\S+) ` +
	`\S+ \S+ \S+ \S+ (\d{3}|-) \S+ \d+ (\d+|-) ` + quoted + ` ` + quoted + ` `)

type balanced struct{}

func (balanced) read(line string) (*request, bool) {
	m := loadBalancer.FindStringSubmatch(line)
	if m == nil {
		return nil, false
	}
	at, err := time.Parse(time.RFC3339Nano, m[1])
	if err != nil {
		return nil, false
	}
	r := &request{at: at, client: said(m[2]), agent: said(m[6])}
	return r.asked(m[5], site, m[3], m[4])
}

// cloudFront is a standard log of CloudFront: fields between tabs, which a header names. See "Standard log file fields"
// in its developer guide.
type cloudFront struct{ fields []string }

func (c *cloudFront) read(line string) (*request, bool) {
	if strings.HasPrefix(line, "#") {
		names, ok := strings.CutPrefix(line, "#Fields:")
		if ok {
			c.fields = strings.Fields(names)
		}
		// Other logs have such headers, too.
		return nil, strings.HasPrefix(line, "#Version:") || slices.Contains(c.fields, "x-edge-location")
	}
	values := strings.Split(strings.TrimRight(line, "\r"), "\t")
	if len(values) != len(c.fields) || !slices.Contains(c.fields, "x-edge-location") {
		return nil, false
	}
	field := func(names ...string) string {
		for _, name := range names {
			if i := slices.Index(c.fields, name); i >= 0 && values[i] != "-" {
				return values[i]
			}
		}
		return ""
	}
	at, err := time.Parse("2006-01-02 15:04:05", field("date")+" "+field("time"))
	if err != nil {
		return nil, false
	}
	r := &request{
		at: at, client: field("c-ip"), method: field("cs-method"), referrer: decoded(field("cs(Referer)")),
		agent: decoded(field("cs(User-Agent)")),
	}
	scheme, path := field("cs-protocol"), field("cs-uri-stem")
	if scheme != "http" {
		scheme = "https"
	}
	if query := field("cs-uri-query"); query != "" {
		path += "?" + query
	}
	host := field("x-host-header", "cs(Host)")
	address, ok := addressOf(scheme+"://"+host+path, site)
	if !ok || !strings.HasPrefix(path, "/") {
		return nil, false
	}
	r.address = address
	r.answered(field("sc-status"), field("sc-bytes"))
	return r, true
}

// decoded undoes the percent-encoding of a field, or leaves it when it is broken.
func decoded(field string) string {
	if text, err := url.PathUnescape(field); err == nil {
		return text
	}
	return field
}
