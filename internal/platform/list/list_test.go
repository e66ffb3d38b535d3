package list_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/problem"
)

// people lists contacts, with a field of every type.
var people = list.Spec{
	Columns: "c.id, c.name",
	From:    "FROM contacts c WHERE c.workspace_id = $1",
	ID:      "c.id",
	Fields: map[string]list.Field{
		"text":   {SQL: "c.title", Type: list.Text},
		"folded": {SQL: "c.name_key", Type: list.Text, Fold: true},
		"enum":   {SQL: "c.status", Type: list.Text, Values: []string{"prospect", "lead"}},
		"int":    {SQL: "c.score", Type: list.Int},
		"float":  {SQL: "(c.score / 2.0::float8)", Type: list.Float},
		"bool":   {SQL: "(c.score > 15)", Type: list.Bool},
		"time":   {SQL: "c.last_interaction_at", Type: list.Time},
		"date":   {SQL: "c.last_interaction_at::date", Type: list.Date},
		"id":     {SQL: "c.owner_id", Type: list.ID},
		"within": {SQL: "e.address", Type: list.Text, Within: "c.id IN (SELECT e.contact_id FROM contact_emails e WHERE e.workspace_id = $1 AND %s)"},
		"lookup": {SQL: "EXISTS (SELECT 1 FROM contact_emails e WHERE e.workspace_id = $1 AND e.contact_id = c.id AND e.email_key = ?)", Type: list.Lookup, Fold: true},
	},
	Sorts: map[string]list.Sort{
		"name":    {SQL: "c.name_key", Type: list.Text},
		"score":   {SQL: "c.score_key", Type: list.Int},
		"created": {SQL: "c.created_at", Type: list.Time},
		"touched": {SQL: "c.touch_key", Type: list.Time},
	},
	Default: "name",
}

type body struct {
	Data       []struct{ ID, Name string }
	NextCursor *string `json:"next_cursor"`
	HasMore    bool    `json:"has_more"`
}

func (b body) names() []string {
	out := []string{}
	for _, r := range b.Data {
		out = append(out, r.Name)
	}
	return out
}

type world struct {
	db  *pg.DB
	ctx context.Context
}

func open(t *testing.T) world {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return world{db, actor.With(t.Context(), actor.Actor{Kind: actor.System, WorkspaceID: pgtest.Workspace(t, db.Session())})}
}

