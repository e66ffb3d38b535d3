package list_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rapport/internal/platform/list"
	"rapport/internal/platform/problem"
)

const somewhere = "00000000-0000-7000-8000-000000000001"

func build(q list.Query) (string, []any, error) {
	w := list.NewWhere(somewhere)
	sql, _, err := people.Build(q, w)
	return sql, w.Args(), err
}

func TestABadFilterIsPointedAt(t *testing.T) {
	t.Parallel()
	leaf := func(field, op, value string) string {
		return fmt.Sprintf(`{"field":%q,"op":%q,"value":%s}`, field, op, value)
	}
	nested := func(depth int) string {
		return strings.Repeat(`{"and":[`, depth) + leaf("int", "eq", "1") + strings.Repeat(`]}`, depth)
	}
	many := `{"or":[` + strings.TrimSuffix(strings.Repeat(leaf("int", "eq", "1")+",", 60), ",") + `]}`
	for _, c := range []struct{ filter, pointer, code string }{
		{`{`, "filter", "syntax"}, {`[]`, "filter", "syntax"}, {`{} {}`, "filter", "syntax"}, {`{"sql":"1=1"}`, "filter", "syntax"}, {`{}`, "filter", "syntax"},
		{`{"and":[],"or":[]}`, "filter", "syntax"}, {`{"field":"int","op":"eq","value":1,"and":[]}`, "filter", "syntax"},
		{leaf("int; DROP TABLE contacts", "eq", "1"), "filter/field", "not_allowed"}, {leaf("c.score", "eq", "1"), "filter/field", "not_allowed"},
		{leaf("int", "like", "1"), "filter/op", "not_allowed"}, {leaf("int", "contains", `"1"`), "filter/op", "not_allowed"}, {leaf("bool", "lt", "true"), "filter/op", "not_allowed"},
		{leaf("id", "gt", `"`+somewhere+`"`), "filter/op", "not_allowed"}, {leaf("lookup", "empty", "true"), "filter/op", "not_allowed"}, {leaf("time", "in", "[]"), "filter/op", "not_allowed"},
		{leaf("int", "eq", `"1"`), "filter/value", "type"}, {leaf("int", "eq", "1.5"), "filter/value", "type"}, {leaf("int", "eq", "1e300"), "filter/value", "type"}, {leaf("int", "eq", "true"), "filter/value", "type"},
		{leaf("float", "eq", `"x"`), "filter/value", "type"}, {leaf("text", "eq", "1"), "filter/value", "type"}, {leaf("text", "eq", `"\u0000"`), "filter/value", "type"}, {leaf("text", "eq", "null"), "filter/value", "type"},
		{leaf("bool", "eq", `"true"`), "filter/value", "type"}, {leaf("time", "eq", `"yesterday"`), "filter/value", "type"}, {leaf("time", "eq", "5"), "filter/value", "type"}, {leaf("date", "eq", `"2026-02-30"`), "filter/value", "type"},
		{leaf("id", "eq", `"1"`), "filter/value", "type"}, {leaf("lookup", "eq", "1"), "filter/value", "type"}, {leaf("text", "eq", `{"a":1}`), "filter/value", "type"}, {leaf("text", "eq", `["a"]`), "filter/value", "type"},
		{`{"field":"int","op":"eq"}`, "filter/value", "required"}, {leaf("enum", "eq", `"friend"`), "filter/value", "not_allowed"},
		{leaf("int", "in", "1"), "filter/value", "type"}, {leaf("int", "in", "[]"), "filter/value", "length"}, {leaf("int", "in", "[1,null]"), "filter/value", "type"}, {leaf("int", "between", "[1]"), "filter/value", "length"},
		{leaf("int", "in", "[1"+strings.Repeat(",1", 200)+"]"), "filter/value", "length"}, {leaf("int", "empty", "1"), "filter/value", "type"},
		{`{"and":[` + leaf("int", "eq", "1") + `,{"or":[` + leaf("nope", "eq", "1") + `]}]}`, "filter/and/1/or/0/field", "not_allowed"},
		{nested(4), "filter/and/0/and/0/and/0/and", "too_deep"}, {many, "filter/or/49", "too_many"},
	} {
		_, _, err := build(list.Query{Limit: 1, Filter: c.filter})
		p, ok := errors.AsType[*problem.Error](err)
		if !ok || p.Code != "bad_filter" || p.Kind != problem.BadRequest || len(p.Fields) != 1 || p.Fields[0].Pointer != c.pointer || p.Fields[0].Code != c.code {
			t.Errorf("%.100s: %+v, want %s at %s", c.filter, p, c.code, c.pointer)
		}
	}
	if _, _, err := build(list.Query{Limit: 1, Filter: nested(3)}); err != nil {
		t.Errorf("three groups deep: %v, want no error", err)
	}
}

func TestAnUnknownSortListsThoseThereAre(t *testing.T) {
	t.Parallel()
	for _, sort := range []string{"nope", "--name", "-", "name desc", "c.name_key"} {
		_, _, err := build(list.Query{Limit: 1, Sort: sort})
		p, ok := errors.AsType[*problem.Error](err)
		if !ok || p.Code != "bad_sort" || fmt.Sprint(p.Fields[0].Allowed) != "[created name score touched]" {
			t.Errorf("sort %q: %+v, want bad_sort and the sorts", sort, p)
		}
	}
}

