package clean

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
)

func TestWhatHarmsIsRemoved(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`<p onclick="x()">a</p>`:                                         `<p>a</p>`,
		`a<script>alert(1)</script>b`:                                    `ab`,
		`<scr<script>ipt>alert(1)</script>`:                              `ipt&gt;alert(1)`,
		`<style>@import "x"; p{position:fixed}</style>a`:                 `a`,
		`<iframe src="https://example.com"></iframe>a`:                   `a`,
		`<form action="https://example.com"><input name=p>a</form>`:      `a`,
		`<meta http-equiv=refresh content="0;url=https://example.com">a`: `a`,
		`<base href="https://example.com/">a`:                            `a`,
		`<object data=x><embed src=y></object>a`:                         `a`,
		`<embed src=x>still here`:                                        `still here`,
		`</iframe></svg>still here`:                                      `still here`,
		`<svg onload=x()><a href="javascript:x()">t</a></svg>a`:          `a`,
		`<math><mi xlink:href="javascript:x()">t</mi></math>a`:           `a`,
		`<a href="javascript:alert(1)">a</a>`:                            `<a target="_blank" rel="noopener noreferrer">a</a>`,
		`<a href=" java&#10;script:alert(1)">a</a>`:                      `<a target="_blank" rel="noopener noreferrer">a</a>`,
		`<a href="data:text/html,x">a</a>`:                               `<a target="_blank" rel="noopener noreferrer">a</a>`,
		`<a href="/v1/logout">a</a>`:                                     `<a target="_blank" rel="noopener noreferrer">a</a>`,
		`<a href="https://example.com/?a=1&b=2" target=_top>a</a>`:       `<a href="https://example.com/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">a</a>`,
		`<div style="position:fixed;color:red">a</div>`:                  `<div style="color: red">a</div>`,
		`<div style="background:url(https://example.com/x)">a</div>`:     `<div>a</div>`,
		`<div style="background-image:url('javascript:x')">a</div>`:      `<div>a</div>`,
		`<div style="width:expression(alert(1))">a</div>`:                `<div>a</div>`,
		`<div style="border:1px solid url(x)">a</div>`:                   `<div>a</div>`,
		`<div style="-moz-binding:url(x)">a</div>`:                       `<div>a</div>`,
		`<td background="https://example.com/x">a</td>`:                  `<td>a</td>`,
		`<img src="https://example.com/p.gif" onerror=x()>`:              `<img data-blocked-src="https://example.com/p.gif">`,
		`<img srcset="https://example.com/p.gif 2x">`:                    `<img>`,
		`<img src="//example.com/p.gif">`:                                `<img data-blocked-src="https://example.com/p.gif">`,
		`<img src="javascript:x()">`:                                     `<img>`,
		`<img src="/v1/me">`:                                             `<img>`,
		`<img src="data:image/svg+xml;base64,PHN2Zz4=">`:                 `<img>`,
		`<img src="data:image/png;base64,iVBORw0KGgo=">`:                 `<img src="data:image/png;base64,iVBORw0KGgo=">`,
		`<img src="cid:logo@example.com">`:                               `<img data-cid="logo@example.com">`,
		`<!-- c --><!--[if mso]><p>outlook</p><![endif]-->a`:             `a`,
		"a\x00<scr\x00ipt>x</script>b":                                   `ab`,
	} {
		if got := HTML(in, Options{}); got != want {
			t.Errorf("HTML(%q):\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestPicturesCanBeAllowedLater(t *testing.T) {
	t.Parallel()
	stored := HTML(`<img src="https://example.com/p.gif" alt="P"><img src="cid:a%40b"><img src="cid:gone">`, Options{})
	got := HTML(stored, Options{Images: true, CID: func(id string) string {
		if id == "a@b" {
			return "/v1/attachments/1"
		}
		return ""
	}})
	want := `<img alt="P" src="https://example.com/p.gif"><img src="/v1/attachments/1"><img data-cid="gone">`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if again := HTML(stored, Options{}); again != stored {
		t.Errorf("cleaning twice: got %s, want %s", again, stored)
	}
}

func TestTrackersNeverLoad(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`<img src="https://Example.com/a.gif" width="1" height="1">`:                `<img width="1" height="1" data-tracker="example.com">`,
		`<img src="https://example.com/a.gif" height="0">`:                          `<img height="0" data-tracker="example.com">`,
		`<img src="https://example.com/a.gif" style="width:1px !important">`:        `<img style="width: 1px" data-tracker="example.com">`,
		`<img src="https://example.com/a.gif" style="display:none">`:                `<img style="display: none" data-tracker="example.com">`,
		`<img src="https://example.com/wf/open?upn=x">`:                             `<img data-tracker="example.com">`,
		`<img data-blocked-src="https://example.com/track/open.php?u=1" alt="">`:    `<img alt="" data-tracker="example.com">`,
		`<img src="https://example.com/e/pixel.gif">`:                               `<img data-tracker="example.com">`,
		`<img src="https://example.com/open-day.png" width="100">`:                  `<img width="100" src="https://example.com/open-day.png">`,
		`<img src="https://example.com/a.gif" style="width:100px" height="200">`:    `<img style="width: 100px" height="200" src="https://example.com/a.gif">`,
		`<img src="https://example.com/a.gif" style="max-width:100%;opacity: 0.5">`: `<img style="max-width: 100%" src="https://example.com/a.gif">`,
		`<img src="data:image/png;base64,iVBORw0KGgo=" width="1">`:                  `<img width="1" src="data:image/png;base64,iVBORw0KGgo=">`,
		`<img data-tracker="example.com">`:                                          `<img>`,
	} {
		if got := HTML(in, Options{Images: true}); got != want {
			t.Errorf("HTML(%q):\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestResultIsCutBetweenTags(t *testing.T) {
	t.Parallel()
	got := HTML(strings.Repeat(`<p title="é">é</p>`, 100), Options{MaxBytes: 99})
	if len(got) > 99 || !utf8.ValidString(got) || strings.LastIndexByte(got, '<') > strings.LastIndexByte(got, '>') {
		t.Errorf("got %q", got)
	}
}

func TestTextIsWhatAReaderSees(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a  b\n c":                              "a b c",
		"<p>a</p><p>b</p>":                      "a\n\nb",
		"a<br>b<br><br><br>c":                   "a\nb\n\nc",
		"<div>a</div><div>b</div>":              "a\nb",
		"<ul><li>a</li><li>b</li></ul>":         "- a\n- b",
		"x<blockquote>q<br>r</blockquote>y":     "x\n\n> q\n> r\n\ny",
		"<script>no</script>a<style>no</style>": "a",
		"<pre>  a\n   b</pre>":                  "  a\n   b",
		"<table><tr><td>a</td><td>b</td></tr>":  "a b",
		"&lt;a&gt; &amp; &eacute;":              "<a> & é",
		"<title>no</title>x<img alt=no>":        "x",
		"<b>bo</b>ld":                           "bold",
		"<p>a<svg><svg>no</svg>no</svg>b":       "ab",
	} {
		if got := Text(in, 1000); got != want {
			t.Errorf("Text(%q): got %q, want %q", in, got, want)
		}
	}
	if got := Text(strings.Repeat("é ", 1000), 101); len(got) > 101 || !utf8.ValidString(got) {
		t.Errorf("got %d bytes, valid %v", len(got), utf8.ValidString(got))
	}
}

var forbidden = regexp.MustCompile(`(?i)^(script|style|iframe|object|embed|form|input|meta|base|link|svg|math|frame|frameset|template)$`)

// FuzzClean holds that a browser finds nothing to run or load in a result.
func FuzzClean(f *testing.F) {
	for _, s := range []string{
		`<p onclick=x>a<script>b</script>`, `<a href="java&Tab;script:x">a</a>`, `<img src=x onerror=y>`, `<svg><style><img src=x onerror=y></style></svg>`,
		`<math><mtext><table><mglyph><style><img src=x>`, `<div style="a:url(x)">`, `<noscript><p title="</noscript><img src=x onerror=y>">`, `<textarea><a title="</textarea><script>x</script>">`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		out := HTML(source, Options{})
		if !utf8.ValidString(out) || len(out) > defaultMax || strings.ContainsRune(out, 0) {
			t.Fatalf("%q gives invalid text", source)
		}
		doc, err := html.Parse(strings.NewReader("<!DOCTYPE html><body>" + out))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			checkNode(t, source, n)
		}
		Text(source, 10_000)
	})
}

func checkNode(t *testing.T, source string, n *html.Node) {
	if n.Type != html.ElementNode {
		return
	}
	if forbidden.MatchString(n.Data) || n.Namespace != "" {
		t.Fatalf("%q gives <%s>", source, n.Data)
	}
	for _, a := range n.Attr {
		v := strings.ToLower(strings.TrimSpace(a.Val))
		switch {
		case strings.HasPrefix(a.Key, "on"), a.Key == "srcset", a.Key == "id", a.Key == "name":
			t.Fatalf("%q gives attribute %s", source, a.Key)
		case a.Key == "src" && !strings.HasPrefix(v, "data:image/"), a.Key == "href" && !outward(strings.SplitN(v, ":", 2)[0]):
			t.Fatalf("%q gives %s=%q", source, a.Key, a.Val)
		case a.Key == "style" && (strings.Contains(v, "url") || strings.Contains(v, "expression") || strings.Contains(v, "position")):
			t.Fatalf("%q gives style %q", source, a.Val)
		}
	}
}
