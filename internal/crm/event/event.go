// Package event keeps what happened: written in the transaction that did it,
// read by the timeline, undo, webhooks, live updates and agents' triggers.
package event

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/telemetry"
)

// Kind is what happened to a record.
type Kind string

// The kinds of event.
const (
	Created  Kind = "created"
	Updated  Kind = "updated"
	Deleted  Kind = "deleted"
	Restored Kind = "restored"
)

// Changes are the fields that changed, each with its value before and after.
type Changes map[string][2]any

// Set adds a field, unless its value stayed the same.
func (c Changes) Set(field string, before, after any) {
	if !reflect.DeepEqual(plain(before), plain(after)) {
		c[field] = [2]any{plain(before), plain(after)}
	}
}

// plain follows pointers and writes times as the API does, so that values
// compare as they will be stored.
func plain(v any) any {
	r := reflect.ValueOf(v)
	if !r.IsValid() {
		return nil
	}
	if r.Kind() == reflect.Pointer {
		if r.IsNil() {
			return nil
		}
		return plain(r.Elem().Interface())
	}
	if t, ok := v.(time.Time); ok {
		return t.UTC().Format(time.RFC3339Nano)
	}
	return v
}

// Happened is one thing that happened to one record.
type Happened struct {
	Entity   string
	EntityID string
	Kind     Kind
	Changes  Changes
	Undoes   string // the event that this one reverses
	Reason   string
}

// Record queues events for the log and the feed. They are written with the
// transaction, or not at all. The actor and the operation come from ctx; an
// update that changes nothing is not recorded.
func Record(ctx context.Context, tx *pg.Tx, events ...Happened) error {
	who, _ := actor.From(ctx)
	actorJSON, err := json.Marshal(who)
	if err != nil {
		return fmt.Errorf("encode the actor: %w", err)
	}
	var r rows
	for _, e := range events {
		if e.Kind == Updated && len(e.Changes) == 0 {
			continue
		}
		if err := r.add(e); err != nil {
			return err
		}
	}
	if len(r.ids) == 0 {
		return nil
	}
	batch := who.BatchID
	if batch == "" {
		batch = tx.ID()
	}
	tx.Announce(r.news...)
	tx.Queue(insert, tx.Workspace(), r.ids, r.entities, r.entityIDs, r.kinds, r.changes, r.undoes, r.reasons, r.fields,
		actorJSON, telemetry.Operation(ctx), batch, optional(who.RunID))
	return nil
}

const insert = `
	WITH new AS (
		SELECT * FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::jsonb[], $7::uuid[], $8::text[], $9::jsonb[])
			AS t (id, entity, entity_id, kind, changes, undoes, reason, fields)
	), logged AS (
		INSERT INTO events (workspace_id, id, actor, operation, entity, entity_id, kind, changes, batch_id, run_id, undoes, reason)
		SELECT $1, id, $10::jsonb, $11, entity, entity_id, kind, changes, $12::uuid, $13::uuid, undoes, reason FROM new
	)
	INSERT INTO feed (workspace, event_id, entity, entity_id, kind, fields)
	SELECT $1, id, entity, entity_id, kind, ARRAY(SELECT jsonb_array_elements_text(fields)) FROM new`

type rows struct {
	ids, entities, entityIDs, kinds, reasons []string
	changes, fields                          []string
	undoes                                   []*string
	news                                     []pg.Change
}

func (r *rows) add(e Happened) error {
	changes, err := json.Marshal(e.Changes)
	if err != nil {
		return fmt.Errorf("encode the changes of %s: %w", e.Entity, err)
	}
	if e.Changes == nil {
		changes = []byte("{}")
	}
	names := make([]string, 0, len(e.Changes))
	for name := range e.Changes {
		names = append(names, name)
	}
	slices.Sort(names)
	fields, err := json.Marshal(names)
	if err != nil {
		return fmt.Errorf("encode the fields of %s: %w", e.Entity, err)
	}
	r.ids = append(r.ids, id.New())
	r.entities = append(r.entities, e.Entity)
	r.entityIDs = append(r.entityIDs, e.EntityID)
	r.kinds = append(r.kinds, string(e.Kind))
	r.changes = append(r.changes, string(changes))
	r.undoes = append(r.undoes, optional(e.Undoes))
	r.reasons = append(r.reasons, e.Reason)
	r.fields = append(r.fields, string(fields))
	r.news = append(r.news, pg.Change{Line: r.ids[len(r.ids)-1], Entity: e.Entity, ID: e.EntityID, Kind: string(e.Kind), Fields: names})
	return nil
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Member is a queued question whether somebody is an active member.
type Member struct {
	pointer string
	asked   bool
	known   []bool
}

// MemberLater queues the question whether an owner or assignee is a member,
// for the next Flush; nobody is always right.
func MemberLater(tx *pg.Tx, pointer string, userID *string) *Member {
	m := &Member{pointer: pointer}
	if userID == nil {
		return m
	}
	m.asked = true
	if id.Valid(*userID) {
		pg.LaterColumn(tx, &m.known, `SELECT identity.is_member($1::uuid)`, *userID)
	}
	return m
}

// Check adds what is wrong to f.
func (m *Member) Check(f *problem.Fields) {
	ok := !m.asked || len(m.known) == 1 && m.known[0]
	f.Check(ok, m.pointer, "not_allowed", "There is no such member in this organization.")
}
