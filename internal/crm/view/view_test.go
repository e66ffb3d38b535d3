package view

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/problem"
)

var people = Listing{Fields: true, Columns: []string{"company_name"}, Spec: list.Spec{
	Columns: "c.id", From: "FROM contacts c WHERE c.workspace_id = $1", ID: "c.id", Default: "name",
	Fields: map[string]list.Field{"score": {SQL: "c.score", Type: list.Int}, "status": {SQL: "c.status", Type: list.Text, Values: []string{"lead", "customer"}}},
	Sorts:  map[string]list.Sort{"name": {SQL: "c.name_key", Type: list.Text}, "score": {SQL: "c.score_key", Type: list.Int}},
}}

// desk is a workspace with two members and an admin.
type desk struct {
	*testing.T
	*Service
	workspace      string
	ann, ben, boss context.Context
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t), APIConns: 2, WorkConns: 2, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	d := &desk{T: t, Service: New(db, time.Now, map[string]Listing{"contact": people, "thread": {Spec: people.Spec, Folders: []string{"open"}}}), workspace: pgtest.Workspace(t, db.Session())}
	as := func(role actor.Role) context.Context {
		return actor.With(t.Context(), actor.Actor{Kind: actor.User, ID: id.New(), UserID: id.New(), Role: role, WorkspaceID: d.workspace})
	}
	d.ann, d.ben, d.boss = as(actor.Member), as(actor.Member), as(actor.Admin)
	return d
}

func (d *desk) keep(who context.Context, name string, shared bool, q Query) View {
	d.Helper()
	out, err := d.create(who, &createInput{Body: Details{Entity: "contact", Name: name, Shared: shared, Query: q}})
	if err != nil {
		d.Fatal(err)
	}
	return out.Body
}

func (d *desk) names(who context.Context) string {
	d.Helper()
	out, err := d.list(who, &listInput{Entity: "contact"})
	if err != nil {
		d.Fatal(err)
	}
	var names []string
	for _, v := range out.Body.Data {
		names = append(names, v.Name)
	}
	return strings.Join(names, ", ")
}

func (d *desk) patch(who context.Context, v View, p Patch) (View, error) {
	in := &patchInput{Body: p}
	in.ID, in.IfMatch = v.ID, fmt.Sprintf("%q", fmt.Sprint(v.Version))
	out, err := d.update(who, in)
	if err != nil {
		return View{}, err
	}
	return out.Body, nil
}

func code(err error) string {
	if p, ok := errors.AsType[*problem.Error](err); ok {
		return p.Code
	}
	return fmt.Sprint(err)
}

func byID(v View) *op.ByID { return &op.ByID{ID: v.ID} }

func TestAPrivateViewIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine := d.keep(d.ann, "Mine", false, Query{Sort: "-score"})
	d.keep(d.ann, "Ours", true, Query{})
	if got := d.names(d.ann); got != "Mine, Ours" {
		t.Errorf("its owner sees %q, want both", got)
	}
	for _, who := range []context.Context{d.ben, d.boss} {
		if got := d.names(who); got != "Ours" {
			t.Errorf("others see %q, want what is shared", got)
		}
		if _, err := d.patch(who, mine, Patch{Name: new("Theirs")}); code(err) != "not_found" {
			t.Errorf("others changing it: %v, want not_found", err)
		}
		if _, err := d.remove(who, byID(mine)); code(err) != "not_found" {
			t.Errorf("others deleting it: %v, want not_found", err)
		}
	}
	var logged int
	err := d.db.Read(d.ann, func(tx *pg.Tx) (err error) {
		logged, err = pg.Value[int](tx, `SELECT count(*)::int FROM events WHERE workspace_id = $1 AND entity_id = $2`, tx.Workspace(), mine.ID)
		return err
	})
	if err != nil || logged != 0 {
		t.Errorf("%d events (%v) tell others of a private view, want none", logged, err)
	}
}

