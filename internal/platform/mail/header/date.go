package header

import (
	"strconv"
	"strings"
	"time"
)

// Date reads a date in the form of RFC 5322 or in one of the forms that
// programs have used instead. ok is false when no point in time can be made of
// it. The result is in UTC; a missing or unknown zone counts as UTC.
func Date(value string) (t time.Time, ok bool) {
	value, _ = stripComments(value)
	value = strings.TrimSpace(value)
	if len(value) > 200 {
		return time.Time{}, false
	}
	if t, ok := machineDate(value); ok {
		return t, true
	}
	var d date
	for word := range strings.FieldsFuncSeq(value, func(c rune) bool { return c == ' ' || c == ',' || c == '\t' }) {
		d.take(word)
	}
	return d.time()
}

// machineDate reads the ISO and numeric forms.
func machineDate(value string) (time.Time, bool) {
	if value == "" || value[0] < '0' || value[0] > '9' {
		return time.Time{}, false
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05Z07:00",
		"2006-01-02 15:04:05", "2006-01-02 15:04", "2006/01/02 15:04:05", "01/02/2006 15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// date collects the parts of a date, in whatever order they come.
type date struct {
	day, month, year  int
	hour, minute, sec int
	offset            int // seconds east of Greenwich
	timed, zoned      bool
}

func (d *date) take(word string) {
	switch c := word[0]; {
	case strings.Contains(word, ":") && c >= '0' && c <= '9':
		d.clock(word)
	case (c == '+' || c == '-') && d.timed:
		d.zone(word)
	case c >= '0' && c <= '9':
		d.number(word)
	default:
		d.name(word)
	}
}

// clock reads 9:05, 09:05:07, 9:05PM, 09:05:07.123 and 09:05:07+0200.
func (d *date) clock(word string) {
	if i := strings.IndexAny(word, "+-"); i > 0 {
		d.timed = true
		d.zone(word[i:])
		word = word[:i]
	}
	digits := strings.TrimRight(word, "AMPampZz")
	parts := strings.Split(digits, ":")
	if d.timed = true; len(parts) < 2 {
		d.hour = -1
		return
	}
	d.hour, d.minute = number(parts[0]), number(parts[1])
	if len(parts) > 2 {
		whole, _, _ := strings.Cut(parts[2], ".")
		d.sec = number(whole)
	}
	if mark := strings.ToUpper(word[len(digits):]); mark != "" {
		d.halfDay(mark)
	}
}

// number reads a day or a year, or "22-Aug-2002".
func (d *date) number(word string) {
	if parts := strings.Split(word, "-"); len(parts) == 3 {
		for _, p := range parts {
			if p != "" {
				d.take(p)
			}
		}
		return
	}
	n := number(strings.Trim(word, ".dhnrst"))
	switch {
	case n > 31 || len(word) == 4 || d.day > 0:
		if d.year == 0 {
			d.year = fullYear(n, len(word))
		}
	default:
		d.day = n
	}
}

// fullYear expands a year of two or three digits as RFC 5322 says.
func fullYear(n, digits int) int {
	switch {
	case digits <= 2 && n < 50:
		return n + 2000
	case digits <= 3 && n < 1000:
		return n + 1900
	}
	return n
}

// name reads a month, a zone or half of the day; days of the week do not matter.
func (d *date) name(word string) {
	upper := strings.ToUpper(strings.Trim(word, ".\"'"))
	if len(upper) >= 3 && d.month == 0 {
		if i := strings.Index("JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC", upper[:3]); i >= 0 && i%3 == 0 {
			d.month = i/3 + 1
			return
		}
	}
	if upper == "AM" || upper == "PM" {
		d.halfDay(upper)
		return
	}
	if d.timed && !d.zoned {
		d.zone(upper)
	}
}

func (d *date) halfDay(mark string) {
	if mark == "PM" && d.hour < 12 {
		d.hour += 12
	}
	if mark == "AM" && d.hour == 12 {
		d.hour = 0
	}
}

// zone reads "+0200", "-5", "GMT+2" and the names that mail has used.
func (d *date) zone(word string) {
	if i := strings.IndexAny(word, "+-"); i > 0 {
		word = word[i:]
	}
	if word == "" {
		return
	}
	if word[0] == '+' || word[0] == '-' {
		digits := strings.ReplaceAll(word[1:], ":", "")
		n := number(digits)
		if len(digits) <= 2 {
			n *= 100
		}
		if seconds := (n/100*60 + n%100) * 60; n >= 0 && seconds <= 15*3600 {
			d.offset, d.zoned = seconds, true
		}
		if word[0] == '-' {
			d.offset = -d.offset
		}
		return
	}
	if hours, ok := zoneHours(word); ok {
		d.offset, d.zoned = int(hours*3600), true
	}
}

func zoneHours(name string) (hours float64, ok bool) {
	switch name {
	case "GMT", "UT", "UTC", "Z", "WET":
		return 0, true
	case "EST":
		return -5, true
	case "EDT", "AST":
		return -4, true
	case "CST":
		return -6, true
	case "CDT":
		return -5, true
	case "MST":
		return -7, true
	case "MDT":
		return -6, true
	case "PST":
		return -8, true
	case "PDT":
		return -7, true
	case "BST", "CET", "MET", "MEZ", "WEST":
		return 1, true
	case "CEST", "MEST", "MESZ", "EET", "SAST":
		return 2, true
	case "EEST", "MSK":
		return 3, true
	case "MSD":
		return 4, true
	case "IST":
		return 5.5, true
	case "JST", "KST":
		return 9, true
	case "AEST", "EAST":
		return 10, true
	case "AEDT":
		return 11, true
	}
	return 0, false
}

// time makes a point in time, if day, month and year are real.
func (d *date) time() (time.Time, bool) {
	if d.day < 1 || d.month == 0 || d.year < 1 || d.year > 9999 || min(d.hour, d.minute, d.sec) < 0 ||
		d.hour > 24 || d.minute > 59 || d.sec > 60 {
		return time.Time{}, false
	}
	t := time.Date(d.year, time.Month(d.month), d.day, d.hour, d.minute, d.sec, 0, time.UTC)
	if t.Day() != d.day && d.hour < 24 && d.sec < 60 {
		return time.Time{}, false // 31 February
	}
	return t.Add(-time.Duration(d.offset) * time.Second), true
}

// number is -1 for what is not a small number.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 99999 {
		return -1
	}
	return n
}
