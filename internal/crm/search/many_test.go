package search_test

import (
	"testing"

	"rapport/internal/crm/search"
)

// pile stores 1,300 messages, the newest first, each a conversation: n000, n001
// and so on. All say always, every tenth says tenth, each hundredth rare, and
// the oldest hundred say early.
func (d *desk) pile() {
	d.Helper()
	if _, err := d.db.Session().Exec(d.ctx, `
		WITH n AS (
			SELECT n, gen_random_uuid() AS thread, gen_random_uuid() AS message, timestamptz '2026-06-01' - n * interval '1 minute' AS at,
				'always' || CASE WHEN n % 10 = 0 THEN ' tenth' ELSE '' END || CASE WHEN n % 100 = 0 THEN ' rare' ELSE '' END
					|| CASE WHEN n >= 1200 THEN ' early' ELSE '' END AS words
			FROM generate_series(0, 1299) n
		), t AS (
			INSERT INTO threads (workspace_id, id, subject, subject_key, last_direction, category, last_message_at, status, unread)
			SELECT $1, thread, 'n' || n, n::text, 'inbound', 'personal', at, 'open', n % 2 = 0 FROM n
		), m AS (
			INSERT INTO messages (workspace_id, id, thread_id, direction, category, identity_key, subject, sent_at, from_name, from_address, from_key, body, raw, size, created_at)
			SELECT $1, message, thread, 'inbound', 'personal', 'pile' || n, 'n' || n, at, 'Ana', 'ana@x.example', 'ana@x.example', words, repeat('0', 64), 10, at FROM n
		)
		INSERT INTO search.mail (workspace_id, message_id, thread_id, at, heads, vector)
		SELECT $1, message, thread, at, '', array_to_tsvector(string_to_array(words, ' ')) || to_tsvector('simple', words) FROM n`, d.workspace()); err != nil {
		d.Fatal(err)
	}
}

// all counts what is found on all pages, and says which comes first.
func (d *desk) all(q string) (n int, first string) {
	d.Helper()
	in := search.Query{Q: q, Kinds: []string{"thread"}, Limit: 50}
	for {
		page, err := d.Search(d.ctx, &in)
		if err != nil {
			d.Fatalf("%q: %v", q, err)
		}
		if n == 0 && len(page.Body.Data) > 0 {
			first = page.Body.Data[0].Title
		}
		n += len(page.Body.Data)
		if !page.Body.HasMore {
			return n, first
		}
		in.Cursor = *page.Body.NextCursor
	}
}

func TestFrequentAndRareWordsAreFoundAlike(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.pile()
	for _, c := range []struct {
		q     string
		n     int
		first string
	}{
		{"always", 500, "n0"}, // the newest 500
		{"tenth", 130, "n0"},  // frequent, but fewer
		{"rare", 13, "n0"},
		{"early", 100, "n1200"}, // not among the newest 1,000
		{`"always tenth"`, 130, "n0"},
		{`"tenth always"`, 0, ""},
		{"always -tenth", 500, "n1"},
		{"tenth -rare", 117, "n10"},
		{"is:unread rare", 13, "n0"},
		{"is:unread always", 500, "n0"},
		{"rare before:2026-05-31", 0, ""},
		{"tenth after:2026-05-31", 130, "n0"},
		{"nowhere", 0, ""},
	} {
		if n, first := d.all(c.q); n != c.n || first != c.first {
			t.Errorf("%s finds %d, first %q; want %d, first %q", c.q, n, first, c.n, c.first)
		}
	}
}
