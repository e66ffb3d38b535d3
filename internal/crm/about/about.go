// Package about says what a note or a task is about: a contact, a company or a
// conversation.
package about

import (
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Kinds are the entities that something can be about.
var kinds = map[string]string{
	"contact": `SELECT name FROM contacts WHERE workspace_id = $1 AND id = $2 AND deleted_at IS NULL`,
	"company": `SELECT name FROM companies WHERE workspace_id = $1 AND id = $2 AND deleted_at IS NULL`,
	"thread":  `SELECT subject FROM threads WHERE workspace_id = $1 AND id = $2`,
}

// Name and Joins show the name of what a row of alias x is about, in a query
// that binds the workspace as $1.
const (
	Name  = `coalesce(xc.name, xo.name, xt.subject)`
	Joins = `
	LEFT JOIN contacts xc ON xc.workspace_id = x.workspace_id AND x.entity = 'contact' AND xc.id = x.entity_id
	LEFT JOIN companies xo ON xo.workspace_id = x.workspace_id AND x.entity = 'company' AND xo.id = x.entity_id
	LEFT JOIN threads xt ON xt.workspace_id = x.workspace_id AND x.entity = 'thread' AND xt.id = x.entity_id`
)

// Subject is a queued question whether a record is there.
type Subject struct {
	asked bool
	names []string
}

// Later queues the question for the next Flush; nothing is always right.
func Later(tx *pg.Tx, entity, entityID *string) *Subject {
	s := &Subject{asked: entity != nil || entityID != nil}
	if entity != nil && entityID != nil && id.Valid(*entityID) && kinds[*entity] != "" {
		pg.LaterColumn(tx, &s.names, kinds[*entity], tx.Workspace(), *entityID)
	}
	return s
}

// Check adds what is wrong to f.
func (s *Subject) Check(f *problem.Fields) {
	f.Check(!s.asked || len(s.names) == 1, "/entity_id", "not_allowed", "There is no such contact, company or thread in this workspace.", "contact", "company", "thread")
}

// Name is that of the record, nil for nothing.
func (s *Subject) Name() *string {
	if len(s.names) == 0 {
		return nil
	}
	return &s.names[0]
}
