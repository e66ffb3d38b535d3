// Package clean makes the HTML of strangers safe to show, and readable as text.
package clean

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
)

const (
	defaultMax = 2 << 20   // bytes of a result
	maxInline  = 100 << 10 // bytes of a picture inside its address
	maxTag     = 8 << 10   // bytes of a tag whose style is read
)

// Options say what may be loaded. The zero value loads nothing.
type Options struct {
	// Images lets remote pictures load, except those that only report that a
	// mail was opened: of them data-tracker keeps the host. Without it their
	// address is kept in data-blocked-src.
	Images bool
	// CID returns the address under which an inline part is served, "" when it
	// is unknown. Without CID the reference is kept in data-cid.
	CID func(contentID string) string
	// MaxBytes bounds the result, 0 means 2 MB.
	MaxBytes int
}

// HTML returns the harmless part of a document as a fragment: no scripts,
// forms, frames, style sheets, and no addresses other than http, https, mailto
// and tel. Cleaning a result again, with other options, works on the same
// pictures.
func HTML(source string, o Options) string {
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultMax
	}
	// Addresses are settled before the policy runs, so that it has the last word.
	p := strict()
	if o.CID != nil {
		p = local()
	}
	return limit(p.Sanitize(rewrite(valid(source), o)), o.MaxBytes)
}

// valid removes what the database and the parsers of browsers disagree about.
func valid(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.Map(func(c rune) rune {
		if c < ' ' && c != '\n' && c != '\t' && c != '\r' || c == 0x7f {
			return -1
		}
		return c
	}, s)
}

// rewriter prepares a document for the policy.
type rewriter struct {
	Options
	out  strings.Builder
	open map[string]int // elements whose content the policy skips
}

// rewrite moves the addresses of pictures to where o wants them, closes what
// links open, and drops comments and the tags that have no content.
func rewrite(source string, o Options) string {
	w := rewriter{Options: o, open: map[string]int{}}
	w.out.Grow(len(source))
	z := html.NewTokenizer(strings.NewReader(source))
	z.SetMaxBuf(4 << 20)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return w.out.String()
		case html.TextToken:
			w.out.Write(z.Raw())
		case html.StartTagToken, html.SelfClosingTagToken:
			w.start(z)
		case html.EndTagToken:
			w.end(z)
		}
	}
}

func (w *rewriter) start(z *html.Tokenizer) {
	raw := string(z.Raw())
	t := z.Token()
	if len(raw) > maxTag {
		t.Attr = slices.DeleteFunc(t.Attr, func(a html.Attribute) bool { return a.Key == "style" })
		raw = t.String()
	}
	switch t.Data {
	case "img":
		t.Attr = picture(t.Attr, w.Options)
		raw = t.String()
	case "a":
		t.Attr = link(t.Attr)
		raw = t.String()
	case "embed", "frame", "link", "meta", "base", "input", "param", "source", "track", "area", "bgsound", "keygen":
		return
	}
	if t.Type == html.StartTagToken && skipped(t.Data) {
		w.open[t.Data]++
	}
	w.out.WriteString(raw)
}

// end drops the end of a skipped element that was not open: the policy would
// count it and hide the rest of the mail.
func (w *rewriter) end(z *html.Tokenizer) {
	raw := string(z.Raw())
	name, _ := z.TagName()
	if skipped(string(name)) {
		if w.open[string(name)] == 0 {
			return
		}
		w.open[string(name)]--
	}
	w.out.WriteString(raw)
}

// picture settles where an image comes from.
func picture(attrs []html.Attribute, o Options) []html.Attribute {
	kept := make([]html.Attribute, 0, len(attrs)+1)
	var source html.Attribute
	for _, a := range attrs {
		switch a.Key {
		case "src", "data-blocked-src", "data-cid":
			if found := locate(a, o); found.Key != "" && source.Key == "" {
				source = found
			}
		case "srcset", "lowsrc", "dynsrc", "background", "usemap", "longdesc", "data-tracker":
		default:
			kept = append(kept, a)
		}
	}
	if source.Key == "src" && spies(kept, source.Val) {
		source = tracker(source.Val)
	}
	if source.Key != "" {
		kept = append(kept, source)
	}
	return kept
}

