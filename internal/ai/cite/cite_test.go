package cite_test

import (
	"strings"
	"testing"

	"rapport/internal/ai/cite"
)

func TestAQuoteIsFoundWhereItStands(t *testing.T) {
	t.Parallel()
	const source = "Grüße,\n\nwe need  40 seats – “soon”.\nNo\u200bw or later. It’s fine. Now"
	for _, c := range []struct {
		quote      string
		start, end int
		want       string
		at         int
	}{
		{"Now", 55, 58, "Now", 55},
		{"we need  40", 8, 19, "we need  40", 8},
		{"we need 40 seats - \"soon\".", 0, 0, "we need  40 seats – “soon”.", 8},
		{" we\nneed 40 ", 3, 4, "we need  40", 8},
		{"Now or later.", 0, 0, "No\u200bw or later.", 36},
		{"It's fine", -5, 99, "It’s fine", 51},
		{"never said", 0, 10, "", 0},
		{"", 0, 0, "", 0},
		{" \n", 0, 0, "", 0},
		{"\u200b", 0, 0, "\u200b", 38},
	} {
		quote, start, end := c.quote, c.start, c.end
		found := cite.Of(source).Find(&quote, &start, &end)
		if !found && c.want == "" {
			continue
		}
		if runes := []rune(source); !found || quote != c.want || string(runes[start:end]) != c.want {
			t.Errorf("Find(%q) = %t, %q at %d to %d; want %q", c.quote, found, quote, start, end, c.want)
		}
	}
	if s := cite.Of("Write to Ben@B.example"); !s.Mentions("ben@b.example") || s.Mentions("eve@e.example") {
		t.Error("Mentions() is wrong about addresses")
	}
}

func FuzzFind(f *testing.F) {
	f.Add("Hello,\n\nwe could  use forty seats.", "we could use forty", 3, 9)
	f.Add("a\u200bb  c\n", "ab c", 0, 0)
	f.Add("日本 “x”", "\"x\"", -1, 1)
	f.Fuzz(func(t *testing.T, source, quote string, start, end int) {
		source = strings.ToValidUTF8(source, "?")
		q, s, e := quote, start, end
		if cite.Of(source).Find(&q, &s, &e) {
			if runes := []rune(source); s < 0 || e > len(runes) || string(runes[s:e]) != q {
				t.Errorf("find(%q in %q) = %q at %d to %d", quote, source, q, s, e)
			}
		}
	})
}
