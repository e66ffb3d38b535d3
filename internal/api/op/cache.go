package op

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/cache"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Cached says how the answers of a read are remembered.
type Cached struct {
	// On is what an answer is made of, as cache.ParseSources reads it; "" for
	// an operation that is not remembered.
	On string
	// Shared says that everybody with the same role and scopes sees the same.
	// Otherwise each person has answers of their own.
	Shared bool
	// For bounds the age of an answer that depends on the time; a minute if zero.
	For time.Duration
	// While is how much older it may be for others while one reads it anew.
	While time.Duration
	// Never is why it is not remembered.
	Never string
}

// memory remembers the answers of one operation.
type memory struct {
	*Door
	kind *cache.Kind
	Cached
}

// remember returns the memory of an operation; nil for one without.
func (d *Door) remember(m Meta) *memory {
	if d.Cache == nil || m.Cached.On == "" {
		return nil
	}
	sources, err := cache.ParseSources(m.Cached.On)
	if err != nil {
		panic(m.Name + ": " + err.Error()) // at start, and in every test
	}
	return &memory{Door: d, Cached: m.Cached, kind: d.Cache.Kind(m.Name, cache.Rules{Sources: sources, For: m.Cached.For, While: m.Cached.While})}
}

// remembered answers with what is remembered, or else with what next answers.
// It has no part inside of a transaction, which may see what nobody else does,
// nor where the caller says no-store; no-cache asks the database, and is kept.
func (d *Door) remembered(hc huma.Context, m *memory, next func(huma.Context)) {
	who, _ := actor.From(hc.Context())
	if m == nil || who.WorkspaceID == "" || pg.Joins(hc.Context()) || strings.Contains(hc.Header("Cache-Control"), "no-store") {
		next(hc)
		return
	}
	var own *captured
	a := d.Cache.Read(hc.Context(), m.request(hc, who), func(ctx context.Context) cache.Answer {
		if p := cache.Wanted(ctx); p != nil {
			p.By, _ = actor.From(ctx)
		}
		own = &captured{humaContext: hc, ctx: ctx, header: http.Header{}}
		next(own)
		return own.answer()
	}, away)
	switch {
	case a.Status == http.StatusOK:
		send(hc, a)
	case own != nil:
		own.replay(hc)
	default: // somebody else's, with the name of their request
		d.Fail(hc, refusal(a))
	}
}

func (m *memory) request(hc huma.Context, who actor.Actor) cache.Request {
	u := hc.URL()
	r := cache.Request{
		Key:   cache.Key{Workspace: who.WorkspaceID, Kind: m.kind.Name, Viewer: m.viewer(who), Query: u.Path + sorted(u.RawQuery)},
		Kind:  m.kind,
		Fresh: strings.Contains(hc.Header("Cache-Control"), "no-cache"),
		IDs:   make([]string, len(m.kind.Sources)),
	}
	for i, s := range m.kind.Sources {
		if s.Param != "" {
			r.IDs[i] = hc.Param(s.Param)
		}
	}
	return r
}

// viewer stands for what somebody may see: two who may see different things
// have different ones.
func (m *memory) viewer(who actor.Actor) string {
	b := make([]byte, 0, 128)
	b = append(append(append(b, who.Role...), ' '), who.TimeZone...)
	if who.Operator {
		b = append(b, " operator"...)
	}
	if who.Scopes != nil {
		b = append(b, " only"...)
		scopes := slices.Clone(who.Scopes)
		slices.Sort(scopes)
		for _, s := range scopes {
			b = append(append(b, ' '), s...)
		}
	}
	if !m.Shared {
		b = append(append(append(append(append(append(b, '|'), who.Kind...), '|'), who.ID...), '|'), who.UserID...)
	}
	return string(b)
}

