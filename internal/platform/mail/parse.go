package mail

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"rapport/internal/platform/mail/header"
	"rapport/internal/platform/mail/stream"
	"rapport/internal/platform/problem"
)

// ErrNothing is the answer for a message without a single byte to show.
var ErrNothing = problem.New(problem.Invalid, "mail_empty", "There is nothing in this message.")

// Parser reads messages. Without a Sink bodies of attachments are measured and
// dropped; with a zero Now no date lies in the future.
type Parser struct {
	Sink Sink
	Now  time.Time
}

// Parse reads a message with the present time. It fails only when r or sink
// fails, or with ErrNothing.
func Parse(r io.Reader, sink Sink) (*Message, error) {
	return Parser{Sink: sink, Now: time.Now()}.Parse(r)
}

// Parse reads one message from r to its end.
func (p Parser) Parse(r io.Reader) (*Message, error) {
	w := &walk{Parser: p, in: stream.New(r), m: &Message{}, textLeft: MaxText, htmlLeft: MaxHTML}
	h := stream.ReadHeader(w.in)
	w.headerProblems(h)
	w.fields(h.Block)
	if !h.Ended {
		w.entity(part{header: h.Block, root: true})
	}
	w.m.Size = w.in.Size()
	switch {
	case w.in.Err() != nil:
		return nil, fmt.Errorf("read message: %w", w.in.Err())
	case w.err != nil:
		return nil, fmt.Errorf("store attachment: %w", w.err)
	case w.m.Size == 0:
		return nil, ErrNothing
	}
	w.assemble()
	return w.m, nil
}

// walk is the state of one Parse.
type walk struct {
	Parser
	in                 *stream.Lines
	m                  *Message
	parts, leftOut     int
	textLeft, htmlLeft int
	groups             []*group
	alternative        *group // open multipart/alternative
	err                error  // of the sink
}

// group is a piece of the shown text in one or both of its forms.
type group struct{ plain, html []string }

// part is an entity whose header has been read.
type part struct {
	header header.Block
	media  header.Media
	depth  int
	root   bool
	digest bool // inside multipart/digest, where parts are messages
}

// problem adds a sentence, each once.
func (w *walk) problem(format string, args ...any) {
	s := header.Plain(fmt.Sprintf(format, args...))
	if len(w.m.Problems) < maxProblems && !slices.Contains(w.m.Problems, s) {
		w.m.Problems = append(w.m.Problems, s)
	}
}

func (w *walk) headerProblems(h *stream.Header) {
	if h.Cut {
		w.problem("The header is larger than 1 MB; the rest of it was left out.")
	}
	if h.Broken > 0 {
		w.problem("Lines of the header that are no fields were left out: %d.", h.Broken)
	}
	if h.NoBlank && len(h.Block) > 0 {
		w.problem("The empty line between header and text is missing.")
	}
	if len(h.Block) == 0 {
		w.problem("The message has no header.")
	}
}

// entity reads the body of p, up to the boundary that ends it.
func (w *walk) entity(p part) {
	p.media = mediaOf(p.header, p.digest)
	if p.root {
		w.m.Type = p.media.Type
	}
	if !strings.HasPrefix(p.media.Type, "multipart/") {
		w.leaf(p)
		return
	}
	boundary := strings.TrimRight(p.media.Params["boundary"], " ")
	if boundary == "" {
		boundary = w.sniffBoundary()
		w.problem("A multipart does not name its boundary.")
	}
	switch {
	case boundary == "":
		p.media.Type = "text/plain"
		w.leaf(p)
	case p.depth >= MaxDepth:
		w.problem("Parts are nested more than %d deep; the rest was kept as an attachment.", MaxDepth)
		w.leaf(p)
	default:
		w.multipart(p, boundary)
	}
}

// mediaOf reads the type of a part, with the default for one that has none.
func mediaOf(h header.Block, digest bool) header.Media {
	m := header.ParseMedia(h.Get("Content-Type"))
	switch {
	case m.Type == "" && digest:
		m.Type = "message/rfc822"
	case m.Type == "" || m.Type == "text" || !strings.Contains(m.Type, "/"):
		m.Type = "text/plain"
	}
	return m
}

// sniffBoundary takes the first line that looks like a boundary, with a field
// of a part after it.
func (w *walk) sniffBoundary() string {
	ahead := w.in.Peek(4096)
	for len(ahead) > 0 {
		line, rest, _ := bytes.Cut(ahead, []byte("\n"))
		ahead = rest
		line = bytes.TrimRight(line, " \t\r")
		if len(line) > 4 && bytes.HasPrefix(line, []byte("--")) && len(rest) > 8 && bytes.EqualFold(rest[:8], []byte("content-")) {
			return string(line[2:])
		}
	}
	return ""
}

// multipart reads the parts between boundaries.
func (w *walk) multipart(p part, boundary string) {
	level := w.in.Open(boundary)
	if p.media.Type == "multipart/alternative" && w.alternative == nil {
		w.alternative = w.newGroup()
		defer func() { w.alternative = nil }()
	}
	w.preamble(level, p)
	for w.another(level) {
		w.child(part{depth: p.depth + 1, digest: p.media.Type == "multipart/digest"})
	}
	w.in.Close(level)
	if hit, _ := w.in.Hit(); hit == level {
		w.in.Body().Drain() // the epilogue
		return
	}
	w.problem("A multipart has no final boundary; the message may be incomplete.")
}

// another reports whether a further part of level follows.
func (w *walk) another(level int) bool {
	hit, closing := w.in.Hit()
	return hit == level && !closing && w.err == nil
}

// preamble passes over the text before the first boundary. When no boundary
// comes at all, it is the text of the message.
func (w *walk) preamble(level int, p part) {
	b := w.in.Body()
	text, _ := io.ReadAll(io.LimitReader(b, MaxText)) // a failing source is reported by Parse
	b.Drain()
	if hit, _ := w.in.Hit(); hit != level && len(bytes.TrimSpace(text)) > 0 {
		w.problem("The boundary of a multipart does not occur; its source is shown as text.")
		w.addText(string(text), p.media)
	}
}

// child reads one part of a multipart.
func (w *walk) child(p part) {
	w.parts++
	h := stream.ReadHeader(w.in)
	if h.Ended {
		return
	}
	if w.parts > MaxParts {
		if w.leftOut++; w.leftOut == 1 {
			w.problem("The message has more than %d parts; the rest was left out.", MaxParts)
		}
		w.in.Body().Drain()
		return
	}
	p.header = h.Block
	w.entity(p)
}

func (w *walk) newGroup() *group {
	g := &group{}
	w.groups = append(w.groups, g)
	return g
}
