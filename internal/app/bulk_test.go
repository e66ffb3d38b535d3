package app_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// run is a bulk change as its caller sees it.
type run struct {
	ID, State, Error                string
	Total, Done, Changed, Unchanged int
	Refused                         []struct {
		Code  string
		Count int
	}
}

type bulkAnswer struct {
	Changed, Unchanged []string
	Refused            []struct{ ID, Code string }
	Batch              *string `json:"batch_id"`
	Run                *run
}

func (n *tenant) bulk(t *testing.T, noun string, body map[string]any) bulkAnswer {
	t.Helper()
	var out bulkAnswer
	n.call(t, "POST", "{w}/"+noun+"/bulk", body).want(t, 200).decode(t, &out)
	return out
}

// ended waits for the end of a run.
func (n *tenant) ended(t *testing.T, r *run) run {
	t.Helper()
	if r == nil {
		t.Fatal("there is no run")
	}
	var now run
	eventually(t, "the run is over", func() bool {
		now = run{}
		n.call(t, "GET", "{w}/bulk-runs/"+r.ID, nil).want(t, 200).decode(t, &now)
		return now.State != "running"
	})
	return now
}

// crowd stores contacts with the status prospect.
func (n *tenant) crowd(t *testing.T, many int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), n.w.app.Config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `INSERT INTO contacts (workspace_id, id, name, source) SELECT $1, gen_random_uuid(), 'P ' || n, 'test' FROM generate_series(1, $2::int) n`, n.workspace, many); err != nil {
		t.Fatal(err)
	}
}

func (n *tenant) withStatus(t *testing.T, status string) int {
	t.Helper()
	total, cursor := 0, ""
	for {
		var page struct {
			Data []contact
			Next *string `json:"next_cursor"`
		}
		n.call(t, "GET", "{w}/contacts?limit=200&cursor="+cursor+`&filter={"field":"status","op":"eq","value":"`+status+`"}`, nil).want(t, 200).decode(t, &page)
		total += len(page.Data)
		if page.Next == nil {
			return total
		}
		cursor = *page.Next
	}
}

// Who chooses all that match changes all that match, the pages that were never
// read included, and takes all of it back.
func TestAllThatMatchAreChangedAndComeBack(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.crowd(t, 620)
	n.addContact(t, map[string]any{"name": "Lea", "status": "lead"})
	filter := map[string]any{"field": "status", "op": "eq", "value": "prospect"}
	if dry := n.bulk(t, "contacts", map[string]any{"query": map[string]any{"filter": filter}, "set": map[string]any{}, "dry_run": true}).Run; dry == nil || dry.Total != 620 || n.withStatus(t, "prospect") != 620 {
		t.Errorf("a dry run says %+v, want 620 counted and none changed", dry)
	}
	answer := n.bulk(t, "contacts", map[string]any{"query": map[string]any{"filter": filter}, "set": map[string]any{"status": "customer", "add_tags": []string{"Spring"}}})
	r := n.ended(t, answer.Run)
	if r.State != "done" || r.Total != 620 || r.Done != 620 || r.Changed != 620 || r.Unchanged != 0 || len(r.Refused) != 0 {
		t.Errorf("the run ended as %+v, want 620 changed", r)
	}
	if got := n.withStatus(t, "customer"); got != 620 {
		t.Errorf("%d customers, want 620 and not the lead", got)
	}
	undone, calls := 0, 0
	for before := any(nil); ; calls++ {
		body := map[string]any{"batch_id": r.ID}
		if before != nil {
			body["before"] = before
		}
		var out struct {
			Undone []any
			Before *string
		}
		n.call(t, "POST", "{w}/changes/undo", body).want(t, 200).decode(t, &out)
		undone += len(out.Undone)
		if out.Before == nil {
			break
		}
		before = *out.Before
	}
	if undone != 620 || calls != 1 || n.withStatus(t, "prospect") != 620 {
		t.Errorf("%d taken back in %d more calls, %d prospects; want all 620 in one more", undone, calls, n.withStatus(t, "prospect"))
	}
	if res := n.call(t, "POST", "{w}/changes/undo", map[string]any{"batch_id": r.ID}); res.status != 200 && res.code() != "not_undoable" {
		t.Errorf("undoing again: %d %s", res.status, res.body)
	}
}

func TestABulkChangeCountsWhatItLeaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n, other := w.newTenant(t, "ann"), w.newTenant(t, "ben")
	a := n.addContact(t, map[string]any{"name": "A"})
	b := n.addContact(t, map[string]any{"name": "B", "status": "lead"})
	gone := n.addContact(t, map[string]any{"name": "Gone"})
	foreign := other.addContact(t, map[string]any{"name": "Foreign"})
	n.call(t, "DELETE", "{w}/contacts/"+gone.ID, nil).want(t, 204)
	answer := n.bulk(t, "contacts", map[string]any{"ids": []string{a.ID, a.ID, b.ID, gone.ID, foreign.ID, "nonsense"}, "set": map[string]any{"status": "lead"}})
	if fmt.Sprint(answer.Changed, answer.Unchanged) != fmt.Sprintf("[%s] [%s]", a.ID, b.ID) || len(answer.Refused) != 3 || answer.Refused[1].Code != "not_found" || answer.Batch == nil {
		t.Errorf("changed %v, unchanged %v, refused %v", answer.Changed, answer.Unchanged, answer.Refused)
	}
	var now contact
	other.call(t, "GET", "{w}/contacts/"+foreign.ID, nil).want(t, 200).decode(t, &now)
	if now.Version != 1 {
		t.Errorf("another tenant's contact has version %d", now.Version)
	}
	answer = n.bulk(t, "contacts", map[string]any{"ids": []string{a.ID, b.ID}, "set": map[string]any{"deleted": true}})
	if len(answer.Changed) != 2 || n.names(t, "") != "" {
		t.Errorf("deleted %v, still there: %s", answer.Changed, n.names(t, ""))
	}
	n.call(t, "POST", "{w}/changes/undo", map[string]any{"batch_id": *answer.Batch}).want(t, 200)
	if got := n.names(t, "sort=name"); got != "A, B" {
		t.Errorf("after undo there are %q, want A, B", got)
	}
}

func TestABulkChangeThatCannotBeIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	a := n.addContact(t, map[string]any{"name": "A"})
	reader := n.key(t, "contact:write", "contact:read", "change:read")
	for _, c := range []struct {
		body    map[string]any
		pointer string
	}{
		{map[string]any{"ids": []string{a.ID}, "set": map[string]any{}}, "/set"},
		{map[string]any{"set": map[string]any{"status": "lead"}}, "/ids"},
		{map[string]any{"ids": []string{a.ID}, "query": map[string]any{}, "set": map[string]any{"status": "lead"}}, "/ids"},
		{map[string]any{"ids": []string{a.ID}, "set": map[string]any{"status": "friend"}}, "/set/status"},
		{map[string]any{"ids": []string{a.ID}, "set": map[string]any{"add_tags": []string{" "}}}, "/tags"},
		{map[string]any{"ids": []string{a.ID}, "set": map[string]any{"owner_id": a.ID}}, "/owner_id"},
		{map[string]any{"query": map[string]any{}, "set": map[string]any{"owner_id": a.ID}}, "/owner_id"},
		{map[string]any{"query": map[string]any{"filter": map[string]any{"field": "nope", "op": "eq", "value": 1}}, "set": map[string]any{"status": "lead"}}, "/query/filter/field"},
		{map[string]any{"query": map[string]any{"folder": "open"}, "set": map[string]any{"status": "lead"}}, "/query/folder"},
	} {
		res := n.call(t, "POST", "{w}/contacts/bulk", c.body)
		if res.status != 422 || !strings.Contains(string(res.body), `"pointer":"`+c.pointer+`"`) {
			t.Errorf("%v: %d %s, want 422 at %s", c.body, res.status, res.body, c.pointer)
		}
	}
	res := n.w.do(t, request{method: "POST", path: "/v1/workspaces/" + n.slug + "/contacts/bulk", body: map[string]any{"ids": []string{a.ID}, "set": map[string]any{"deleted": true}},
		headers: map[string]string{"Authorization": "Bearer " + reader}})
	if res.status != 403 {
		t.Errorf("deleting without the scope: %d %s, want 403", res.status, res.body)
	}
}

func TestTasksAndCompaniesAreChangedByQuery(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.make(t, "company", "/companies", map[string]any{"name": "Fjord", "domain": "fjord.example"})
	n.make(t, "task", "/tasks", map[string]any{"title": "Send the offer", "due_at": "2040-01-31T15:00:00Z"})
	n.make(t, "custom_field", "/custom-fields", map[string]any{"entity": "company", "key": "region", "label": "Region", "type": "text"})
	if r := n.ended(t, n.bulk(t, "tasks", map[string]any{"query": map[string]any{}, "set": map[string]any{"status": "done", "assignee_id": n.user}}).Run); r.Changed != 1 {
		t.Errorf("tasks: %+v, want one changed", r)
	}
	empty := map[string]any{"field": "field.region", "op": "eq", "value": "north"}
	if r := n.ended(t, n.bulk(t, "companies", map[string]any{"query": map[string]any{"filter": empty}, "set": map[string]any{"size": "1-10"}}).Run); r.State != "done" || r.Total != 0 {
		t.Errorf("companies by a custom field that none has: %+v, want nothing to do", r)
	}
	if r := n.ended(t, n.bulk(t, "companies", map[string]any{"query": map[string]any{"q": "fjord"}, "set": map[string]any{"owner_id": n.user}}).Run); r.Changed != 1 {
		t.Errorf("companies by words: %+v, want one changed", r)
	}
}

func TestColumnsOfAListAreKeptPerPerson(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.make(t, "custom_field", "/custom-fields", map[string]any{"entity": "contact", "key": "region", "label": "Region", "type": "text"})
	n.addContact(t, map[string]any{"name": "Ana", "fields": map[string]any{"region": "north"}})
	for _, columns := range [][]string{{"name"}, {"name", "field.region", "company_name"}} {
		n.call(t, "PUT", "{w}/views/base", map[string]any{"entity": "contact", "columns": columns, "widths": map[string]any{"field.region": 240}}).want(t, 200)
	}
	var views struct {
		Data []struct {
			Base  bool
			Query struct {
				Columns []string
				Widths  map[string]int
			}
		}
	}
	n.call(t, "GET", "{w}/views?entity=contact", nil).want(t, 200).decode(t, &views)
	if len(views.Data) != 1 || !views.Data[0].Base || len(views.Data[0].Query.Columns) != 3 || views.Data[0].Query.Widths["field.region"] != 240 {
		t.Errorf("kept %+v, want one base view, as it was put last", views.Data)
	}
	if res := n.call(t, "PUT", "{w}/views/base", map[string]any{"entity": "contact", "columns": []string{"nope"}, "widths": map[string]any{"name": 9}}); res.status != 422 {
		t.Errorf("columns that are not there: %d %s, want 422", res.status, res.body)
	}
	var page struct{ Data []contact }
	n.call(t, "GET", "{w}/contacts?include=fields", nil).want(t, 200).decode(t, &page)
	if fmt.Sprint(page.Data[0].Fields) != "map[region:north]" {
		t.Errorf("the list shows the fields %v, want the region", page.Data[0].Fields)
	}
}
