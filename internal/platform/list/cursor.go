package list

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"rapport/internal/platform/id"
	"rapport/internal/platform/problem"
)

// position is where a page ended: the sort key and the id of its last row, of
// the list that Of stands for.
type position struct {
	Of   string   `json:"of"`
	Keys []string `json:"k"`
	Sum  string   `json:"s"`
}

var errCursor = problem.New(problem.BadRequest, "bad_cursor", "The cursor is damaged, or belongs to another sort order or filter. Begin again without one.")

// fingerprint stands for sort order and conditions, so that a cursor of one
// list does not silently skip rows of another.
func fingerprint(sort string, desc bool, filter string, w *Where) string {
	sum := sha256.Sum256(fmt.Append(nil, sort, desc, filter, w.conditions, w.args))
	return hex.EncodeToString(sum[:6])
}

// next is the cursor after a row with these keys.
func (p position) next(keys []*string) string {
	p.Keys = make([]string, len(keys))
	for i, k := range keys {
		if k != nil {
			p.Keys[i] = *k
		}
	}
	p.Sum = p.sum()
	b, _ := json.Marshal(p) // strings only
	return base64.RawURLEncoding.EncodeToString(b)
}

// sum finds damage. It is no secret: a forged position shows nothing that the
// list would not.
func (p position) sum() string {
	sum := sha256.Sum256(fmt.Append(nil, p.Of, p.Keys))
	return hex.EncodeToString(sum[:4])
}

// read takes the keys from a cursor of the same list.
func (p *position) read(cursor string) error {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return errCursor
	}
	var got position
	if err := json.Unmarshal(b, &got); err != nil {
		return errCursor
	}
	if got.Of != p.Of || len(got.Keys) != 2 || got.Sum != got.sum() || !id.Valid(got.Keys[1]) {
		return errCursor
	}
	p.Keys = got.Keys
	return nil
}
