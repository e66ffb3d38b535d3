package pieces

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestPiecesThatAllComeTwiceAreTakenOnce(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a|a|b|b|c|c|d|d":   "abcd",
		"a|a|b|b|c|c|d|e":   "aabbccde", // not all
		"ha|ha|ha|ha|no":    "hahahahano",
		"ha|ha":             "haha", // too few to tell
		"a||a|b|b|c||c|d|d": "abcd",
		"":                  "",
	} {
		var got Text
		for s := range strings.SplitSeq(text, "|") {
			got.Add(s)
		}
		if got.String() != want {
			t.Errorf("%s: got %q, want %q", text, got.String(), want)
		}
	}
}

func TestArgumentsThatComeTwiceAreTakenOnce(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"a":1}|{"a":1}`:   `{"a":1}`,
		`{"a"|{"a"|:1}|:1}`: `{"a":1}`,
		`1|1`:               `11`,
		`{"a"|:1}`:          `{"a":1}`,
		`{"a"|`:             `{"a"`,
	} {
		var got Text
		for s := range strings.SplitSeq(text, "|") {
			got.Add(s)
		}
		if v := got.Valid(json.Valid); v != want {
			t.Errorf("%s: got %q, want %q", text, v, want)
		}
	}
}

func TestWhatIsNewIsToldApart(t *testing.T) {
	t.Parallel()
	var got Text
	got.Add("Hel")
	n := got.Len()
	got.Add("lo")
	if got.Since(n) != "lo" || got.Len() != 5 {
		t.Errorf("got %q of %d bytes, want lo of 5", got.Since(n), got.Len())
	}
}
