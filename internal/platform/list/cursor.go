package list

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// position is where a page ended: the sort key and the id of its last row, of
// the list that Of stands for.
type position struct {
	Of   string   `json:"of"`
	Keys []string `json:"k"`
	Sum  string   `json:"s"`
	list described
}

var errCursor = problem.New(problem.BadRequest, "bad_cursor", "The cursor is damaged, or belongs to another sort order or filter. Begin again without one.")

// described is sort order and conditions of a list.
type described struct {
	sort       string
	desc       bool
	filter     string
	conditions []string
	args       []any
}

// fingerprint stands for a list, so that a cursor of one does not silently
// skip rows of another.
func (d described) fingerprint() string {
	b := make([]byte, 0, 512)
	b = strconv.AppendBool(append(b, d.sort...), d.desc)
	b = appendAll(append(b, d.filter...), d.conditions)
	b = append(b, " ["...)
	for i, a := range d.args {
		if i > 0 {
			b = append(b, ' ')
		}
		if text, ok := a.(string); ok {
			b = append(b, text...)
		} else {
			b = fmt.Append(b, a)
		}
	}
	return short(append(b, ']'), 6)
}

// appendAll writes as package fmt does: [a b].
func appendAll(b []byte, words []string) []byte {
	b = append(b, '[')
	for i, w := range words {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, w...)
	}
	return append(b, ']')
}

func short(b []byte, n int) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:n])
}

// next is the cursor after a row with these keys.
func (p position) next(keys []*string) string {
	p.Of, p.Keys = p.list.fingerprint(), make([]string, len(keys))
	for i, k := range keys {
		if k != nil {
			p.Keys[i] = *k
		}
	}
	b := append(pg.AppendString(append(make([]byte, 0, 256), `{"of":`...), []byte(p.Of)), `,"k":[`...)
	for i, k := range p.Keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = pg.AppendString(b, []byte(k))
	}
	b = append(pg.AppendString(append(b, `],"s":`...), []byte(p.sum())), '}')
	return base64.RawURLEncoding.EncodeToString(b)
}

// sum finds damage. It is no secret: a forged position shows nothing that the
// list would not.
func (p position) sum() string {
	return short(appendAll(append(make([]byte, 0, 256), p.Of...), p.Keys), 4)
}

// read takes the keys from a cursor of the same list, which is sorted by a
// column of type t.
func (p *position) read(cursor string, t Type) error {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return errCursor
	}
	var got position
	if err := json.Unmarshal(b, &got); err != nil {
		return errCursor
	}
	if got.Of != p.list.fingerprint() || len(got.Keys) != 2 || got.Sum != got.sum() || !t.holds(got.Keys[0]) || !id.Valid(got.Keys[1]) {
		return errCursor
	}
	p.Keys = got.Keys
	return nil
}

// timestamps are the forms in which PostgreSQL writes a timestamptz as text;
// the zone has as many parts as it needs.
var timestamps = []string{"2006-01-02 15:04:05-07", "2006-01-02 15:04:05-07:00", "2006-01-02 15:04:05-07:00:00"}

// holds reports whether text, which PostgreSQL wrote, can be cast to t again.
func (t Type) holds(text string) bool {
	switch t {
	case Int:
		_, err := strconv.ParseInt(text, 10, 64)
		return err == nil
	case Time:
		if text == "infinity" || text == "-infinity" {
			return true
		}
		for _, form := range timestamps {
			if _, err := time.Parse(form, text); err == nil {
				return true
			}
		}
		return false
	case Text:
		return !strings.ContainsRune(text, 0)
	case ID:
		return id.Valid(text)
	}
	return false
}