func TestASharedViewIsChangedByItsMakerAndAdmins(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.keep(d.ann, "Ours", true, Query{})
	if _, err := d.patch(d.ben, v, Patch{Name: new("Ben's")}); code(err) != "forbidden" {
		t.Errorf("a member changing it: %v, want forbidden", err)
	}
	if _, err := d.patch(d.boss, v, Patch{Shared: new(false)}); code(err) != "not_mine" {
		t.Errorf("an admin making it private: %v, want not_mine", err)
	}
	v, err := d.patch(d.boss, v, Patch{Name: new("Everybody's")})
	if err != nil || v.Name != "Everybody's" || v.Version != 2 {
		t.Errorf("an admin renaming it: %+v, %v", v, err)
	}
	if _, err := d.patch(d.ann, View{ID: v.ID, Version: 1}, Patch{Name: new("Old")}); code(err) != "stale" {
		t.Errorf("on an old version: %v, want stale", err)
	}
}

func TestAViewHoldsOnlyWhatItsListTakes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	leaf := func(field, op string, value any) map[string]any {
		return map[string]any{"and": []any{map[string]any{"field": field, "op": op, "value": value}}}
	}
	for _, c := range []struct {
		q                Query
		pointer, allowed string
	}{
		{Query{Filter: leaf("nope", "eq", 1)}, "/query/filter/and/0/field", "score status"},
		{Query{Filter: leaf("status", "eq", "friend")}, "/query/filter/and/0/value", "lead customer"},
		{Query{Filter: leaf("score", "contains", "x")}, "/query/filter/and/0/op", "eq ne in nin lt lte gt gte between empty"},
		{Query{Filter: map[string]any{"sql": "1=1"}}, "/query/filter", ""},
		{Query{Sort: "-nope"}, "/query/sort", "name score"},
		{Query{Columns: []string{"score", "nope"}}, "/query/columns", "score status company_name"},
		{Query{Folder: "open"}, "/query/folder", ""},
	} {
		_, err := d.create(d.ann, &createInput{Body: Details{Entity: "contact", Name: "X", Query: c.q}})
		p, ok := errors.AsType[*problem.Error](err)
		if !ok || p.Kind != problem.Invalid || len(p.Fields) != 1 || p.Fields[0].Pointer != c.pointer || strings.Join(p.Fields[0].Allowed, " ") != c.allowed {
			t.Errorf("%+v: %+v, want a fault at %s with %q", c.q, p, c.pointer, c.allowed)
		}
	}
	if _, err := d.create(d.ann, &createInput{Body: Details{Entity: "task", Name: "X"}}); code(err) != "validation_failed" {
		t.Errorf("of records without a list: %v, want validation_failed", err)
	}
	v := d.keep(d.ann, "Hot", false, Query{Filter: leaf("score", "gte", 70), Sort: "-score", Q: "ana", Columns: []string{"company_name"}})
	if v.Query.Sort != "-score" || v.Query.Filter["and"] == nil {
		t.Errorf("kept %+v", v.Query)
	}
}

func TestADeletedViewComesBackAsItWas(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, b := d.keep(d.ann, "A", false, Query{Sort: "name"}), d.keep(d.ann, "B", false, Query{})
	if _, err := d.patch(d.ann, b, Patch{Position: new(a.Position - 1)}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.remove(d.ann, byID(a)); err != nil {
		t.Fatal(err)
	}
	if got := d.names(d.ann); got != "B" {
		t.Errorf("after deleting A there are %q", got)
	}
	back, err := d.restore(d.ann, byID(a))
	if err != nil || back.Body.Query.Sort != "name" || d.names(d.ann) != "B, A" {
		t.Errorf("restored %+v (%v), in order %q; want it as it was, behind B", back.Body, err, d.names(d.ann))
	}
}

func TestUndoTakesAChangeOfASharedViewBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.keep(d.ann, "Ours", true, Query{Sort: "name"})
	if _, err := d.patch(d.ann, v, Patch{Query: &Query{Sort: "-score"}}); err != nil {
		t.Fatal(err)
	}
	err := d.db.Write(d.boss, func(tx *pg.Tx) error {
		fields, _, err := d.Current(tx, v.ID)
		if err == nil && fmt.Sprint(fields["query"]) != "map[sort:-score]" {
			t.Errorf("the current fields are %v", fields)
		}
		if err != nil {
			return err
		}
		return d.Revert(d.boss, tx, v.ID, map[string]any{"query": map[string]any{"sort": "name"}}, id.New())
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := d.list(d.ben, &listInput{})
	if err != nil || out.Body.Data[0].Query.Sort != "name" {
		t.Errorf("after undo: %+v, %v; want the order by name", out.Body.Data, err)
	}
}
