// Package markdown shows text that people wrote with marks as harmless HTML.
package markdown

import (
	"bytes"
	"html"
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	look "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"

	"rapport/internal/platform/mail/clean"
)

const (
	// deepest is how many quotes and lists may stand inside each other. Their
	// cost grows with the square of it, and browsers give up at some hundreds.
	deepest = 40
	// widest is how far a line may be indented: each list indents its own.
	widest = 200
	// brackets is how many may open on one line, each of which could be a link.
	brackets = 500
)

// HTML renders source. Tags in it are shown as they were typed, pictures become
// links, and what is nested beyond reason is shown as plain text.
func HTML(source string) string {
	source = strings.ReplaceAll(source, "\x00", "")
	if unreasonable(source) {
		return plain(source)
	}
	var b bytes.Buffer
	if err := reader().Convert([]byte(source), &b); err != nil {
		return plain(source)
	}
	return strings.TrimSpace(clean.HTML(b.String(), clean.Options{}))
}

func plain(source string) string { return "<pre>" + html.EscapeString(source) + "</pre>" }

// unreasonable looks at how lines begin, where quotes and lists open, and
// counts what could be links.
func unreasonable(source string) bool {
	for line := range strings.Lines(source) {
		marks, width := 0, 0
		for _, c := range line {
			if !strings.ContainsRune(" \t>-+*.)0123456789", c) {
				break
			}
			width++
			if strings.ContainsRune(">-+*.)", c) {
				marks++
			}
		}
		rule := strings.Trim(strings.TrimSpace(line), "-*") == "" // of dashes or stars, however long
		if !rule && (width > widest || marks > deepest) || strings.Count(line, "[") > brackets {
			return true
		}
	}
	return false
}

// reader is built once and never changed.
var reader = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(extension.Strikethrough, extension.Table, extension.Linkify),
		goldmark.WithRendererOptions(look.WithHardWraps(), renderer.WithNodeRenderers(util.Prioritized(literal{}, 1))),
	)
})

// literal shows tags as text and pictures as links.
type literal struct{}

// RegisterFuncs tells goldmark what is rendered here.
func (literal) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindRawHTML, rawInline)
	r.Register(ast.KindHTMLBlock, rawBlock)
	r.Register(ast.KindImage, picture)
}

func rawInline(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if raw, ok := n.(*ast.RawHTML); ok && entering {
		_, _ = w.Write(util.EscapeHTML(raw.Segments.Value(source)))
	}
	return ast.WalkSkipChildren, nil
}

func rawBlock(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	block, ok := n.(*ast.HTMLBlock)
	if !ok || !entering {
		return ast.WalkContinue, nil
	}
	_, _ = w.WriteString("<p>")
	_, _ = w.Write(util.EscapeHTML(block.Lines().Value(source)))
	if block.HasClosure() {
		_, _ = w.Write(util.EscapeHTML(block.ClosureLine.Value(source)))
	}
	_, _ = w.WriteString("</p>")
	return ast.WalkContinue, nil
}

// picture becomes a link around its text: a note loads nothing.
func picture(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		_, _ = w.WriteString("</a>")
		return ast.WalkContinue, nil
	}
	_, _ = w.WriteString("<a")
	if img, ok := n.(*ast.Image); ok && !look.IsDangerousURL(img.Destination) && !bytes.HasPrefix(bytes.ToLower(img.Destination), []byte("data:")) {
		_, _ = w.WriteString(` href="`)
		_, _ = w.Write(util.EscapeHTML(util.URLEscape(img.Destination, true)))
		_ = w.WriteByte('"')
	}
	_ = w.WriteByte('>')
	return ast.WalkContinue, nil
}

// Text is the first words of source without marks, at most most characters, for
// a line that names it.
func Text(source string, most int) string {
	line := source
	for l := range strings.Lines(source) {
		if l = strings.Trim(l, " \t\r\n#>*-+`_|"); l != "" {
			line = l
			break
		}
	}
	line = strings.Join(strings.Fields(strings.NewReplacer("**", "", "__", "", "`", "", "~~", "").Replace(line)), " ")
	if r := []rune(line); len(r) > most {
		return strings.TrimSpace(string(r[:most-1])) + "…"
	}
	return line
}
