package batch

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBuildReadsAddressesAsProxiesWriteThem: no form of it costs the event.
func TestBuildReadsAddressesAsProxiesWriteThem(t *testing.T) {
	const four, six = "203.0.113.0/24", "2001:db8:7::/48"
	for give, want := range map[string]any{
		"203.0.113.77": four, "203.0.113.77:51234": four, " 203.0.113.77 ": four, "::ffff:203.0.113.77": four,
		"203.0.113.77, 198.51.100.9": four, "203.0.113.77:1, 198.51.100.9:2": four, ", 203.0.113.77": four,
		"[::ffff:203.0.113.77]:443": four, "203.0.113.77:_hidden": four,
		"2001:db8:7:1::9": six, "[2001:db8:7:1::9]": six, "[2001:db8:7:1::9]:51234": six, "2001:db8:7::9%eth0": six,
		"[2001:db8:7::9%25eth0]:80, 203.0.113.77": six, "2001:db8:7:1:1:1:1:5123": six,
		`for=203.0.113.77`: four, `For="[2001:db8:7::9]:4711";proto=http`: six,
		`proto=https;for=203.0.113.77;by=_a`: four,
		`for=203.0.113.77, for=198.51.100.9`: four, `for="203.0.113.77:47011"`: four,
		strings.Repeat("203.0.113.77, ", 40) + "10.0.0.1": four,

		"unknown": nil, "unknown, 203.0.113.77": nil, "_hidden": nil, `for=_hidden`: nil, "-": nil, ",": nil,
		"client-7.example.net": nil, "client-7.example.net, 203.0.113.77": nil, "203.0.113.007": nil, "203.0.113": nil,
		"203.0.113.77:": nil, "203.0.113.77:99999": nil, "203.0.113.77:http": nil, "[2001:db8:7::9": nil,
		"[2001:db8:7::9]x": nil, "300.0.113.77": nil, "2001:db8:7::9]": nil, "203.0.113.77;": nil,
	} {
		t.Run(give, func(t *testing.T) {
			b := build(t, newProcessor(t), with("ip", quoted(t, give)))
			require.Empty(t, b.Counts.Quarantined)
			assert.Equal(t, want, allParquet(t, b.Processed)[0]["ip_prefix"])
			unread := 1
			if want != nil {
				unread = 0
			}
			assert.Equal(t, unread, b.Counts.AddressesUnread, "it is counted")
		})
	}
}
