package clean

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Text returns what a reader of the document would see, at most max bytes:
// blocks on lines of their own, "- " before the items of lists, "> " before
// quoted lines. Links keep their words, pictures leave nothing.
func Text(source string, max int) string {
	w := &textWriter{max: max}
	z := html.NewTokenizer(strings.NewReader(valid(source)))
	z.SetMaxBuf(4 << 20)
	for w.out.Len() < max {
		switch z.Next() {
		case html.ErrorToken:
			return w.finish()
		case html.TextToken:
			if w.hidden == 0 {
				w.text(string(z.Text()))
			}
		case html.StartTagToken:
			w.open(z)
		case html.SelfClosingTagToken:
			name, _ := z.TagName()
			w.block(atom.Lookup(name))
		case html.EndTagToken:
			w.end(z)
		}
	}
	return w.finish()
}

// textWriter lays text out in lines.
type textWriter struct {
	out    strings.Builder
	max    int
	line   []byte
	space  bool // a space is due before the next word
	pre    int  // open <pre>
	quote  int  // open <blockquote>
	hidden int  // open elements whose text is not shown
	blank  bool // the last line was empty
	hide   atom.Atom
}

func (w *textWriter) open(z *html.Tokenizer) {
	name, _ := z.TagName()
	tag := atom.Lookup(name)
	if w.hidden > 0 {
		if tag == w.hide {
			w.hidden++
		}
		return
	}
	switch tag {
	case atom.Script, atom.Style, atom.Title, atom.Template, atom.Svg, atom.Noframes, atom.Select, atom.Textarea:
		w.hidden, w.hide = 1, tag
		return
	case atom.Pre:
		w.newline()
		w.pre++
	case atom.Blockquote:
		w.paragraph()
		w.quote = min(w.quote+1, 20)
	default:
		w.block(tag)
	}
}

func (w *textWriter) end(z *html.Tokenizer) {
	name, _ := z.TagName()
	tag := atom.Lookup(name)
	if w.hidden > 0 {
		if tag == w.hide {
			w.hidden--
		}
		return
	}
	switch tag {
	case atom.Pre:
		w.newline()
		w.pre = max(w.pre-1, 0)
	case atom.Blockquote:
		w.newline()
		w.quote = max(w.quote-1, 0)
		w.paragraph()
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Ul, atom.Ol:
		w.paragraph()
	case atom.Div, atom.Li, atom.Tr, atom.Dt, atom.Dd, atom.Address, atom.Section, atom.Article, atom.Center:
		w.newline()
	}
}

// block lays out what a tag opens.
func (w *textWriter) block(tag atom.Atom) {
	switch tag {
	case atom.Br:
		w.hardBreak()
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Dl:
		w.paragraph()
	case atom.Hr:
		w.newline()
		w.line = append(w.line, "---"...)
		w.newline()
	case atom.Li:
		w.newline()
		w.line = append(w.line, "- "...)
	case atom.Td, atom.Th:
		w.space = len(w.line) > 0
	case atom.Div, atom.Tr, atom.Table, atom.Dt, atom.Dd, atom.Address, atom.Section, atom.Article, atom.Center:
		w.newline()
	}
}

func (w *textWriter) text(s string) {
	if w.pre > 0 {
		for i, part := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
			if i > 0 {
				w.hardBreak()
			}
			w.line = append(w.line, part...)
		}
		return
	}
	for i := 0; i < len(s); {
		n := spaceAt(s[i:])
		if n > 0 {
			w.space = w.space || len(w.line) > 0
			i += n
			continue
		}
		if w.space && !strings.HasSuffix(string(w.line[max(len(w.line)-1, 0):]), " ") {
			w.line = append(w.line, ' ')
		}
		w.space = false
		w.line = append(w.line, s[i])
		i++
	}
}

// spaceAt returns the length of the white space at the beginning of s.
func spaceAt(s string) int {
	switch {
	case s[0] == ' ' || s[0] == '\n' || s[0] == '\t' || s[0] == '\r' || s[0] == '\f':
		return 1
	case strings.HasPrefix(s, "\u00a0"):
		return 2
	case strings.HasPrefix(s, "\u200b"), strings.HasPrefix(s, "\u200c"):
		return 3
	}
	return 0
}

// newline ends the line if there is anything on it.
func (w *textWriter) newline() {
	if len(w.line) > 0 {
		w.hardBreak()
	}
}

// hardBreak ends the line. Empty lines do not follow each other.
func (w *textWriter) hardBreak() {
	line := strings.TrimRight(string(w.line), " \t")
	w.line, w.space = w.line[:0], false
	if line == "" && (w.blank || w.out.Len() == 0) {
		return
	}
	w.blank = line == ""
	if mark := strings.Repeat(">", w.quote); mark != "" {
		line = strings.TrimRight(mark+" "+line, " ")
	}
	w.out.WriteString(line)
	w.out.WriteByte('\n')
}

// paragraph leaves an empty line.
func (w *textWriter) paragraph() {
	w.newline()
	w.hardBreak()
}

func (w *textWriter) finish() string {
	w.newline()
	s := strings.TrimRight(w.out.String(), "\n >")
	if len(s) > w.max {
		s = strings.ToValidUTF8(s[:w.max], "")
	}
	return s
}
