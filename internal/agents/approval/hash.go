package approval

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"rapport/internal/platform/problem"
)

const maxArgs = 900_000

var errArgs = problem.New(problem.Invalid, "bad_arguments", "The arguments of an operation are a JSON object.")

// canonical writes arguments in the one way that is shown, hashed, kept and
// called: no key twice, in order.
func canonical(args json.RawMessage) (json.RawMessage, error) {
	if len(args) > maxArgs {
		return nil, errArgs
	}
	d := json.NewDecoder(bytes.NewReader(args))
	d.UseNumber()
	all := map[string]any{}
	if err := d.Decode(&all); err != nil || d.More() {
		return nil, errArgs.Because(err)
	}
	delete(all, "workspace") // it is the actor's, whatever is said
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(all); err != nil {
		return nil, errArgs.Because(err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// hashOf names exactly what a person allows.
func hashOf(operation string, args json.RawMessage, needs []Record) string {
	h := sha256.New()
	_ = json.NewEncoder(h).Encode([]any{operation, needs}) // strings only
	h.Write(args)
	return hex.EncodeToString(h.Sum(nil))
}

// inOrder sorts records, each once; the first version named of one stands. In
// this order everybody locks them.
func inOrder(needs ...Record) []Record {
	out := []Record{}
	for _, n := range needs {
		if !slices.ContainsFunc(out, func(o Record) bool { return o.Entity == n.Entity && o.ID == n.ID }) {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b Record) int { return cmp.Or(cmp.Compare(a.Entity, b.Entity), cmp.Compare(a.ID, b.ID)) })
	return out
}