func (w world) write(t *testing.T, sql string, args ...any) {
	t.Helper()
	err := w.db.Write(w.ctx, func(tx *pg.Tx) error {
		tx.Queue(sql, append([]any{tx.Workspace()}, args...)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w world) page(q list.Query) (body, error) {
	var b body
	err := w.db.Read(w.ctx, func(tx *pg.Tx) error {
		text, err := people.Page(tx, q, list.NewWhere(tx.Workspace()))
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &b)
	})
	return b, err
}

func code(err error) string {
	if p, ok := errors.AsType[*problem.Error](err); ok {
		return p.Code
	}
	return ""
}

const crowd = 230

// fill makes rows of which many are equal in every sort.
func (w world) fill(t *testing.T) {
	t.Helper()
	w.write(t, `
		INSERT INTO contacts (workspace_id, id, name, score, created_at, last_interaction_at)
		SELECT $1, gen_random_uuid(), (ARRAY['Ada', 'ada', 'Zoë', 'ÅSA', '日本'])[1 + n % 5], CASE WHEN n % 3 > 0 THEN n % 7 END,
			timestamptz '2026-01-01' + (n / 9) * interval '1.000001 second', CASE WHEN n % 4 > 0 THEN timestamptz '2026-02-01' - (n / 50) * interval '1 day' END
		FROM generate_series(1, $2::int) n`, crowd)
}

func TestPagingVisitsEveryRowOnceInOrder(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.fill(t)
	for name := range people.Sorts {
		for _, sort := range []string{name, "-" + name} {
			whole, err := w.page(list.Query{Limit: 1000, Sort: sort})
			if err != nil || len(whole.Data) != crowd || whole.HasMore || whole.NextCursor != nil {
				t.Fatalf("%s: %d rows in one page, %v; want %d and no more", sort, len(whole.Data), err, crowd)
			}
			for _, limit := range []int{1, 7, 10, 200} {
				if got := w.walk(t, list.Query{Limit: limit, Sort: sort}); !slices.Equal(got.Data, whole.Data) {
					t.Errorf("%s in pages of %d: %d rows, want the same %d as in one page", sort, limit, len(got.Data), crowd)
				}
			}
		}
	}
}

// walk reads all pages.
func (w world) walk(t *testing.T, q list.Query) (all body) {
	t.Helper()
	for range crowd + 1 {
		b, err := w.page(q)
		if err != nil {
			t.Fatal(err)
		}
		all.Data = append(all.Data, b.Data...)
		if b.HasMore != (b.NextCursor != nil) || len(b.Data) > q.Limit {
			t.Fatalf("a page of %d has %d rows, more %v, cursor %v", q.Limit, len(b.Data), b.HasMore, b.NextCursor)
		}
		if !b.HasMore {
			return all
		}
		q.Cursor = *b.NextCursor
	}
	t.Fatal("the pages do not end")
	return all
}

func TestACursorIsOfOneListOnly(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.fill(t)
	first, err := w.page(list.Query{Limit: 10, Sort: "score", Filter: `{"field":"int","op":"gte","value":0}`})
	if err != nil {
		t.Fatal(err)
	}
	good := list.Query{Limit: 10, Sort: "score", Filter: `{"field":"int","op":"gte","value":0}`, Cursor: *first.NextCursor}
	next, err := w.page(good)
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*list.Query){
		"another direction": func(q *list.Query) { q.Sort = "-score" }, "another sort": func(q *list.Query) { q.Sort = "name" },
		"another filter": func(q *list.Query) { q.Filter = `{"field":"int","op":"gte","value":1}` }, "no filter": func(q *list.Query) { q.Filter = "" },
		"no base64": func(q *list.Query) { q.Cursor = "*" }, "no JSON": func(q *list.Query) { q.Cursor = "AAAA" }, "half": func(q *list.Query) { q.Cursor = q.Cursor[:len(q.Cursor)/2] },
	} {
		q := good
		change(&q)
		if _, err := w.page(q); code(err) != "bad_cursor" {
			t.Errorf("%s: %v, want bad_cursor", what, err)
		}
	}
	if _, err := open(t).page(good); code(err) != "bad_cursor" {
		t.Errorf("in another workspace: %v, want bad_cursor", err)
	}
	for i := range good.Cursor { // damage is found, or changes nothing
		q := good
		q.Cursor = good.Cursor[:i] + string(rune('A'+(good.Cursor[i]+1)%26)) + good.Cursor[i+1:]
		if b, err := w.page(q); code(err) != "bad_cursor" && !slices.Equal(b.Data, next.Data) {
			t.Errorf("damage at %d gives %d other rows, %v; want bad_cursor", i, len(b.Data), err)
		}
	}
}

// Four contacts: below, at and above a value of every type, and without one.
func (w world) four(t *testing.T) {
	t.Helper()
	at := time.Date(2026, 5, 2, 12, 0, 0, 0, time.UTC)
	for i, name := range []string{"low", "mid", "top", "none"} {
		cid := id.New()
		if name == "none" {
			w.write(t, `INSERT INTO contacts (workspace_id, id, name) VALUES ($1, $2, $3)`, cid, name)
			continue
		}
		w.write(t, `
			INSERT INTO contacts (workspace_id, id, name, title, score, last_interaction_at, owner_id) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			cid, name, string(rune('k'+i))+"_%Title", 10*(i+1), at.AddDate(0, 0, i), fmt.Sprintf("00000000-0000-7000-8000-00000000000%d", i))
		w.write(t, `INSERT INTO contact_emails (workspace_id, id, contact_id, address, email_key) VALUES ($1, $2, $3, $4 || $5, $5)`, id.New(), cid, string(rune('a'+i))+" ", name+"@example.com")
	}
}

func TestEachOperatorMeansTheSameForEachType(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.four(t)
	ordered := map[string]string{"eq": "mid", "ne": "low none top", "in": "low top", "nin": "mid none", "lt": "low", "lte": "low mid", "gt": "top", "gte": "mid top", "between": "low mid", "empty": "none", "full": "low mid top"}
	without := func(ops ...string) map[string]string {
		out := map[string]string{}
		for op, want := range ordered {
			if !slices.Contains(ops, op) {
				out[op] = want
			}
		}
		return out
	}
	const uid = `"00000000-0000-7000-8000-00000000000`
	for _, c := range []struct {
		field, low, mid, top string
		want                 map[string]string
	}{
		{"text", `"k_%Title"`, `"l_%Title"`, `"m_%Title"`, ordered},
		{"int", "10", "20", "30", ordered},
		{"float", "5", "10.0", "15", ordered},
		{"time", `"2026-05-02T12:00:00Z"`, `"2026-05-03T14:00:00+02:00"`, `"2026-05-04T12:00:00Z"`, without("in", "nin")},
		{"date", `"2026-05-02"`, `"2026-05-03"`, `"2026-05-04"`, without("in", "nin")},
		{"id", uid + `0"`, uid + `1"`, uid + `2"`, without("lt", "lte", "gt", "gte", "between")},
		{"within", `"a low@example.com"`, `"b mid@example.com"`, `"c top@example.com"`, ordered},
		{"lookup", `"low@example.com"`, `"MID@example.com"`, `"top@example.com"`, without("lt", "lte", "gt", "gte", "between", "empty", "full")},
		{"bool", "true", "false", "true", map[string]string{"eq": "low", "ne": "mid none top", "empty": "none", "full": "low mid top"}},
	} {
		for op, want := range c.want {
			name, value := op, c.mid
			switch op {
			case "in", "nin":
				value = "[" + c.low + "," + c.top + "]"
			case "between":
				value = "[" + c.low + "," + c.mid + "]"
			case "empty":
				value = "true"
			case "full":
				name, value = "empty", "false"
			}
			w.expect(t, fmt.Sprintf(`{"field":%q,"op":%q,"value":%s}`, c.field, name, value), want)
		}
	}
}

func (w world) expect(t *testing.T, filter, want string) {
	t.Helper()
	b, err := w.page(list.Query{Limit: 100, Filter: filter})
	if got := strings.Join(b.names(), " "); err != nil || got != want {
		t.Errorf("%s gives %q, %v; want %q", filter, got, err, want)
	}
}

func TestTextIsNeverAPattern(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.four(t)
	for value, want := range map[string]string{"_%title": "low mid top", "L_": "mid", "l%": "", "%": "low mid top", `\`: "", "": "low mid top"} {
		w.expect(t, fmt.Sprintf(`{"field":"text","op":"contains","value":%q}`, value), want)
	}
	for value, want := range map[string]string{"l_": "mid", "l": "mid", "L": "", "_": "", "%": "", "": "low mid top"} {
		w.expect(t, fmt.Sprintf(`{"field":"text","op":"starts","value":%q}`, value), want)
	}
	w.expect(t, `{"field":"folded","op":"eq","value":"MID"}`, "mid")
	w.expect(t, `{"field":"text","op":"eq","value":"' OR true --"}`, "")
	w.expect(t, `{"field":"text","op":"eq","value":"$1 ? $2"}`, "")
}

func TestConditionsJoin(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.four(t)
	is := func(n int) string { return fmt.Sprintf(`{"field":"int","op":"eq","value":%d}`, n) }
	w.expect(t, `{"or":[`+is(10)+`,`+is(30)+`]}`, "low top")
	w.expect(t, `{"and":[`+is(10)+`,`+is(30)+`]}`, "")
	w.expect(t, `{"and":[{"field":"int","op":"gt","value":10},{"or":[`+is(10)+`,{"and":[`+is(20)+`]}]}]}`, "mid")
	w.expect(t, `{"and":[]}`, "low mid none top")
}
