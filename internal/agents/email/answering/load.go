package answering

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"rapport/internal/agents/email/reply"
	"rapport/internal/agents/memory"
	"rapport/internal/crm/identity"
	"rapport/internal/crm/outbox"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// thread is all that an answer is made of.
type thread struct {
	ID                    string
	Version               int64
	FromName, FromAddress string
	DraftID               string
	DraftVersion          int64
	Base                  outbox.Reply
	Input                 reply.Input
}

// counterpart is how people know who wrote.
func (t thread) counterpart() string {
	if t.FromName != "" {
		return t.FromName
	}
	return t.FromAddress
}

// letter is a message of a thread, the latest first.
type letter struct {
	ID, Direction, Category, Subject, FromName, FromAddress, Body string
	ContactName                                                   string
	SentAt                                                        time.Time
	Version                                                       int64 // of the thread
}

// How many messages of a thread are looked at, and how much of each.
const (
	depth    = 12
	longest  = 20_000 // code points
	earlier  = 4_000
	ourDepth = 5 // messages of either side before the latest
)

func lettersLater(tx *pg.Tx, into *[]letter, threadID string) {
	pg.Later(tx, into, `
		SELECT m.id::text, m.direction, m.category, m.subject, m.from_name, m.from_address, left(m.body, $3) AS body,
			coalesce(c.name, '') AS contact_name, m.sent_at, t.version
		FROM messages m
		JOIN threads t ON t.workspace_id = m.workspace_id AND t.id = m.thread_id
		LEFT JOIN contacts c ON c.workspace_id = m.workspace_id AND c.id = m.contact_id AND c.deleted_at IS NULL
		WHERE m.workspace_id = $1 AND m.thread_id = $2::uuid
		ORDER BY m.sent_at DESC, m.id DESC
		LIMIT $4`, tx.Workspace(), threadID, longest, depth)
}

// answerable reports why there is nothing to answer.
func answerable(letters []letter) error {
	switch {
	case len(letters) == 0:
		return problem.Missing("thread")
	case letters[0].Direction != "inbound":
		return problem.New(problem.Conflict, "already_answered", "The last message of this thread is yours. There is nothing to answer.")
	case letters[0].Category != "personal":
		return problem.New(problem.Conflict, "not_personal", "The last message was written by a machine or to many people. Nobody waits for an answer.")
	case strings.TrimSpace(letters[0].Body) == "":
		return problem.New(problem.Conflict, "nothing_written", "The last message has no text to answer.")
	}
	return nil
}

type started struct {
	Body    string
	Version int64
}

// load reads the thread as it is now.
func (s *Service) load(ctx context.Context, task Task) (t thread, err error) {
	who, _ := actor.From(ctx)
	var letters []letter
	var drafts []started
	var settings identity.Workspace
	var known []memory.Memory
	err = s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		lettersLater(tx, &letters, task.ThreadID)
		if task.DraftID != "" {
			pg.Later(tx, &drafts, `SELECT body, version FROM drafts WHERE workspace_id = $1 AND id = $2::uuid AND author_id = nullif($3, '')::uuid`,
				tx.Workspace(), task.DraftID, who.UserID)
		}
		memory.RecallLater(tx, &known, memory.Subject{ThreadID: task.ThreadID})
		settings, err = identity.Settings(tx)
		return err
	})
	if err != nil {
		return t, fmt.Errorf("read the thread: %w", err)
	}
	if err := answerable(letters); err != nil {
		return t, err
	}
	if task.DraftID != "" && len(drafts) == 0 {
		return t, problem.Missing("draft")
	}
	if t.Base, err = s.outbox.Prepare(ctx, letters[0].ID, "reply"); err != nil {
		return t, err
	}
	last := letters[0]
	t.ID, t.Version, t.FromName, t.FromAddress = task.ThreadID, last.Version, last.FromName, last.FromAddress
	t.Input = asked(letters, task)
	t.Input.TimeZone = settings.TimeZone
	t.Input.Remember(memory.Notes(known), task.Tone == "")
	if len(drafts) > 0 {
		t.DraftID, t.DraftVersion = task.DraftID, drafts[0].Version
		t.Input.Draft = strings.TrimSpace(strings.TrimSuffix(drafts[0].Body, t.Base.Text))
	}
	if t.Base.Signature == "" {
		t.Input.Author = who.Name
		if who.OnBehalfOf != "" {
			t.Input.Author = who.OnBehalfOf
		}
	}
	return t, nil
}

// asked is what the letters, the latest first, and the task come to.
func asked(letters []letter, task Task) reply.Input {
	last := letters[0]
	in := reply.Input{Subject: last.Subject, Latest: last.Body, From: last.FromAddress, SentAt: last.SentAt.UTC(), Name: last.ContactName,
		Language: reply.LanguageOf(last.Body), Tone: task.Tone, Instructions: task.Instructions}
	if last.FromName != "" {
		in.From = last.FromName + " <" + last.FromAddress + ">"
	}
	if in.Name == "" && !strings.Contains(last.FromName, "@") {
		in.Name = last.FromName
	}
	if in.Tone == "" {
		in.Tone = "professional"
	}
	for _, l := range letters[1:] {
		said := reply.Said{At: l.SentAt.UTC(), Text: reply.Own(l.Body, earlier)}
		switch {
		case said.Text == "":
		case l.Direction == "outbound" && len(in.Ours) < ourDepth:
			in.Ours = append(in.Ours, said)
			if in.Own == "" {
				in.Own = l.FromAddress
			}
		case l.Direction != "outbound" && len(in.Theirs) < ourDepth:
			in.Theirs = append(in.Theirs, said)
		}
	}
	slices.Reverse(in.Ours)
	slices.Reverse(in.Theirs)
	return in
}
