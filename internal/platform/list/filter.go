package list

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"rapport/internal/platform/id"
	"rapport/internal/platform/problem"
)

// node is one condition, or several joined by and or or.
type node struct {
	And   []node          `json:"and,omitempty"`
	Or    []node          `json:"or,omitempty"`
	Field string          `json:"field,omitempty"`
	Op    string          `json:"op,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
}

const (
	maxDepth      = 3
	maxConditions = 50
	maxValues     = 200
)

// operators by type. eq and ne come in all.
var operators = map[Type][]string{
	Text:   {"eq", "ne", "in", "nin", "lt", "lte", "gt", "gte", "between", "contains", "starts", "empty"},
	Int:    {"eq", "ne", "in", "nin", "lt", "lte", "gt", "gte", "between", "empty"},
	Float:  {"eq", "ne", "in", "nin", "lt", "lte", "gt", "gte", "between", "empty"},
	Time:   {"eq", "ne", "lt", "lte", "gt", "gte", "between", "empty"},
	Date:   {"eq", "ne", "lt", "lte", "gt", "gte", "between", "empty"},
	Bool:   {"eq", "ne", "empty"},
	ID:     {"eq", "ne", "in", "nin", "empty"},
	Lookup: {"eq", "ne", "in", "nin"},
}

var comparisons = map[string]string{"eq": "=", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}

func bad(pointer, code, message string, allowed ...string) error {
	return &problem.Error{Kind: problem.BadRequest, Code: "bad_filter", Detail: "The filter cannot be used; errors says where.",
		Fields: []problem.Field{{Pointer: pointer, Code: code, Message: message, Allowed: allowed}}}
}

func (s *Spec) filter(text string, w *Where) (string, error) {
	var n node
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&n); err != nil || d.More() {
		return "", bad("filter", "syntax", `The filter is JSON of the form {"and":[{"field":"…","op":"…","value":…}]}.`)
	}
	return (&reading{Spec: s, w: w, left: maxConditions}).condition(n, "filter", maxDepth)
}

// reading is one filter being read.
type reading struct {
	*Spec
	w    *Where
	left int // conditions that may still come
}

func (s *reading) condition(n node, at string, depth int) (string, error) {
	if s.left--; s.left < 0 {
		return "", bad(at, "too_many", fmt.Sprintf("Use %d conditions or fewer.", maxConditions))
	}
	kinds := 0
	for _, is := range []bool{n.And != nil, n.Or != nil, n.Field != ""} {
		if is {
			kinds++
		}
	}
	if kinds != 1 {
		return "", bad(at, "syntax", "A condition has either a field, or and, or or.")
	}
	switch {
	case n.And != nil:
		return s.group(n.And, " AND ", at+"/and", depth)
	case n.Or != nil:
		return s.group(n.Or, " OR ", at+"/or", depth)
	}
	return s.leaf(n, at)
}

func (s *reading) group(nodes []node, joiner, at string, depth int) (string, error) {
	if depth == 0 {
		return "", bad(at, "too_deep", fmt.Sprintf("and and or nest %d deep at most.", maxDepth))
	}
	if len(nodes) == 0 {
		return "true", nil
	}
	parts := make([]string, len(nodes))
	for i, n := range nodes {
		var err error
		if parts[i], err = s.condition(n, at+"/"+strconv.Itoa(i), depth-1); err != nil {
			return "", err
		}
	}
	return "(" + strings.Join(parts, joiner) + ")", nil
}

func (s *reading) leaf(n node, at string) (string, error) {
	f, ok := s.Fields[n.Field]
	if !ok && s.Dynamic != nil {
		f, ok = s.Dynamic(n.Field)
	}
	s.depend(s.w, n.Field)
	if !ok {
		return "", bad(at+"/field", "not_allowed", "The list has no such field.", slices.Sorted(maps.Keys(s.Fields))...)
	}
	if !slices.Contains(operators[f.Type], n.Op) {
		return "", bad(at+"/op", "not_allowed", "This field does not take this operator.", operators[f.Type]...)
	}
	if n.Op == "empty" {
		return f.empty(n.Value, at)
	}
	values, err := f.values(n, at+"/value")
	if err != nil {
		return "", err
	}
	switch {
	case f.Type == Lookup:
		return f.lookup(n.Op, values, s.w), nil
	case f.Within != "":
		return f.within(n.Op, values, s.w), nil
	}
	return f.compare(n.Op, values, s.w), nil
}

// within compares in another table. What has no row there has no value, so
// that a negation is the absence of a row that the comparison holds for.
func (f Field) within(op string, values []any, w *Where) string {
	if positive, ok := map[string]string{"ne": "eq", "nin": "in"}[op]; ok {
		return "NOT " + fmt.Sprintf(f.Within, f.compare(positive, values, w))
	}
	return fmt.Sprintf(f.Within, f.compare(op, values, w))
}

func (f Field) empty(value json.RawMessage, at string) (string, error) {
	none, some := f.SQL+" IS NULL", f.SQL+" IS NOT NULL"
	if f.Within != "" {
		some = fmt.Sprintf(f.Within, some)
		none = "NOT " + some
	}
	switch string(bytes.TrimSpace(value)) {
	case "true", "":
		return none, nil
	case "false":
		return some, nil
	}
	return "", bad(at+"/value", "type", "empty takes true or false.")
}

func (f Field) lookup(op string, values []any, w *Where) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = w.bind(f.SQL, v)
	}
	sql := "(" + strings.Join(parts, " OR ") + ")"
	if op == "ne" || op == "nin" {
		return "NOT " + sql
	}
	return sql
}

func (f Field) compare(op string, values []any, w *Where) string {
	cast := "?::" + string(f.Type)
	switch op {
	case "in":
		return w.bind(fmt.Sprintf("%s = ANY (?::%s[])", f.SQL, f.Type), values)
	case "nin":
		return w.bind(fmt.Sprintf("(%s <> ALL (?::%s[]) OR %s IS NULL)", f.SQL, f.Type, f.SQL), values)
	case "between":
		return w.bind(fmt.Sprintf("%s BETWEEN %s AND %s", f.SQL, cast, cast), values[0], values[1])
	case "contains":
		return w.bind(fmt.Sprintf("strpos(lower(%s), lower(?)) > 0", f.SQL), values[0])
	case "starts":
		// A range, not LIKE: it is leakproof, and nothing in it is a pattern.
		return w.bind(fmt.Sprintf(`(%s COLLATE "C" >= ? AND %s COLLATE "C" < ? || chr(1114111))`, f.SQL, f.SQL), values[0], values[0])
	case "ne":
		return w.bind(fmt.Sprintf("(%s <> %s OR %s IS NULL)", f.SQL, cast, f.SQL), values[0])
	}
	return w.bind(f.SQL+" "+comparisons[op]+" "+cast, values[0])
}

// values reads one value, two for between, a list for in.
func (f Field) values(n node, at string) ([]any, error) {
	raws := []json.RawMessage{n.Value}
	if n.Op == "in" || n.Op == "nin" || n.Op == "between" {
		raws = nil
		if err := json.Unmarshal(n.Value, &raws); err != nil {
			return nil, bad(at, "type", "This operator takes a list of values.")
		}
		if n.Op == "between" && len(raws) != 2 {
			return nil, bad(at, "length", "between takes two values.")
		}
		if len(raws) > maxValues || len(raws) == 0 {
			return nil, bad(at, "length", fmt.Sprintf("Give 1 to %d values.", maxValues))
		}
	}
	out := make([]any, len(raws))
	for i, raw := range raws {
		var err error
		if out[i], err = f.value(raw, at); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (f Field) value(raw json.RawMessage, at string) (any, error) {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, bad(at, "required", "This operator takes a value.")
	}
	switch t := v.(type) {
	case string:
		return f.fromText(t, at)
	case float64:
		if f.Type == Int && t == math.Trunc(t) && math.Abs(t) < 1<<53 {
			return int64(t), nil
		}
		if f.Type == Float {
			return t, nil
		}
	case bool:
		if f.Type == Bool {
			return t, nil
		}
	}
	return nil, bad(at, "type", "The value is not a "+names[f.Type]+".")
}

var names = map[Type]string{Text: "text", Int: "whole number", Float: "number", Bool: "true or false",
	Time: "time such as 2026-01-31T09:00:00Z", Date: "date such as 2026-01-31", ID: "id", Lookup: "text"}

func (f Field) fromText(s, at string) (any, error) {
	switch f.Type {
	case Text, Lookup:
		if strings.ContainsRune(s, 0) {
			return nil, bad(at, "type", "Text cannot hold NUL.")
		}
		if len(f.Values) > 0 && !slices.Contains(f.Values, s) {
			return nil, bad(at, "not_allowed", "There is no such value.", f.Values...)
		}
		if f.Fold {
			s = strings.ToLower(s)
		}
		return s, nil
	case ID:
		if id.Valid(s) {
			return s, nil
		}
	case Time:
		if t, err := time.Parse(time.RFC3339, s); err == nil {
			return t, nil
		}
		if t, err := time.Parse(time.DateOnly, s); err == nil {
			return t, nil
		}
	case Date:
		if t, err := time.Parse(time.DateOnly, s); err == nil {
			return t, nil
		}
	}
	return nil, bad(at, "type", "The value is not a "+names[f.Type]+".")
}