// locate turns one of the three attributes into the one that o wants; its Key
// is empty when the address is not acceptable.
func locate(a html.Attribute, o Options) html.Attribute {
	address := strings.TrimSpace(a.Val)
	lower := strings.ToLower(address[:min(len(address), 30)])
	switch {
	case a.Key == "data-cid":
		return inline(address, o)
	case strings.HasPrefix(lower, "cid:"):
		return inline(address[4:], o)
	case strings.HasPrefix(lower, "data:"):
		if len(address) <= maxInline && dataPicture(lower) {
			return html.Attribute{Key: "src", Val: address}
		}
	case strings.HasPrefix(lower, "http://"), strings.HasPrefix(lower, "https://"):
		if u, err := url.Parse(address); err != nil || u.Host == "" {
			break
		}
		if o.Images {
			return html.Attribute{Key: "src", Val: address}
		}
		return html.Attribute{Key: "data-blocked-src", Val: address}
	case strings.HasPrefix(lower, "//"):
		return locate(html.Attribute{Key: "src", Val: "https:" + address}, o)
	}
	return html.Attribute{}
}

func inline(id string, o Options) html.Attribute {
	if plain, err := url.PathUnescape(id); err == nil {
		id = plain
	}
	id = strings.Trim(id, "<> ")
	if id == "" {
		return html.Attribute{}
	}
	if o.CID != nil {
		if address := o.CID(id); address != "" {
			return html.Attribute{Key: "src", Val: address}
		}
	}
	return html.Attribute{Key: "data-cid", Val: id}
}

func dataPicture(lower string) bool {
	for _, kind := range []string{"png", "jpeg", "jpg", "gif", "webp"} {
		if strings.HasPrefix(lower, "data:image/"+kind+";base64,") {
			return true
		}
	}
	return false
}

// link keeps only addresses that lead out of the mail in a way that a reader
// expects; a link that is relative or to a script becomes plain text.
func link(attrs []html.Attribute) []html.Attribute {
	kept := make([]html.Attribute, 0, len(attrs)+2)
	for _, a := range attrs {
		switch a.Key {
		case "target", "rel", "ping", "download", "referrerpolicy":
		case "href":
			u, err := url.Parse(strings.TrimSpace(a.Val))
			if err == nil && outward(u.Scheme) {
				kept = append(kept, html.Attribute{Key: "href", Val: u.String()})
			}
		default:
			kept = append(kept, a)
		}
	}
	return append(kept, html.Attribute{Key: "target", Val: "_blank"}, html.Attribute{Key: "rel", Val: "noopener noreferrer"})
}

func outward(scheme string) bool {
	switch scheme {
	case "http", "https", "mailto", "tel":
		return true
	}
	return false
}

// skipped names the elements of which not even the text is shown.
func skipped(name string) bool {
	switch name {
	case "script", "style", "title", "iframe", "frameset", "noembed", "noframes", "noscript", "nostyle", "object", "svg", "math",
		"template", "select", "textarea", "applet", "audio", "video", "canvas", "xml":
		return true
	}
	return false
}

// Policies are built once and never changed.
var (
	strict = sync.OnceValue(func() *bluemonday.Policy { return policy(false) })
	local  = sync.OnceValue(func() *bluemonday.Policy { return policy(true) })
)

