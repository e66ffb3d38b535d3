package pg

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// A column knows how to write its values.
type column struct {
	key string // `"name":`, "" if hidden
	// position writes what becomes one of Page.Keys; nil for other columns.
	position func(src []byte) string
	append   appender
}

// An appender writes one value that is not NULL.
type appender func(dst, src []byte) ([]byte, error)

func planOf(fields []pgconn.FieldDescription) []column {
	plan := make([]column, len(fields))
	text, ends := make([]byte, 0, 512), make([]int, 0, 64) // one string for all keys
	for i, f := range fields {
		plan[i].append = appenderOf(f.DataTypeOID, f.Format)
		if !strings.HasPrefix(f.Name, "_") {
			sep := byte(',')
			if len(text) == 0 {
				sep = '{'
			}
			text = append(strconv.AppendQuote(append(text, sep), f.Name), ':')
		} else if strings.HasPrefix(f.Name, "_k") {
			plan[i].position = positionOf(f)
		}
		ends = append(ends, len(text))
	}
	keys, begin := string(text), 0
	for i, end := range ends {
		plan[i].key, begin = keys[begin:end], end
	}
	return plan
}

func appendRow(dst []byte, plan []column, values [][]byte) ([]byte, error) {
	var err error
	for i, c := range plan {
		if c.key == "" {
			continue
		}
		dst = append(dst, c.key...)
		if values[i] == nil {
			dst = append(dst, "null"...)
			continue
		}
		if dst, err = c.append(dst, values[i]); err != nil {
			return dst, fmt.Errorf("column %s: %w", strings.Trim(c.key, `{,":`), err)
		}
	}
	return append(dst, '}'), nil
}

func keysOf(plan []column, values [][]byte) []*string {
	var keys []*string
	for i, c := range plan {
		if c.position == nil {
			continue
		}
		if values[i] == nil {
			keys = append(keys, nil)
			continue
		}
		s := c.position(values[i])
		keys = append(keys, &s)
	}
	return keys
}

// positionOf reads text, to which the columns _k are cast in SQL, or an id: its
// cast would be made, and sent, for each row.
func positionOf(f pgconn.FieldDescription) func([]byte) string {
	if f.DataTypeOID == pgtype.UUIDOID && f.Format == pgx.BinaryFormatCode {
		return func(src []byte) string {
			var text [38]byte
			b, _ := appendUUID(text[:0], src) // the server wrote sixteen bytes
			return string(b[1 : len(b)-1])
		}
	}
	return func(src []byte) string { return string(src) }
}

func appenderOf(oid uint32, format int16) appender {
	binaryFormat := format == pgx.BinaryFormatCode
	switch oid {
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID:
		return func(dst, src []byte) ([]byte, error) { return AppendString(dst, src), nil }
	case pgtype.JSONOID:
		return appendRaw
	case pgtype.JSONBOID:
		if binaryFormat {
			return func(dst, src []byte) ([]byte, error) { return append(dst, src[1:]...), nil }
		}
		return appendRaw
	}
	if a := binaryAppenders(oid); a != nil && binaryFormat {
		return a
	}
	return func(dst, _ []byte) ([]byte, error) {
		return dst, fmt.Errorf("no JSON form for type %d in format %d", oid, format)
	}
}

func binaryAppenders(oid uint32) appender {
	switch oid {
	case pgtype.BoolOID:
		return func(dst, src []byte) ([]byte, error) { return strconv.AppendBool(dst, src[0] != 0), nil }
	case pgtype.Int2OID:
		return func(dst, src []byte) ([]byte, error) {
			return strconv.AppendInt(dst, int64(int16(binary.BigEndian.Uint16(src))), 10), nil
		}
	case pgtype.Int4OID:
		return func(dst, src []byte) ([]byte, error) {
			return strconv.AppendInt(dst, int64(int32(binary.BigEndian.Uint32(src))), 10), nil
		}
	case pgtype.Int8OID:
		return func(dst, src []byte) ([]byte, error) {
			return strconv.AppendInt(dst, int64(binary.BigEndian.Uint64(src)), 10), nil
		}
	case pgtype.Float8OID:
		return appendFloat
	case pgtype.UUIDOID:
		return appendUUID
	case pgtype.TimestamptzOID:
		return appendTime
	case pgtype.DateOID:
		return appendDate
	case pgtype.TextArrayOID, pgtype.UUIDArrayOID, pgtype.Int4ArrayOID, pgtype.Int8ArrayOID:
		return appendArray
	}
	return nil
}

func appendRaw(dst, src []byte) ([]byte, error) { return append(dst, src...), nil }

// appendFloat follows encoding/json: an exponent below 1e-6 and from 1e21.
// What JSON cannot say is null.
func appendFloat(dst, src []byte) ([]byte, error) {
	f := math.Float64frombits(binary.BigEndian.Uint64(src))
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return append(dst, "null"...), nil
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	dst = strconv.AppendFloat(dst, f, format, -1, 64)
	if n := len(dst); format == 'e' && n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst, nil
}

const hexDigits = "0123456789abcdef"

