package message

import (
	"slices"
	"time"

	"rapport/internal/crm/event"
	"rapport/internal/platform/pg"
)

// summarise recomputes what the list of threads shows.
//
// The category of a thread is the most personal one of its messages. Its
// status follows the latest word of a person, us included, when that is among
// the new messages: theirs opens the thread, ours makes it wait (if recent) or
// done. Lists and programs change none; a thread of theirs alone is done. Only
// news that nobody read elsewhere is unread. A date to come counts as arrival.
func (b *batch) summarise(tx *pg.Tx) {
	attached, read := []string{}, []string{} // nil would be NULL
	var threads, snippets []string
	for _, d := range b.drafts {
		threads, snippets = append(threads, d.thread), append(snippets, d.snippet())
		if d.hasAttachments() {
			attached = append(attached, d.thread)
		}
		if d.Read {
			read = append(read, d.id)
		}
	}
	lose, _ := b.weave.merged()
	for _, thread := range lose { // a merge alone changes a summary, too
		threads = append(threads, b.weave.root(thread))
	}
	slices.Sort(threads)
	threads = slices.Compact(threads)
	event.Hint(tx, "thread", slices.Concat(threads, lose)...)
	tx.Queue(`SELECT 1 FROM threads WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) ORDER BY id FOR NO KEY UPDATE`, tx.Workspace(), slices.Concat(threads, lose))
	tx.Queue(summary, tx.Workspace(), threads, b.ids(), snippets, attached, b.now.Add(-recent), lose, read)
}

const summary = `
	WITH m AS (
		SELECT thread_id, id, direction, category, category_reason, from_name, from_address, contact_id, least(sent_at, created_at) AS at
		FROM messages
		WHERE workspace_id = $1 AND thread_id = ANY ($2::uuid[])
	), total AS (
		SELECT thread_id, count(*)::integer AS n FROM m GROUP BY thread_id
	), latest AS (
		SELECT DISTINCT ON (thread_id) * FROM m ORDER BY thread_id, at DESC, id DESC
	), voice AS (
		SELECT DISTINCT ON (thread_id) * FROM m WHERE category IN ('personal', 'own') ORDER BY thread_id, at DESC, id DESC
	), sender AS (
		SELECT DISTINCT ON (thread_id) * FROM m ORDER BY thread_id, (direction = 'inbound') DESC, at DESC, id DESC
	), party AS (
		SELECT DISTINCT ON (thread_id) thread_id, contact_id FROM m WHERE contact_id IS NOT NULL
		ORDER BY thread_id, (direction = 'inbound') DESC, at DESC, id DESC
	), kind AS (
		SELECT DISTINCT ON (thread_id) thread_id, category, category_reason FROM m
		ORDER BY thread_id, array_position(ARRAY['personal', 'own', 'bulk', 'automatic'], category), at DESC, id DESC
	), new AS (
		SELECT * FROM unnest($3::uuid[], $4::text[]) AS t (id, snippet)
	)
	UPDATE threads t
	SET message_count = total.n,
		last_message_at = latest.at, last_message_id = latest.id, last_direction = latest.direction,
		from_name = sender.from_name, from_address = sender.from_address, contact_id = coalesce(sender.contact_id, party.contact_id),
		category = kind.category, category_reason = kind.category_reason,
		has_attachments = t.has_attachments OR t.id = ANY ($5::uuid[]),
		snippet = coalesce(
			(SELECT n.snippet FROM new n WHERE n.id = latest.id),
			CASE WHEN t.last_message_id = latest.id THEN t.snippet END,
			(SELECT l.snippet FROM threads l WHERE l.workspace_id = $1 AND l.id = ANY ($7::uuid[]) AND l.last_message_id = latest.id),
			''),
		status = CASE WHEN voice.id IN (SELECT id FROM new) THEN
				CASE WHEN voice.direction = 'inbound' THEN 'open' WHEN voice.at > $6 THEN 'waiting' ELSE 'done' END
			WHEN t.message_count = 0 THEN 'done' ELSE t.status END,
		snoozed_until = CASE WHEN voice.id IN (SELECT id FROM new) THEN NULL ELSE t.snoozed_until END,
		unread = CASE WHEN voice.id IN (SELECT id FROM new) THEN voice.direction = 'inbound' AND voice.at > $6 AND voice.id <> ALL ($8::uuid[])
			WHEN t.message_count = 0 THEN false ELSE t.unread END,
		requires_response = t.requires_response AND voice.direction = 'inbound',
		due_at = CASE WHEN voice.direction = 'inbound' THEN t.due_at END,
		version = t.version + 1, updated_at = now()
	FROM total
	JOIN latest USING (thread_id)
	JOIN sender USING (thread_id)
	JOIN kind USING (thread_id)
	LEFT JOIN voice USING (thread_id)
	LEFT JOIN party USING (thread_id)
	WHERE t.workspace_id = $1 AND t.id = total.thread_id`

// Triaged is what was understood of a message. ThreadID is where it was then;
// threads may have been merged since, so the message decides.
type Triaged struct {
	ThreadID, MessageID        string
	Intent, Sentiment, Urgency *string
	RequiresResponse           bool
	DueAt                      *time.Time
}

// Understood queues what threads show of it: a thread shows the latest message
// that came in. The version stays, so that nobody's change is refused because
// of it.
func Understood(tx *pg.Tx, triaged []Triaged) {
	if len(triaged) == 0 {
		return
	}
	var ids, threads []string
	var intents, sentiments, urgencies []*string
	var reply []bool
	var due []*time.Time
	for _, t := range triaged {
		ids, threads, reply, due = append(ids, t.MessageID), append(threads, t.ThreadID), append(reply, t.RequiresResponse), append(due, t.DueAt)
		intents, sentiments, urgencies = append(intents, t.Intent), append(sentiments, t.Sentiment), append(urgencies, t.Urgency)
	}
	event.Hint(tx, "thread", threads...)
	// In order of id, as a delivery locks them: threads are shared by jobs.
	tx.Queue(`
		SELECT 1 FROM threads
		WHERE workspace_id = $1 AND id IN (SELECT thread_id FROM messages WHERE workspace_id = $1 AND id = ANY ($2::uuid[]))
		ORDER BY id FOR NO KEY UPDATE`, tx.Workspace(), ids)
	tx.Queue(`
		UPDATE threads t
		SET intent = u.intent, sentiment = u.sentiment, urgency = u.urgency, updated_at = now(),
			requires_response = coalesce(u.reply, false) AND t.last_direction = 'inbound',
			due_at = CASE WHEN t.last_direction = 'inbound' THEN u.due END
		FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::timestamptz[]) AS u (id, intent, sentiment, urgency, reply, due)
		JOIN messages m ON m.workspace_id = $1 AND m.id = u.id
		WHERE t.workspace_id = $1 AND t.id = m.thread_id AND m.id = (
			SELECT l.id FROM messages l
			WHERE l.workspace_id = $1 AND l.thread_id = m.thread_id AND l.direction = 'inbound'
			ORDER BY least(l.sent_at, l.created_at) DESC, l.id DESC
			LIMIT 1)`, tx.Workspace(), ids, intents, sentiments, urgencies, reply, due)
}