// policy lists what may stay. local allows addresses on our own server, for
// inline parts.
func policy(local bool) *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	elements := []string{"p", "div", "span", "br", "hr", "wbr", "b", "strong", "i", "em", "u", "s", "strike", "del", "ins", "small", "big",
		"sub", "sup", "code", "pre", "tt", "kbd", "samp", "var", "blockquote", "q", "cite", "abbr", "address", "center", "font",
		"h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "colgroup", "col", "thead", "tbody",
		"tfoot", "tr", "td", "th", "a", "img", "article", "section", "header", "footer", "main", "figure", "figcaption", "mark", "time"}
	p.AllowElements(elements...)
	p.AllowNoAttrs().OnElements(elements...)
	p.SkipElementsContent("title", "svg", "math", "template", "select", "textarea", "applet", "audio", "video", "canvas", "xml")
	p.AllowURLSchemes("http", "https", "mailto", "tel", "data")
	p.AllowRelativeURLs(local)
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("target").Matching(regexp.MustCompile(`^_blank$`)).OnElements("a")
	p.AllowAttrs("rel").Matching(regexp.MustCompile(`^noopener noreferrer$`)).OnElements("a")
	p.AllowAttrs("src").OnElements("img")
	p.AllowAttrs("data-blocked-src").Matching(regexp.MustCompile(`^https?://[^\s"'<>]+$`)).OnElements("img")
	p.AllowAttrs("data-tracker").Matching(regexp.MustCompile(`^[a-z0-9.-]+$`)).OnElements("img")
	p.AllowAttrs("data-cid").Matching(regexp.MustCompile(`^[^\s"'<>]+$`)).OnElements("img")
	allowLook(p)
	return p
}

// allowLook adds the attributes and styles that only change how a mail looks
// within its own frame: nothing that positions, hides behind or loads.
func allowLook(p *bluemonday.Policy) {
	size := regexp.MustCompile(`^[0-9]{1,4}(%|px)?$`)
	word := regexp.MustCompile(`^[a-zA-Z]{1,20}$`)
	colour := regexp.MustCompile(`^(#[0-9a-fA-F]{3,8}|[a-zA-Z]{1,30}|rgba?\([0-9., %]{1,40}\))$`)
	text := regexp.MustCompile(`^[\p{L}\p{N}\p{P}\p{Zs}\p{S}]{0,500}$`)
	p.AllowAttrs("width", "height", "border", "cellpadding", "cellspacing", "colspan", "rowspan", "size", "start", "hspace", "vspace").Matching(size).Globally()
	p.AllowAttrs("align", "valign", "dir").Matching(word).Globally()
	p.AllowAttrs("bgcolor", "color").Matching(colour).Globally()
	p.AllowAttrs("alt", "title").Matching(text).Globally()
	p.AllowAttrs("face").Matching(regexp.MustCompile(`^[\w ,"'-]{1,200}$`)).OnElements("font")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^[1aAiI]$`)).OnElements("ol", "li")
	length := regexp.MustCompile(`^(auto|0|([0-9]{1,4}(\.[0-9]+)?(px|pt|em|rem|%|ex)?)( ([0-9]{1,4}(\.[0-9]+)?(px|pt|em|rem|%|ex)?|auto)){0,3})$`)
	p.AllowStyles("color", "background-color").Matching(colour).Globally()
	p.AllowStyles("width", "max-width", "min-width", "height", "padding", "padding-top", "padding-right", "padding-bottom", "padding-left",
		"margin", "margin-top", "margin-right", "margin-bottom", "margin-left", "font-size", "line-height", "border-width", "border-radius").
		Matching(length).Globally()
	p.AllowStyles("font-family").Matching(regexp.MustCompile(`^[\w ,"'-]{1,200}$`)).Globally()
	p.AllowStyles("font-weight", "font-style", "text-align", "text-decoration", "text-transform", "vertical-align", "white-space",
		"border-style", "border-collapse", "list-style-type").Matching(regexp.MustCompile(`^[a-z0-9-]{1,20}$`)).Globally()
	p.AllowStyles("border", "border-top", "border-right", "border-bottom", "border-left").
		Matching(regexp.MustCompile(`^[a-zA-Z0-9#%., -]{1,60}$`)).Globally()
	p.AllowStyles("display").MatchingEnum("block", "inline", "inline-block", "table", "table-row", "table-cell", "none").Globally()
}

// limit cuts a result at a tag or character within max bytes.
func limit(s string, max int) string {
	if len(s) <= max {
		return s
	}
	cut := max
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	s = s[:cut]
	if open := strings.LastIndexByte(s, '<'); open > strings.LastIndexByte(s, '>') {
		s = s[:open]
	}
	return s
}