func appendUUID(dst, src []byte) ([]byte, error) {
	if len(src) != 16 {
		return dst, fmt.Errorf("a uuid of %d bytes", len(src))
	}
	var text [38]byte
	text[0], text[37] = '"', '"'
	at := 1
	for i, b := range src {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			text[at] = '-'
			at++
		}
		text[at], text[at+1] = hexDigits[b>>4], hexDigits[b&15]
		at += 2
	}
	return append(dst, text[:]...), nil
}

// epoch is PostgreSQL's zero, 2000-01-01, in Unix microseconds and days.
const (
	epochMicros = 946684800 * 1_000_000
	epochDays   = 10957
)

func appendTime(dst, src []byte) ([]byte, error) {
	us := int64(binary.BigEndian.Uint64(src))
	if us == math.MaxInt64 || us == math.MinInt64 {
		return append(dst, "null"...), nil
	}
	us += epochMicros
	days := us / dayMicros
	if us %= dayMicros; us < 0 {
		days, us = days-1, us+dayMicros
	}
	y, m, d := civil(days)
	if y < 0 || y > 9999 {
		return append(dst, "null"...), nil
	}
	dst = append(dst, '"')
	dst = appendDay(dst, y, m, d)
	dst = append(dst, 'T')
	sec := us / 1_000_000
	dst = append(appendTwo(dst, sec/3600), ':')
	dst = append(appendTwo(dst, sec/60%60), ':')
	dst = appendTwo(dst, sec%60)
	if us %= 1_000_000; us > 0 {
		dst = append(dst, '.')
		for unit := int64(100_000); us > 0; unit /= 10 {
			dst = append(dst, byte('0'+us/unit))
			us %= unit
		}
	}
	return append(dst, 'Z', '"'), nil
}

const dayMicros = 86400 * 1_000_000

// civil is the Gregorian date of a number of days since 1970, by counting in
// years that begin in March and eras of 400 of them. It and what follows take
// a third of the time of package time, for what most rows have four of.
func civil(days int64) (year, month, day int64) {
	const perEra, beforeMarch0000 = 146097, 719468
	days += beforeMarch0000
	era := days / perEra
	if days < 0 {
		era = (days - perEra + 1) / perEra
	}
	day = days - era*perEra
	year = (day - day/1460 + day/36524 - day/146096) / 365
	day -= 365*year + year/4 - year/100
	month = (5*day + 2) / 153 // 0 is March
	day -= (153*month+2)/5 - 1
	year += era * 400
	if month += 3; month > 12 {
		month, year = month-12, year+1
	}
	return year, month, day
}

func appendDay(dst []byte, y, m, d int64) []byte {
	dst = append(appendTwo(appendTwo(dst, y/100), y%100), '-')
	dst = append(appendTwo(dst, m), '-')
	return appendTwo(dst, d)
}

func appendTwo(dst []byte, n int64) []byte {
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}

func appendDate(dst, src []byte) ([]byte, error) {
	days := int32(binary.BigEndian.Uint32(src))
	if days == math.MaxInt32 || days == math.MinInt32 {
		return append(dst, "null"...), nil
	}
	y, m, d := civil(int64(days) + epochDays)
	if y < 0 || y > 9999 {
		return append(dst, "null"...), nil
	}
	return append(appendDay(append(dst, '"'), y, m, d), '"'), nil
}

// appendArray writes an array of one dimension.
func appendArray(dst, src []byte) ([]byte, error) {
	dims := binary.BigEndian.Uint32(src)
	if dims == 0 {
		return append(dst, "[]"...), nil
	}
	if dims > 1 {
		return dst, fmt.Errorf("an array of %d dimensions", dims)
	}
	element := appenderOf(binary.BigEndian.Uint32(src[8:]), pgx.BinaryFormatCode)
	n := binary.BigEndian.Uint32(src[12:])
	src = src[20:]
	dst = append(dst, '[')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		size := int32(binary.BigEndian.Uint32(src))
		src = src[4:]
		if size < 0 {
			dst = append(dst, "null"...)
			continue
		}
		var err error
		if dst, err = element(dst, src[:size]); err != nil {
			return dst, err
		}
		src = src[size:]
	}
	return append(dst, ']'), nil
}

// AppendString writes s as a JSON string, as encoding/json does without HTML
// escapes.
func AppendString(dst, s []byte) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		if len(s)-i >= 8 && plain(binary.LittleEndian.Uint64(s[i:])) {
			i += 8
			continue
		}
		b := s[i]
		if b >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(s[i:])
			switch {
			case r == utf8.RuneError && size == 1:
				dst = append(append(dst, s[start:i]...), `\ufffd`...)
				start = i + size
			case r == '\u2028' || r == '\u2029':
				dst = append(append(dst, s[start:i]...), `\u202`...)
				dst = append(dst, hexDigits[r&15])
				start = i + size
			}
			i += size
			continue
		}
		if b >= ' ' && b != '"' && b != '\\' {
			i++
			continue
		}
		dst = appendEscape(append(dst, s[start:i]...), b)
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

// plain reports whether eight bytes are ASCII that stands for itself, all at
// once: the highest bit of a byte ends up set where it is not.
func plain(w uint64) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	quote, backslash := w^('"'*ones), w^('\\'*ones)
	return (w|(w-' '*ones)|((quote-ones)&^quote)|((backslash-ones)&^backslash))&high == 0
}

func appendEscape(dst []byte, b byte) []byte {
	switch b {
	case '"', '\\':
		return append(dst, '\\', b)
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
}
