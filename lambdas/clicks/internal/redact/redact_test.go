package redact_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"dataplatform/lambdas/clicks/internal/redact"
)

func text(s string) string {
	result, _ := redact.Text([]byte(s), []byte("kept"))
	return string(result)
}

func TestTextWithoutAddressesAndNumbers(t *testing.T) {
	for give, want := range map[string]string{
		"":                                   "",
		"garden lights":                      "garden lights",
		"jane@example.com":                   "(redacted)",
		"to jane.doe+x@example.com, please":  "to (redacted), please",
		"a@b.example and c@d.example":        "(redacted) and (redacted)",
		"jane%40example.com":                 "(redacted)",
		"jane%2540example.com":               "(redacted)",
		"jane＠example.com":                   "(redacted)",
		"mailto:jane@example.com?subject=hi": "mailto:(redacted)?subject=hi",
		"/unsubscribe/jane@example.com/now":  "/unsubscribe/(redacted)/now",
		"jürgen@müller.example":              "(redacted)",
		"@shop":                              "@shop",
		"/@jane/photos":                      "/@jane/photos",
		"jane@":                              "jane@",
		"100%25 wool, 40% off":               "100%25 wool, 40% off",
		"call +44 20 7946 0958 now":          "call (redacted) now",
		"+442079460958":                      "(redacted)",
		"44 20 7946 0958":                    "(redacted)",
		"0044 20 7946 0958":                  "(redacted)",
		"(020) 7946-0958":                    "((redacted)",
		"020/79460958":                       "(redacted)",
		"555-123-4567":                       "(redacted)",
		"120210987654321":                    "120210987654321", // a campaign
		"5012345678900":                      "5012345678900",   // a product
		"summer_2026-01-15":                  "summer_2026-01-15",
		"2026-01-15 10":                      "2026-01-15 10",
		"week-2026-01-15-2026-01-31":         "week-2026-01-15-2026-01-31",
		"120 x 200 x 300 cm":                 "120 x 200 x 300 cm",
		"order 12345":                        "order 12345",
		"p0123456789":                        "p0123456789",
	} {
		assert.Equal(t, want, text(give), give)
		assert.Equal(t, want, text(want), "once is enough: %s", give)
	}
}

// FuzzText: whatever stands around an address or a number, it goes, and nothing else does that could be read back.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "a", "find ", "%", "%40", "@", " 1 ", "/x/", "＠", "=\x00"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, canary := range []string{"canary@example.com", "canary%40example.com"} {
			found := text(before + canary + after)
			assert.NotContains(t, found, canary, "%q", before)
			if utf8.ValidString(before) && utf8.ValidString(after) {
				assert.True(t, utf8.ValidString(found))
			}
		}
		found := text(before + ", +44 20 7946 0958, " + after)
		assert.NotContains(t, found, "7946 0958")
		assert.Contains(t, found, redact.Mark)
		if !strings.ContainsAny(before, "@%＠0123456789") {
			assert.Equal(t, before, text(before))
		}
	})
}
