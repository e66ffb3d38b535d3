package draft

import (
	"strings"
	"testing"
)

func TestHTMLThatIsSentRunsAndLoadsNothing(t *testing.T) {
	t.Parallel()
	text, html := Render("ignored", `<p onclick="x()">Hello <b>Ben</b><script>alert(1)</script></p><img src="https://spy.example/p.gif?u=1" width="1"><form action="https://spy.example"><input></form><a href="javascript:x()">a</a><a href="https://lumen.example/prices">prices</a><style>p{background:url(https://spy.example)}</style>`, "")
	for _, bad := range []string{"onclick", "script", "spy.example", "<form", "<input", "<style"} {
		if strings.Contains(html, bad) {
			t.Errorf("%s is in %s", bad, html)
		}
	}
	for _, good := range []string{"<b>Ben</b>", `href="https://lumen.example/prices"`} {
		if !strings.Contains(html, good) {
			t.Errorf("%s is not in %s", good, html)
		}
	}
	if !strings.Contains(text, "Hello Ben") || strings.Contains(text, "ignored") || strings.Contains(text, "alert") {
		t.Errorf("the text is %q, want that of the HTML", text)
	}
}

func TestMarksBecomeHTMLAndStayInTheText(t *testing.T) {
	t.Parallel()
	const written = "Hello **Ben**,\n- one\n- *two*\n\n[prices](https://lumen.example)\n\n-- \nAna\n\nOn 2 January 2026, Ben wrote:\n> What does it cost?\n>> older\n"
	text, html := Render(written, "", "markdown")
	if text != written {
		t.Errorf("the text is %q, want it as it was written", text)
	}
	for _, good := range []string{"<strong>Ben</strong>", "<li>one</li>", "<em>two</em>", `href="https://lumen.example"`, "<blockquote>", "What does it cost?"} {
		if !strings.Contains(html, good) {
			t.Errorf("%s is not in %s", good, html)
		}
	}
	if text, html := Render("1 * 2 * 3", "", ""); text != "1 * 2 * 3" || html != "" {
		t.Errorf("plain text became %q and %q", text, html)
	}
}
