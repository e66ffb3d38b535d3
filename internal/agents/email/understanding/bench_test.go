package understanding_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"rapport/internal/platform/id"
)

// labelled reads our own labelled messages, as texts of believable size.
func labelled(b *testing.B) []mail {
	b.Helper()
	var out []mail
	for _, name := range []string{"tuned", "reported"} {
		text, err := os.ReadFile("../../eval/cases/email." + name + ".jsonl")
		if err != nil {
			b.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var m struct{ Subject, Text string }
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				b.Fatal(err)
			}
			// Mail quotes what it answers.
			quoted := "\n\nOn Monday, Ana wrote:\n> " + strings.ReplaceAll(strings.Repeat(m.Text+"\n", 3), "\n", "\n> ")
			out = append(out, mail{subject: m.Subject, body: m.Text + quoted})
		}
	}
	return out
}

// BenchmarkArrived understands personal mail of contacts with rules, triage
// and intelligence, storage included, in jobs of 50 on four workers.
func BenchmarkArrived(b *testing.B) {
	d := open(b, "rules")
	texts := labelled(b)
	const jobs, each = 8, 50
	for b.Loop() {
		b.StopTimer()
		batches := d.fill(texts, jobs, each)
		b.StartTimer()
		var wg sync.WaitGroup
		queue := make(chan []string, jobs)
		for range 4 {
			wg.Go(func() {
				for ids := range queue {
					if err := d.s.Arrived(d.ctx, ids); err != nil {
						b.Error(err)
					}
				}
			})
		}
		for _, ids := range batches {
			queue <- ids
		}
		close(queue)
		wg.Wait()
	}
	b.ReportMetric(float64(b.N*jobs*each)/b.Elapsed().Seconds(), "messages/s")
}

// fill stores messages in one statement a table and returns their ids in jobs.
func (d *desk) fill(texts []mail, jobs, each int) [][]string {
	d.t.Helper()
	out := make([][]string, jobs)
	var ids, threads, subjects, bodies []string
	for i := range jobs * each {
		m := texts[i%len(texts)]
		ids, threads = append(ids, id.New()), append(threads, id.New())
		subjects, bodies = append(subjects, m.subject), append(bodies, fmt.Sprintf("%s\n%d", m.body, i))
		out[i/each] = append(out[i/each], ids[i])
	}
	d.exec(`INSERT INTO threads (workspace_id, id, subject, subject_key, last_message_at, last_direction, category)
		SELECT $1, t, s, '', now(), 'inbound', 'personal' FROM unnest($2::uuid[], $3::text[]) AS x (t, s)`, threads, subjects)
	d.exec(`INSERT INTO messages (workspace_id, id, thread_id, direction, category, identity_key, subject, sent_at, from_address, contact_id, body, raw, size)
		SELECT $1, m, t, 'inbound', 'personal', m::text, s, $6, 'ben@lumen.example', $7, body, 'r', 1
		FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[]) AS x (m, t, s, body)`, ids, threads, subjects, bodies, now, d.contact)
	return out
}
