package markdown

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

func TestMarksBecomeHTML(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"**bold** and _soft_":              "<p><strong>bold</strong> and <em>soft</em></p>",
		"one\ntwo":                         "<p>one<br>\ntwo</p>",
		"- a\n- b":                         "<ul>\n<li>a</li>\n<li>b</li>\n</ul>",
		"~~old~~ `x<y`":                    "<p><del>old</del> <code>x&lt;y</code></p>",
		"<b>x</b>":                         "<p>&lt;b&gt;x&lt;/b&gt;</p>",
		"see https://lumen.example/":       `<p>see <a href="https://lumen.example/" target="_blank" rel="noopener noreferrer">https://lumen.example/</a></p>`,
		"![plan](https://a.example/p.png)": `<p><a href="https://a.example/p.png" target="_blank" rel="noopener noreferrer">plan</a></p>`,
		strings.Repeat("-", 300):           "<hr>",
	} {
		if got := strings.ReplaceAll(HTML(source), "<br/>", "<br>"); strings.ReplaceAll(got, "<hr/>", "<hr>") != want {
			t.Errorf("%q\n got %s\nwant %s", source, got, want)
		}
	}
}

// Whatever is written, nothing in it runs, loads or submits.
func TestNothingInANoteRuns(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<div>\n<script>alert(1)</script>\n</div>",
		"[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\tscript:alert(1))", "[x](&#106;avascript:alert(1))", "<javascript:alert(1)>",
		"[x](data:text/html,<script>alert(1)</script>)", "![x](data:image/png;base64,AAAA)", "![x](data:image/svg+xml,<svg onload=alert(1)>)",
		"![x](javascript:alert(1))", `![x](https://a.example/"onerror="alert(1))`, `[x](https://a.example/ "a\" onclick=\"alert(1)")`,
		"<svg/onload=alert(1)>", "<a href=javascript:alert(1)>x</a>", "<iframe src=https://a.example>", "<form action=https://a.example><input>",
		"`</code><script>alert(1)</script>`", "```\n</pre><script>alert(1)</script>\n```", "[x]: javascript:alert(1)\n[x]",
		"vbscript:x", "[x](vbscript:x)", "[x](//evil.example)", "| a |\n| - |\n| <script>x</script> |",
	} {
		harmless(t, source)
	}
}

func harmless(t *testing.T, source string) {
	t.Helper()
	got := HTML(source)
	z := html.NewTokenizer(strings.NewReader(got))
	for z.Next() != html.ErrorToken {
		token := z.Token()
		if token.Type == html.TextToken || token.Type == html.EndTagToken {
			continue
		}
		if strings.Contains(" script img iframe svg form input style object embed link meta base ", " "+token.Data+" ") {
			t.Errorf("%.80q has <%s>: %.200s", source, token.Data, got)
		}
		for _, a := range token.Attr {
			scheme, _, _ := strings.Cut(strings.ToLower(a.Val), ":")
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "style" ||
				a.Key == "href" && scheme != "http" && scheme != "https" && scheme != "mailto" {
				t.Errorf("%.80q has %s=%q: %.200s", source, a.Key, a.Val, got)
			}
		}
	}
}

func TestWhatIsNestedBeyondReasonIsPlainText(t *testing.T) {
	t.Parallel()
	var lists strings.Builder
	for i := range 300 {
		lists.WriteString(strings.Repeat("  ", i) + "- x\n")
	}
	for name, source := range map[string]string{
		"lists in lists":    strings.Repeat("- ", 10_000) + "x",
		"lists, indented":   lists.String(),
		"quotes in quotes":  strings.Repeat(">", 10_000) + "\n" + strings.Repeat(">", 10_000),
		"numbers in lists":  strings.Repeat("1. ", 10_000) + "x",
		"brackets":          strings.Repeat("[", 50_000),
		"brackets and back": strings.Repeat("[a](", 12_000),
	} {
		if got := HTML(source); !strings.HasPrefix(got, "<pre>") {
			t.Errorf("%s: %.60s, want plain text", name, got)
		}
	}
}

// The slowest known inputs of the size that a note may have stay far from what
// would hold a server up. A generous bound: it is about squares, not speed.
func TestHostileTextIsReadInGoodTime(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"*a **b ", "_a __b ", "`a ``b ", "![a](b ", "<a ", "a@b.", "www.", "| a ", "\\[", "&a", "~~a ", "- a\n  ", "> a\n\n", "[a]: b\n", "[a]\n", "*_~", "<!--", "]]"} {
		source := strings.Repeat(unit, 50_000/len(unit))
		done := make(chan bool)
		go func() {
			harmless(t, source)
			close(done)
		}()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Fatalf("%q repeated is not read within 20 s", unit)
		}
	}
}

func TestTextNamesANote(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"# Call with **Ana**\n\nLong": "Call with Ana",
		"\n\n- first\n- second":       "first",
		"":                            "",
		strings.Repeat("ab ", 50):     "ab ab ab ab ab…",
	} {
		if got := Text(source, 16); got != want {
			t.Errorf("Text(%q) = %q, want %q", source, got, want)
		}
	}
}
