package load

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"time"

	"dataplatform/internal/gunzip"
)

// combined is a line of the Combined Log Format: host, identity, user, time, request, status, bytes, referrer, user
// agent.
var combined = regexp.MustCompile(
	`^(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (\S+)(?: [^"]*)?" (\d{3}) (\d+|-) "([^"]*)" "((?:[^"\\]|\\.)*)"?\s*$`,
)

const logTime = "02/Jan/2006:15:04:05 -0700"

// site is put before the paths of an access log, which names no host.
const site = "https://www.example.com"

// ReadClicks reads a file of events, one a line, gzipped or not: an access log
// in Combined Log Format, or NDJSON of the contract. A line that is neither is
// sent as it stands, for the platform to quarantine.
func ReadClicks(path string) ([]Record, error) {
	content, err := readMaybeGzipped(path)
	if err != nil {
		return nil, fmt.Errorf("clicks: %w", err)
	}
	sum := sha256.Sum256(content)
	digest := hex.EncodeToString(sum[:])
	var records []Record
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, 16<<20)
	for number := 1; lines.Scan(); number++ {
		line := bytes.Clone(lines.Bytes())
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		records = append(records, pack([]item{lineItem(line, digest, number)}, packSingle))
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("clicks %s: %w", path, err)
	}
	if len(records) == 0 {
		return nil, fmt.Errorf("clicks %s: the file holds no events", path)
	}
	return records, nil
}

func lineItem(line []byte, digest string, number int) item {
	if e, ok := parseCombined(line, digest, number); ok {
		return item{text: e.text(), eventID: e.EventID}
	}
	var head struct {
		EventID string `json:"event_id"`
	}
	// What cannot be read here has no id; the platform says why.
	if err := json.Unmarshal(line, &head); err != nil {
		head.EventID = ""
	}
	return item{text: line, eventID: head.EventID}
}

// parseCombined makes an event of a log line. Its id is a hash of the file's
// digest and the line number, so that a log sent twice gives the same events.
func parseCombined(line []byte, digest string, number int) (event, bool) {
	m := combined.FindSubmatch(line)
	if m == nil {
		return event{}, false
	}
	at, err := time.Parse(logTime, string(m[2]))
	if err != nil {
		return event{}, false
	}
	status, err := strconv.Atoi(string(m[5]))
	if err != nil {
		return event{}, false
	}
	e := event{
		EventID: hash(digest, strconv.Itoa(number)), EventType: "page_view",
		EventTime: at.UTC().Format(time.RFC3339),
		VisitorID: hash(string(m[1]), string(m[8]))[:32],
		URL:       site + string(m[4]), UserAgent: string(m[8]), IP: string(m[1]),
		HTTPMethod: string(m[3]), HTTPStatus: status,
	}
	if referrer := string(m[7]); referrer != "-" {
		e.Referrer = referrer
	}
	if size, err := strconv.ParseInt(string(m[6]), 10, 64); err == nil { // "-": no body
		e.ResponseBytes = &size
	}
	return e, true
}

func hash(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func readMaybeGzipped(path string) ([]byte, error) {
	content, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(content, []byte{0x1f, 0x8b}) {
		return content, err
	}
	if content, err = gunzipped(content); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return content, nil
}

func gunzipped(content []byte) ([]byte, error) {
	zip, err := gunzip.NewReader(bufio.NewReader(bytes.NewReader(content)))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(zip)
}
