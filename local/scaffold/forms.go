package scaffold

import (
	"regexp"
	"strings"
)

// form is a way to write times that is not ISO 8601's in full.
type form struct {
	pattern *regexp.Regexp
	format  string // in Spark's letters
}

// forms are days as they are written in places and by programs, alone or with a clock's time.
var forms = func() (all []form) {
	for day, format := range map[string]string{
		`[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{4}`: "d.M.yyyy", `[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}`: "d/M/yyyy",
		`[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}`: "yyyy/M/d", `[0-9]{4}-[0-9]{2}-[0-9]{2}`: "yyyy-MM-dd",
	} {
		for clock, letters := range map[string]string{
			"": "", ` [0-9]{1,2}:[0-9]{2}`: " H:mm", ` [0-9]{1,2}:[0-9]{2}:[0-9]{2}`: " H:mm:ss",
			`T[0-9]{2}:[0-9]{2}`: "'T'HH:mm",
		} {
			all = append(all, form{regexp.MustCompile("^" + day + clock + "$"), format + letters})
		}
	}
	return all
}()

// monthFirst says whether the second numbers of some values can be no month, and no first one can be a day alone.
func monthFirst(values []string) bool {
	var first, second bool
	for _, value := range values {
		if one, rest, ok := strings.Cut(value, "/"); ok {
			two, _, _ := strings.Cut(rest, "/")
			first = first || len(one) == 2 && one > "12"
			second = second || len(two) == 2 && two > "12"
		}
	}
	return second && !first
}
