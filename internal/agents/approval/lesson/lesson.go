// Package lesson keeps what people teach by rejecting what an agent proposed.
package lesson

import (
	"context"

	"rapport/internal/agents/approval"
	"rapport/internal/agents/memory"
	"rapport/internal/platform/pg"
)

// longest is how much of a lesson is kept, in code points.
const longest = 900

// Keep returns what an approval calls when it is rejected: the reason is
// remembered of the record that the action was about. Of other records it is
// remembered for all, without the title, which may name a person.
func Keep(memories *memory.Service) func(context.Context, *pg.Tx, approval.Lesson) error {
	return func(ctx context.Context, tx *pg.Tx, l approval.Lesson) error {
		m := memory.Memory{Kind: memory.Lesson, Importance: 0.8, Confidence: 1, Source: memory.ByApproval}
		if l.RunID != "" {
			m.RunID = &l.RunID
		}
		what := l.Operation
		if memory.About(l.Entity) && l.ID != "" {
			m.Entity, m.EntityID, what = &l.Entity, &l.ID, l.Title
		}
		m.Body = cut(what + ": rejected, because " + l.Reason)
		return memories.Add(ctx, tx, &m)
	}
}

func cut(s string) string {
	if r := []rune(s); len(r) > longest {
		return string(r[:longest-1]) + "…"
	}
	return s
}
