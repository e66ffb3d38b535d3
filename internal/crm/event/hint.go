package event

import (
	"slices"

	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
)

const (
	// All stands for every record of an entity where a change names one.
	All = "00000000-0000-0000-0000-000000000000"
	// Hinted is the kind of a change that is no event.
	Hinted Kind = "changed"
	// hintedEach bounds the rows that one hint costs; beyond it they are all.
	hintedEach = 20
)

// Hint queues a line in the feed, but none in the log: records changed in a
// way that nobody looks back at, and whoever shows them shall ask again.
// Without ids, with an empty one or with many, all records of the entity may have changed.
func Hint(tx *pg.Tx, entity string, ids ...string) { HintFields(tx, entity, nil, ids...) }

// HintFields is Hint for changes to these fields alone.
func HintFields(tx *pg.Tx, entity string, fields []string, ids ...string) {
	if len(ids) == 0 || len(ids) > hintedEach || slices.Contains(ids, "") {
		ids = []string{All}
	}
	lines := make([]string, len(ids))
	for i := range ids {
		lines[i] = id.New()
		tx.Announce(pg.Change{Line: lines[i], Entity: entity, ID: ids[i], Kind: string(Hinted), Fields: fields})
	}
	tx.Queue(`
		INSERT INTO feed (workspace, event_id, entity, entity_id, kind, fields)
		SELECT $1, t.line, $2, t.id, $3, coalesce($6::text[], '{}') FROM unnest($4::uuid[], $5::uuid[]) AS t (id, line)`, tx.Workspace(), entity, Hinted, ids, lines, fields)
}
