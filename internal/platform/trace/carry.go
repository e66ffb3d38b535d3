package trace

import "encoding/hex"

// caller is who a traceparent names.
type caller struct {
	trace   ID
	span    SpanID
	sampled bool
}

// length of a traceparent of the version that is written: two digits of
// version, 32 of trace, 16 of span, two of flags, three dashes.
const length = 55

// parse reads a traceparent (W3C Trace Context). Whatever is not exactly one is
// none: it comes from strangers.
func parse(s string) (c caller, ok bool) {
	if len(s) < length || s[2] != '-' || s[35] != '-' || s[52] != '-' || len(s) > 256 {
		return caller{}, false
	}
	var version, flags [1]byte
	if !digits(version[:], s[:2]) || !digits(c.trace[:], s[3:35]) || !digits(c.span[:], s[36:52]) || !digits(flags[:], s[53:55]) {
		return caller{}, false
	}
	switch {
	case version[0] == 0xff, version[0] == 0 && len(s) != length, len(s) > length && s[length] != '-':
		return caller{}, false
	case c.trace == ID{} || c.span == SpanID{}:
		return caller{}, false
	}
	c.sampled = flags[0]&1 != 0
	return c, true
}

// digits reads lower-case hexadecimal digits, which alone are allowed.
func digits(into []byte, s string) bool {
	for i := range into {
		hi, lo := digit(s[2*i]), digit(s[2*i+1])
		if hi > 15 || lo > 15 {
			return false
		}
		into[i] = hi<<4 | lo
	}
	return true
}

func digit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

func format(trace ID, span SpanID, sampled bool) string {
	b := make([]byte, length)
	copy(b, "00-")
	hex.Encode(b[3:35], trace[:])
	b[35] = '-'
	hex.Encode(b[36:52], span[:])
	copy(b[52:], "-00")
	if sampled {
		b[54] = '1'
	}
	return string(b)
}
