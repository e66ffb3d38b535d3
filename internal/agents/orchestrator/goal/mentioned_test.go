package goal

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"testing"
	"time"

	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/crm/company"
	"rapport/internal/crm/contact"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
)

// desk is contacts and companies with the search index that they keep.
type desk struct {
	*testing.T
	db  *pg.DB
	api *httpapi.API
	ctx context.Context
}

func open(t *testing.T) *desk {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	ops := append(contact.New(db, time.Now).Ops(), company.New(db, time.Now).Ops()...)
	return &desk{T: t, db: db, api: httpapi.New(ops, op.Door{}, slog.New(slog.DiscardHandler)),
		ctx: actor.With(t.Context(), actor.Actor{Kind: actor.User, UserID: id.New(), Name: "Test", Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())})}
}

// make creates a record and returns its id.
func (d *desk) make(operation string, body map[string]any) string {
	d.Helper()
	args, _ := json.Marshal(body)
	out, err := d.api.Call(d.ctx, operation, args)
	var made struct{ ID string }
	if err == nil {
		err = json.Unmarshal(out, &made)
	}
	if err != nil {
		d.Fatal(err)
	}
	return made.ID
}

// mentioned are the names of whom a goal may speak of.
func (d *desk) mentioned(words string, arguments map[string]any) (names []string) {
	d.Helper()
	err := d.db.Read(d.ctx, func(tx *pg.Tx) error {
		found, err := Mentioned(tx, words, arguments)
		for _, p := range found {
			names = append(names, p.Name)
		}
		return err
	})
	if err != nil {
		d.Fatal(err)
	}
	return names
}

func TestAGoalSpeaksOfThoseWhomItNames(t *testing.T) {
	t.Parallel()
	d := open(t)
	fjord := d.make("company.create", map[string]any{"name": "Fjord Foods"})
	d.make("contact.create", map[string]any{"name": "Ada Berg", "email": "ada@fjord.example", "company_id": fjord})
	ben := d.make("contact.create", map[string]any{"name": "Ben Ode", "email": "ben@lumen.example"})
	d.make("contact.create", map[string]any{"name": "Bo Müller", "email": "bo@lumen.example"})
	d.make("contact.create", map[string]any{"name": "Please Co-ordinator", "email": "p@other.example"})
	gone := d.make("contact.create", map[string]any{"name": "Ada Gone", "email": "gone@fjord.example"})
	if _, err := d.api.Call(d.ctx, "contact.delete", json.RawMessage(`{"id":"`+gone+`"}`)); err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string][]string{
		"write a letter to Ada about prices":      {"Ada Berg"},
		"write a letter to ada berg about prices": {"Ada Berg"},
		"Write to Ada Berg and to Ben":            {"Ada Berg", "Ben Ode"},
		"answer the people of Fjord Foods":        {"Ada Berg"},
		"Antworte bitte Bo Müller":                {"Bo Müller"},
		"send something to bo":                    {"Bo Müller"},
		"Follow up with Ben's request":            {"Ben Ode"},
		"Write to ada@fjord.example":              {"Ada Berg"},
		"make a plan for the week":                nil,
		"Please make a plan for the week":         nil,
		`Ada" OR 1=1 -- (x:y) * | & ! <-> Ben`:    {"Ada Berg", "Ben Ode"},
		"is:open owner:me -Ada":                   {"Ada Berg"},
	} {
		if got := d.mentioned(words, nil); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
	if got, want := d.mentioned("write to Ada Berg", map[string]any{"contact_id": ben}), []string{"Ben Ode", "Ada Berg"}; !slices.Equal(got, want) {
		t.Errorf("with Ben given: %q, want %q", got, want)
	}
}
