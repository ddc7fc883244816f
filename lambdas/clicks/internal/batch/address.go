package batch

import (
	"bytes"
	"hash/maphash"
	"net/netip"
	"slices"
	"strconv"
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
		name, value, _ := bytes.Cut(pair, []byte("="))
		if len(name) < len("utm_term") {
			continue
		}
		if name, scratch = parameterName(name, scratch); len(name) < 5 || string(name[:4]) != "utm_" {
			continue
		}
		for i, known := range utmNames {
			if a.utm[i] == nil && string(name[4:]) == known {
				a.utm[i], scratch = unescapeQuery(value, scratch)
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

// lower returns s in lower case; it copies only when it must.
func lower(s, scratch []byte) (result, grown []byte) {
	for i, c := range s {
		if c >= utf8.RuneSelf {
			return bytes.ToLower(s), scratch
		}
		if c >= 'A' && c <= 'Z' {
			start := len(scratch)
			scratch = append(scratch, s[:i]...)
			for _, c := range s[i:] {
				if c >= utf8.RuneSelf {
					return bytes.ToLower(s), scratch[:start]
				}
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

// upper returns s with ASCII letters in upper case; it copies only when it must.
func upper(s, scratch []byte) (result, grown []byte) {
	for _, c := range s {
		if c >= 'a' && c <= 'z' {
			start := len(scratch)
			scratch = append(scratch, s...)
			result = scratch[start:len(scratch):len(scratch)]
			for i, c := range result {
				if c >= 'a' && c <= 'z' {
					result[i] = c &^ 0x20
				}
			}
			return result, scratch
		}
	}
	return s, scratch
}

// unescapeQuery decodes a query's name or value and trims it. A percent sign that begins no escape stands for itself,
// as in the URL Standard. What hides bytes that are not UTF-8 stays as it was sent.
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
		case c == '%' && i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0:
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

// parameterName decodes the name of a parameter, which hardly anybody encodes.
func parameterName(name, scratch []byte) (result, grown []byte) {
	if bytes.IndexByte(name, '%') < 0 {
		return name, scratch
	}
	return unescapeQuery(name, scratch)
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

// appendNetwork appends the network of an IP address, such as 203.0.113.0/24, as senders and proxies write it; nothing
// when it is not an address.
func appendNetwork(dst, ip []byte) []byte {
	if n := hostPart(ip); n > 0 {
		dst = append(dst, ip[:n]...)
		return append(dst, "0/24"...)
	}
	ip = clientOf(ip)
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

// clientOf is the first address of a list of X-Forwarded-For or Forwarded, which is the client's, without port,
// brackets and quotes; RFC 7239, 4 to 6.
func clientOf(list []byte) []byte {
	one, rest, more := bytes.Cut(list, []byte(","))
	for one = bytes.TrimSpace(one); len(one) == 0 && more; one = bytes.TrimSpace(one) {
		one, rest, more = bytes.Cut(rest, []byte(","))
	}
	for parameter := range bytes.SplitSeq(one, []byte(";")) {
		name, value, named := bytes.Cut(bytes.TrimSpace(parameter), []byte("="))
		if named && bytes.EqualFold(name, []byte("for")) {
			one = value
			break
		}
	}
	if n := len(one); n > 1 && one[0] == '"' && one[n-1] == '"' {
		one = one[1 : n-1]
	}
	if len(one) > 0 && one[0] == '[' {
		address, port, closed := bytes.Cut(one[1:], []byte("]"))
		if !closed || len(port) > 0 && !isPort(port) {
			return nil
		}
		return address
	}
	if i := bytes.IndexByte(one, ':'); i >= 0 && isPort(one[i:]) {
		return one[:i]
	}
	return one
}

// isPort says that text is a colon and a port, or one that a proxy hides behind a name.
func isPort(text []byte) bool {
	if len(text) < 2 || text[0] != ':' {
		return false
	}
	if text[1] == '_' {
		return true
	}
	_, err := strconv.ParseUint(string(text[1:]), 10, 16)
	return err == nil
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