// sorted is a query in order of its names, with ? in front.
func sorted(query string) string {
	if query == "" {
		return ""
	}
	if strings.Contains(query, "&") {
		parts := strings.Split(query, "&")
		slices.SortStableFunc(parts, func(a, b string) int {
			a, _, _ = strings.Cut(a, "=")
			b, _, _ = strings.Cut(b, "=")
			return strings.Compare(a, b)
		})
		query = strings.Join(parts, "&")
	}
	return "?" + query
}

// send answers with a, or with nothing but that the caller has it already.
func send(hc huma.Context, a cache.Answer) {
	hc.SetHeader("Cache-Control", "private, no-cache")
	hc.SetHeader("Vary", "Authorization, Cookie")
	hc.SetHeader("ETag", a.ETag)
	if a.Age > 0 {
		hc.SetHeader("X-Rapport-Stale", strconv.Itoa(int(a.Age.Seconds())))
	}
	if has(hc.Header("If-None-Match"), a.ETag) {
		hc.SetStatus(http.StatusNotModified)
		return
	}
	hc.SetHeader("Content-Type", a.ContentType)
	hc.SetHeader("Content-Length", strconv.Itoa(len(a.Body)))
	hc.SetStatus(a.Status)
	_, _ = hc.BodyWriter().Write(a.Body) // the client has gone
}

// has reports whether a header If-None-Match names an ETag.
func has(header, etag string) bool {
	if header == "" {
		return false
	}
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

// humaContext keeps its name out of the way of the method Context.
type humaContext = huma.Context

// captured takes an answer instead of sending it.
type captured struct {
	humaContext
	ctx    context.Context
	status int
	header http.Header
	body   bytes.Buffer
}

func (c *captured) Context() context.Context     { return c.ctx }
func (c *captured) SetStatus(status int)         { c.status = status }
func (c *captured) Status() int                  { return c.status }
func (c *captured) SetHeader(name, value string) { c.header.Set(name, value) }
func (c *captured) AppendHeader(n, value string) { c.header.Add(n, value) }
func (c *captured) BodyWriter() io.Writer        { return &c.body }

// answer is what was captured. Its ETag stands for every byte of it, behind the
// version of the record where there is one, which If-Match takes.
func (c *captured) answer() cache.Answer {
	a := cache.Answer{Status: c.status, ContentType: c.header.Get("Content-Type"), Body: c.body.Bytes()}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	sum := strconv.FormatUint(xxhash.Sum64(a.Body), 36)
	if version := strings.Trim(c.header.Get("ETag"), `"`); version != "" {
		sum = version + versionEnd + sum
	}
	a.ETag = `"` + sum + `"`
	return a
}

// versionEnd parts the version of a record from what else its ETag stands for.
const versionEnd = "."

func (c *captured) replay(hc huma.Context) {
	for name, values := range c.header {
		for _, v := range values {
			hc.SetHeader(name, v)
		}
	}
	hc.SetStatus(c.status)
	_, _ = hc.BodyWriter().Write(c.body.Bytes()) // the client has gone
}

// document is what is read again of a problem.
type document struct {
	Code, Detail string
	Errors       []problem.Field
}

// refusal is the problem that an answer was.
func refusal(a cache.Answer) error {
	var d document
	if err := json.Unmarshal(a.Body, &d); err != nil || d.Code == "" {
		return problem.New(problem.Unavailable, "unavailable", "Try again in a moment.").Retry(time.Second)
	}
	p := problem.New(problem.Kind(a.Status), d.Code, d.Detail)
	p.Fields = d.Errors
	if a.Status == http.StatusServiceUnavailable || a.Status == http.StatusTooManyRequests {
		p = p.Retry(time.Second)
	}
	return p
}

// away reports whether an answer says that the database cannot be reached.
func away(a cache.Answer) bool {
	var d document
	return a.Status == http.StatusServiceUnavailable && json.Unmarshal(a.Body, &d) == nil && (d.Code == "database_unavailable" || d.Code == "connection_lost" || d.Code == "database_busy")
}
