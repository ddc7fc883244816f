package batch

import "time"

// microseconds parses an RFC 3339 time strictly (time.Time.UnmarshalText also takes a comma and an offset of 24 hours)
// into microseconds since the epoch, of whole milliseconds: digits beyond the third are cut off. Athena reads the times
// of Parquet files rounded to milliseconds, by which an event of 11:59:59.9996 would be of 12 in the partition of hour
// 11. T and Z may be in lower case, RFC 3339, 5.6.
func microseconds(s []byte) (int64, bool) {
	if len(s) < len("2006-01-02T15:04:05Z") || s[4] != '-' || s[7] != '-' || s[10]|0x20 != 't' || s[13] != ':' ||
		s[16] != ':' {
		return 0, false
	}
	year1, ok1 := two(s, 0)
	year2, ok2 := two(s, 2)
	month, ok3 := two(s, 5)
	day, ok4 := two(s, 8)
	hour, ok5 := two(s, 11)
	minute, ok6 := two(s, 14)
	second, ok7 := two(s, 17)
	year := year1*100 + year2
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6 && ok7) || month < 1 || month > 12 || day < 1 ||
		day > daysIn(year, month) ||
		hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	i := 19
	var micros int64
	if s[i] == '.' {
		scale := int64(100000)
		start := i + 1
		for i = start; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
			if scale >= 1000 {
				micros += scale * int64(s[i]-'0')
				scale /= 10
			}
		}
		if i == start || i == len(s) {
			return 0, false
		}
	}
	offset := 0
	switch {
	case s[i]|0x20 == 'z' && i == len(s)-1:
	case (s[i] == '+' || s[i] == '-') && i == len(s)-6 && s[i+3] == ':':
		hours, ok1 := two(s, i+1)
		minutes, ok2 := two(s, i+4)
		if !ok1 || !ok2 || hours > 23 || minutes > 59 {
			return 0, false
		}
		offset = (hours*60 + minutes) * 60
		if s[i] == '-' {
			offset = -offset
		}
	default:
		return 0, false
	}
	seconds := daysSinceEpoch(year, month, day)*86400 + int64(hour*3600+minute*60+second-offset)
	return seconds*1e6 + micros, true
}

func two(s []byte, i int) (int, bool) {
	a, b := s[i]-'0', s[i+1]-'0'
	return int(a)*10 + int(b), a <= 9 && b <= 9
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysSinceEpoch counts days of the proleptic Gregorian calendar from 1970-01-01. Years start in March, so that the
// leap day is the last one.
func daysSinceEpoch(year, month, day int) int64 {
	y, m := int64(year), int64(month)
	if m <= 2 {
		y--
		m += 12
	}
	era := y
	if era < 0 {
		era -= 399
	}
	era /= 400
	yearOfEra := y - era*400
	dayOfYear := (153*(m-3)+2)/5 + int64(day) - 1
	return era*146097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719468
}

// clock formats times; it remembers the latest second, because the records of a batch arrive close together.
type clock struct {
	second int64
	text   []byte // up to the second
}

// appendMillis appends RFC 3339 with milliseconds, UTC. ms is not negative.
func (c *clock) appendMillis(dst []byte, ms int64) []byte {
	if second := ms / 1000; second != c.second || c.text == nil {
		c.second, c.text = second, time.Unix(second, 0).UTC().AppendFormat(c.text[:0], "2006-01-02T15:04:05.")
	}
	rest := ms % 1000
	dst = append(dst, c.text...)
	return append(dst, byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10), 'Z')
}

const microsPerHour = int64(time.Hour / time.Microsecond)

// hourOf is the number of whole hours since the epoch.
func hourOf(micros int64) int64 {
	hour := micros / microsPerHour
	if micros%microsPerHour < 0 {
		hour--
	}
	return hour
}

func hourTime(hour int64) time.Time { return time.Unix(hour*3600, 0).UTC() }