// A position that somebody forges, sum and all, must not reach a cast.
func TestAForgedPositionIsRefusedByItsType(t *testing.T) {
	t.Parallel()
	for sort, keys := range map[string][]string{
		"score": {"", "x", "1.5", "1;", "99999999999999999999"}, "created": {"", "now", "tomorrow", "2026-01-01", "2026-13-01 00:00:00+00", "2026-01-01 00:00:00+00'"}, "name": {"a\x00b"},
	} {
		for _, key := range keys {
			if _, _, err := build(list.Query{Limit: 1, Sort: sort, Cursor: list.Forge(people.Sorts[sort].SQL, key, somewhere, somewhere)}); code(err) != "bad_cursor" {
				t.Errorf("%s after %q: %v, want bad_cursor", sort, key, err)
			}
		}
	}
	for sort, keys := range map[string][]string{"score": {"-1"}, "created": {"-infinity", "2026-01-01 00:00:00.123456+00", "2026-01-01 00:00:00-03:30"}, "name": {"", "O'Hara $1 ?"}} {
		for _, key := range keys {
			if _, args, err := build(list.Query{Limit: 1, Sort: sort, Cursor: list.Forge(people.Sorts[sort].SQL, key, somewhere, somewhere)}); err != nil || args[1] != key {
				t.Errorf("%s after %q: %v, %v; want it as an argument", sort, key, args, err)
			}
		}
	}
}

var placeholder = regexp.MustCompile(`\$(\d+)`)

// consistent fails if SQL and arguments do not belong together.
func consistent(t *testing.T, sql string, args []any) {
	t.Helper()
	used := make([]bool, len(args)+1)
	for _, m := range placeholder.FindAllStringSubmatch(sql, -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil || n < 1 || n > len(args) {
			t.Fatalf("$%s with %d arguments in %s", m[1], len(args), sql)
		}
		used[n] = true
	}
	for n := 1; n <= len(args); n++ {
		if !used[n] {
			t.Fatalf("argument %d is not used in %s", n, sql)
		}
	}
	if strings.Contains(sql, "?") {
		t.Fatalf("a place without its argument in %s", sql)
	}
}

func FuzzFilter(f *testing.F) {
	for _, raw := range []string{"", "{}", `{"and":[{"field":"int","op":"gte","value":70},{"or":[{"field":"text","op":"contains","value":"a"}]}]}`,
		`{"field":"text","op":"in","value":["a","b"]}`, `{"field":"time","op":"between","value":["2026-01-01","2026-02-01T00:00:00Z"]}`,
		`{"field":"lookup","op":"nin","value":["x"]}`, `{"field":"int","op":"eq","value":9007199254740993}`, `{"and":[{"and":[{"and":[{"and":[]}]}]}]}`} {
		f.Add(raw, "' OR '1'='1")
	}
	f.Add(`{"field":"float","op":"eq","value":1e309}`, "?$1\\")
	f.Fuzz(func(t *testing.T, raw, value string) {
		if sql, args, err := build(list.Query{Limit: 1, Filter: raw}); err == nil {
			consistent(t, sql, args)
		} else if raw != "" && code(err) != "bad_filter" {
			t.Errorf("%q: %v, want bad_filter", raw, err)
		}
		for _, op := range []string{"eq", "ne", "in", "nin", "lt", "between", "contains", "starts"} {
			got, args, err := build(list.Query{Limit: 1, Filter: with(t, op, value)})
			if err != nil {
				continue
			}
			consistent(t, got, args)
			if want, _, _ := build(list.Query{Limit: 1, Filter: with(t, op, "x")}); got != want {
				t.Errorf("the value %q changes the SQL: %s, want %s", value, got, want)
			}
		}
	})
}

// with is a filter that compares text with a value.
func with(t *testing.T, op, value string) string {
	t.Helper()
	var v any = value
	if op == "in" || op == "nin" || op == "between" {
		v = []string{value, value}
	}
	b, err := json.Marshal(map[string]any{"field": "text", "op": op, "value": v})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func FuzzCursor(f *testing.F) {
	f.Add("", "-score")
	f.Add("AAAA", "name")
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"of":"x","k":["1","2"],"s":"y"}`)), "created")
	f.Add(list.Forge("c.score_key", "5", somewhere, somewhere), "score")
	f.Add(list.Forge("c.name_key", "' OR true", somewhere, somewhere), "name")
	f.Fuzz(func(t *testing.T, cursor, sort string) {
		sql, args, err := build(list.Query{Limit: 1, Cursor: cursor, Sort: sort})
		if err != nil {
			if c := code(err); c != "bad_cursor" && c != "bad_sort" {
				t.Errorf("%q: %v, want a problem", cursor, err)
			}
			return
		}
		consistent(t, sql, args)
		if plain, _, _ := build(list.Query{Limit: 1, Sort: sort}); cursor != "" && (len(args) != 3 || len(sql) > len(plain)+100) {
			t.Errorf("the cursor %q gives %v and %s", cursor, args, sql)
		}
	})
}
