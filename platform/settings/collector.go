package settings

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Collector rule the address that sites, apps and servers send clicks to without AWS credentials.
type Collector struct {
	// Enabled makes the function behind that address, which anybody can call.
	Enabled bool `json:"enabled"`
	// WriteKeys are those that may send. To change one, name the new one beside it, and take the old one out when
	// nobody uses it any more.
	WriteKeys []WriteKey `json:"writeKeys"`
	// Origins are the sites whose pages may send, such as https://www.example.com.
	Origins []string `json:"origins"`
	// MaxConcurrency is how many requests are answered at a time. It is reserved of the account's quota.
	MaxConcurrency int `json:"maxConcurrency"`
	// CloudFront says that a distribution stands before the address and forwards CloudFront-Viewer-Address, which is
	// taken for the client's.
	CloudFront bool `json:"cloudFront"`
}

// WriteKey is known by its hash, so that no file, state or environment has it.
type WriteKey struct {
	// SHA256 of the key's text, in hexadecimal.
	SHA256 string `json:"sha256"`
	// Server says that servers have the key: addresses and agents are those that they send, not their own.
	Server bool `json:"server"`
}

// maxWriteKeys and maxOrigins fit into a function's environment, which holds 4 KB (AWS Lambda quotas).
const (
	maxWriteKeys = 10
	maxOrigins   = 20
)

var hashPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (c Collector) check(p *problems) {
	if c.Enabled && len(c.WriteKeys) == 0 {
		p.add("collector.writeKeys", c.WriteKeys, "at least one with collector.enabled: without any nobody may send")
	}
	p.between("collector.maxConcurrency", c.MaxConcurrency, 1, 10_000, "of the account's quota 100 stay for others")
	if len(c.WriteKeys) > maxWriteKeys {
		p.add("collector.writeKeys", len(c.WriteKeys), fmt.Sprintf("at most %d", maxWriteKeys))
	}
	for i, key := range c.WriteKeys {
		at := fmt.Sprintf("collector.writeKeys[%d].sha256", i)
		p.matches(at, key.SHA256, hashPattern, "64 of 0-9 and a-f: printf %s \"$KEY\" | sha256sum")
		if slices.IndexFunc(c.WriteKeys, func(k WriteKey) bool { return k.SHA256 == key.SHA256 }) < i {
			p.add(at, key.SHA256, "each key once")
		}
	}
	if len(c.Origins) > maxOrigins {
		p.add("collector.origins", len(c.Origins), fmt.Sprintf("at most %d", maxOrigins))
	}
	for i, origin := range c.Origins {
		if !isOrigin(origin) {
			p.add(fmt.Sprintf("collector.origins[%d]", i), origin,
				"an origin as browsers write it, such as https://www.example.com; http only of this machine")
		}
	}
}

// isOrigin says whether browsers write an origin so: in lower case, without a path or the scheme's own port. They
// compare it letter by letter.
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	if err != nil || len(text) > 100 || u.Scheme+"://"+u.Host != text || u.Hostname() == "" ||
		text != strings.ToLower(text) {
		return false
	}
	switch u.Scheme {
	case "https":
		return u.Port() != "443"
	case "http":
		return u.Port() != "80" && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1")
	}
	return false
}

// Access is what the collector's function reads of who may send.
func (c Collector) Access() (string, error) {
	text, err := json.Marshal(map[string]any{
		"keys": c.WriteKeys, "origins": c.Origins, "cloudFront": c.CloudFront,
	})
	return string(text), err
}
