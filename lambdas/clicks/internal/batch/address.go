package batch

import (
	"bytes"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// address is what the processed row keeps of a URL. Empty means absent.
type address struct {
	host, path []byte
	utm        [5][]byte // in the order of utmNames
}

var utmNames = [5]string{"source", "medium", "campaign", "term", "content"}

// splitAddress takes an absolute address, or one from the root, apart: host in lower case without user and port, path
// as written ("/" when an absolute address has none), and the first value of each UTM parameter, decoded and trimmed.
// It never fails: what is not there is empty. Results point into u or scratch, which is returned grown.
func splitAddress(u, scratch []byte, a *address) []byte {
	*a = address{}
	var query []byte
	a.host, a.path, query, scratch = splitHost(u, scratch)
	for len(query) > 0 {
		var pair []byte
		pair, query = nextPair(query)
		if len(pair) < 8 || string(pair[:4]) != "utm_" {
			continue
		}
		for i, name := range utmNames {
			if a.utm[i] == nil && len(pair) > 4+len(name) && pair[4+len(name)] == '=' &&
				string(pair[4:4+len(name)]) == name {
				a.utm[i], scratch = unescapeQuery(pair[5+len(name):], scratch)
				break
			}
		}
	}
	return scratch
}

// splitHost parts an address into host, path and query; the fragment is dropped.
func splitHost(u, scratch []byte) (host, path, query, grown []byte) {
	start, end := authority(u)
	if start > 0 {
		host, scratch = hostOf(u[start:end], scratch)
	}
	path, query = splitQuery(u[end:])
	if len(path) == 0 && start > 0 {
		path = rootPath
	}
	return host, path, query, scratch
}

// authority is where user, host and port of an absolute address lie; at its start, and empty, of any other.
func authority(u []byte) (start, end int) {
	i := bytes.IndexByte(u, '/')
	if i < 0 || i+1 >= len(u) || u[i+1] != '/' || i > 0 && (u[i-1] != ':' || !isScheme(u[:i-1])) {
		return 0, 0
	}
	start = i + 2
	for end = start; end < len(u) && u[end] != '/' && u[end] != '?' && u[end] != '#'; end++ {
	}
	return start, end
}

// hostOf takes user and port off.
func hostOf(authority, scratch []byte) (host, grown []byte) {
	if j := bytes.LastIndexByte(authority, '@'); j >= 0 {
		authority = authority[j+1:]
	}
	if j := bytes.LastIndexByte(authority, ':'); j >= 0 && bytes.IndexByte(authority[j:], ']') < 0 {
		authority = authority[:j]
	}
	return lower(authority, scratch)
}

var rootPath = []byte("/")

func isScheme(s []byte) bool {
	for _, c := range s {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	return len(s) > 0
}

// lower returns s with ASCII letters in lower case; it copies only when it must.
func lower(s, scratch []byte) (result, grown []byte) {
	for i, c := range s {
		if c >= 'A' && c <= 'Z' {
			start := len(scratch)
			scratch = append(scratch, s[:i]...)
			for _, c := range s[i:] {
				if c >= 'A' && c <= 'Z' {
					c |= 0x20
				}
				scratch = append(scratch, c)
			}
			return scratch[start:len(scratch):len(scratch)], scratch
		}
	}
	return s, scratch
}

// unescapeQuery decodes a query value and trims it. A value whose escapes are broken, or hide bytes that are not UTF-8,
// stays as it was sent.
func unescapeQuery(s, scratch []byte) (result, grown []byte) {
	if bytes.IndexByte(s, '%') < 0 && bytes.IndexByte(s, '+') < 0 {
		return trim(s), scratch
	}
	start := len(scratch)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '+':
			c = ' '
		case c == '%':
			if i+2 >= len(s) || unhex(s[i+1]) < 0 || unhex(s[i+2]) < 0 {
				return trim(s), scratch[:start]
			}
			c = byte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			i += 2
		}
		scratch = append(scratch, c)
	}
	value := scratch[start:len(scratch):len(scratch)]
	if !utf8.Valid(value) {
		return trim(s), scratch[:start]
	}
	return trim(value), scratch
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// trim cuts white space off both ends.
func trim(s []byte) []byte {
	if len(s) == 0 || plainByte(s[0]) && plainByte(s[len(s)-1]) {
		return s
	}
	return bytes.TrimSpace(s)
}

func plainByte(c byte) bool { return c > ' ' && c < 0x7F }

// Networks of which the processed row keeps the address: 256 IPv4 hosts, or an IPv6 site.
const (
	prefixBits4 = 24
	prefixBits6 = 48
)

// appendNetwork appends the network of an IP address, such as 203.0.113.0/24; nothing when it is not an address.
func appendNetwork(dst, ip []byte) []byte {
	if n := hostPart(ip); n > 0 {
		dst = append(dst, ip[:n]...)
		return append(dst, "0/24"...)
	}
	// the address keeps no reference but to a zone
	addr, err := netip.ParseAddr(unsafe.String(unsafe.SliceData(ip), len(ip)))
	if err != nil {
		return dst
	}
	addr = addr.WithZone("").Unmap()
	bits := prefixBits4
	if addr.Is6() {
		bits = prefixBits6
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return dst
	}
	return network.AppendTo(dst)
}

// hostPart returns where the last number of a dotted IPv4 address begins, or 0 when it is not one.
func hostPart(ip []byte) int {
	dots, start, value, last := 0, 0, 0, 0
	for i, c := range ip {
		switch {
		case c >= '0' && c <= '9':
			if i > start && ip[start] == '0' {
				return 0 // leading zeros are ambiguous
			}
			if value = value*10 + int(c-'0'); value > 255 {
				return 0
			}
		case c == '.' && i > start:
			dots++
			start, value, last = i+1, 0, i+1
		default:
			return 0
		}
	}
	if dots != 3 || start == len(ip) {
		return 0
	}
	return last
}

// robots are words in the User-Agent headers of programs. The access logs of real sites hold few programs without one
// of them.
var robots = []string{
	"bot", "crawl", "spider", "slurp", "curl/", "wget/", "python", "headless", "http-client", "httpclient", "feed",
	"monitor", "scrapy", "libwww", "okhttp", "go-http", "java/", "facebookexternalhit",
}

// Robots are the words, in lower case, by which programs are distinguished from browsers.
func Robots() []string { return slices.Clone(robots) }

// robotCache remembers whether a User-Agent names a program rather than a browser: there are few of them, and they are
// long. It is direct mapped: a User-Agent replaces the one that had its slot.
type robotCache struct {
	seed  maphash.Seed
	slots [1024]struct {
		agent string
		robot bool
	}
}

func (c *robotCache) isRobot(agent []byte) bool {
	slot := &c.slots[maphash.Bytes(c.seed, agent)%uint64(len(c.slots))]
	if slot.agent == string(agent) {
		return slot.robot
	}
	slot.agent = string(agent)
	folded := strings.ToLower(slot.agent)
	slot.robot = slices.ContainsFunc(robots, func(word string) bool { return strings.Contains(folded, word) })
	return slot.robot
}
