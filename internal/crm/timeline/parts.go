package timeline

import "rapport/internal/platform/list"

// part is one kind of entry: the keys of its newest rows, cut to a page, then
// what is shown of them. $1 is the workspace, $2 the contact or company.
type part struct {
	kind  string
	scope string // "" for what the timeline's own scope shows
	part  list.Part
}

const (
	messageColumns = `m.id, k.at, 'message' AS kind, m.subject AS title, left(m.body, 200) AS summary,
		jsonb_build_object('kind', 'mail', 'name', coalesce(nullif(m.from_name, ''), m.from_address)) AS actor,
		m.thread_id, m.direction, NULL::text AS operation, NULL::text AS change, NULL::jsonb AS changes, NULL::uuid AS batch_id, false AS undone, NULL::jsonb AS record
		FROM messages m JOIN (`
	messageJoin = `) k ON k.id = m.id WHERE m.workspace_id = $1`

	noteColumns = `x.id, k.at, 'note' AS kind, '' AS title, left(x.body, 200) AS summary,
		jsonb_build_object('kind', 'user', 'id', x.author_id, 'name', x.author_name) AS actor,
		NULL::uuid, NULL::text, NULL::text, NULL::text, NULL::jsonb, NULL::uuid, false,
		jsonb_build_object('version', x.version, 'entity', x.entity, 'entity_id', x.entity_id, 'body', x.body, 'html', x.html, 'pinned', x.pinned)
		FROM notes x JOIN (`
	taskColumns = `x.id, k.at, 'task' AS kind, x.title, left(x.description, 200) AS summary,
		jsonb_build_object('kind', 'user', 'id', x.assignee_id, 'name', ''), x.thread_id, NULL::text, NULL::text, NULL::text, NULL::jsonb, NULL::uuid, false,
		jsonb_build_object('version', x.version, 'entity', x.entity, 'entity_id', x.entity_id, 'body', x.description, 'status', x.status,
			'priority', x.priority, 'due_at', x.due_at, 'assignee_id', x.assignee_id)
		FROM tasks x JOIN (`
	activityColumns = `x.id, k.at, x.kind, x.subject AS title, left(x.body, 200) AS summary,
		jsonb_build_object('kind', 'user', 'id', x.author_id, 'name', x.author_name),
		NULL::uuid, NULL::text, NULL::text, NULL::text, NULL::jsonb, NULL::uuid, false,
		jsonb_build_object('version', x.version, 'body', x.body, 'html', x.html, 'outcome', x.outcome, 'duration_minutes', x.duration_minutes,
			'contacts', (SELECT jsonb_agg(jsonb_build_object('id', p.contact_id, 'name', c.name) ORDER BY p.position)
				FROM activity_contacts p JOIN contacts c ON c.workspace_id = p.workspace_id AND c.id = p.contact_id
				WHERE p.workspace_id = $1 AND p.activity_id = x.id))
		FROM activities x JOIN (`
	rowJoin = `) k ON k.id = x.id WHERE x.workspace_id = $1`

	ofCompany = `FROM contacts c CROSS JOIN LATERAL (`
	people    = `) y WHERE c.workspace_id = $1 AND c.company_id = $2 AND c.deleted_at IS NULL`
)

var contactParts = []part{
	{"message", "thread:read", func(cut func(key, id string) string) string {
		// Somebody may be named twice in one message.
		return `SELECT ` + messageColumns + `SELECT DISTINCT a.sent_at AS at, a.message_id AS id FROM message_addresses a
			WHERE a.workspace_id = $1 AND a.contact_id = $2` + cut("a.sent_at", "a.message_id") + messageJoin
	}},
	events,
	{"note", "note:read", ofContact(noteColumns, "notes")},
	{"task", "task:read", ofContact(taskColumns, "tasks")},
	{"activity", "activity:read", func(cut func(key, id string) string) string {
		return `SELECT ` + activityColumns + `SELECT p.at, p.activity_id AS id FROM activity_contacts p
			WHERE p.workspace_id = $1 AND p.contact_id = $2 AND p.active` + cut("p.at", "p.activity_id") + rowJoin
	}},
}

// companyParts show what happened with the company and with its people.
var companyParts = []part{
	{"message", "thread:read", func(cut func(key, id string) string) string {
		return `SELECT ` + messageColumns + `SELECT y.at, y.id ` + ofCompany + `SELECT z.sent_at AS at, z.id FROM messages z
			WHERE z.workspace_id = $1 AND z.contact_id = c.id` + cut("z.sent_at", "z.id") + people + cut("y.at", "y.id") + messageJoin
	}},
	events,
	{"note", "note:read", ofBoth(noteColumns, "notes")},
	{"task", "task:read", ofBoth(taskColumns, "tasks")},
	{"activity", "activity:read", func(cut func(key, id string) string) string {
		return `SELECT ` + activityColumns + `SELECT DISTINCT w.at, w.id FROM (
				(SELECT z.at, z.id FROM activities z WHERE z.workspace_id = $1 AND z.company_id = $2 AND z.deleted_at IS NULL` + cut("z.at", "z.id") + `)
				UNION ALL
				(SELECT y.at, y.id ` + ofCompany + `SELECT p.at, p.activity_id AS id FROM activity_contacts p
					WHERE p.workspace_id = $1 AND p.contact_id = c.id AND p.active` + cut("p.at", "p.activity_id") + people + `)
			) w WHERE true` + cut("w.at", "w.id") + rowJoin
	}},
}

// events are few for one record, however much happened with it.
var events = part{"event", "", func(cut func(key, id string) string) string {
	return `SELECT e.id, e.at, 'event' AS kind, e.operation AS title, '' AS summary, e.actor,
		NULL::uuid AS thread_id, NULL::text AS direction, e.operation, e.kind AS change, e.changes, e.batch_id,
		EXISTS (SELECT 1 FROM events u WHERE u.workspace_id = e.workspace_id AND u.undoes = e.id) AS undone, NULL::jsonb AS record
		FROM events e WHERE e.workspace_id = $1 AND e.entity_id = $2` + cut("e.at", "e.id")
}}

func ofContact(columns, table string) list.Part {
	return func(cut func(key, id string) string) string {
		return `SELECT ` + columns + `SELECT z.created_at AS at, z.id FROM ` + table + ` z
			WHERE z.workspace_id = $1 AND z.entity_id = $2 AND z.deleted_at IS NULL` + cut("z.created_at", "z.id") + rowJoin
	}
}

// ofBoth is what is about a company, or about one of its people.
func ofBoth(columns, table string) list.Part {
	return func(cut func(key, id string) string) string {
		return `SELECT ` + columns + `SELECT w.at, w.id FROM (
				(SELECT z.created_at AS at, z.id FROM ` + table + ` z
				WHERE z.workspace_id = $1 AND z.entity_id = $2 AND z.deleted_at IS NULL` + cut("z.created_at", "z.id") + `)
				UNION ALL
				(SELECT y.at, y.id ` + ofCompany + `SELECT z.created_at AS at, z.id FROM ` + table + ` z
					WHERE z.workspace_id = $1 AND z.entity_id = c.id AND z.deleted_at IS NULL` + cut("z.created_at", "z.id") + people + `)
			) w WHERE true` + cut("w.at", "w.id") + rowJoin
	}
}
