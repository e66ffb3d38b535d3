package message

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestTheSameMailIsStoredOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := letter{from: ana, to: us, id: "<1@lumen.example>", subject: "Offer", text: "Here it is."}
	out := d.deliver(l, l)
	if out[0].Duplicate || !out[1].Duplicate || out[0].MessageID != out[1].MessageID {
		t.Errorf("within a delivery: %+v, want the second to be the first again", out)
	}
	if again := d.deliver(l)[0]; !again.Duplicate || again.MessageID != out[0].MessageID {
		t.Errorf("in a second delivery: %+v, want a duplicate of %s", again, out[0].MessageID)
	}
	if got := ask[int](d, `SELECT message_count FROM threads WHERE workspace_id = $1`); len(got) != 1 || got[0] != 1 {
		t.Errorf("messages of threads: %v, want [1]", got)
	}
}

func TestAMessageIDWithOtherContentIsAnotherMessage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := d.deliver(letter{from: ana, to: us, id: "<1@lumen.example>", subject: "Offer", text: "One."},
		letter{from: ana, to: us, id: "<1@lumen.example>", subject: "Offer", text: "Two."})
	if out[0].Duplicate || out[1].Duplicate || d.threadOf(out[0]) != d.threadOf(out[1]) {
		t.Errorf("got %+v, want two messages in one thread", out)
	}
}

func TestConcurrentDeliveriesStoreEachMailOnceInOneThread(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var sources []string
	for i := range 40 {
		sources = append(sources, d.source(letter{from: ana, to: us, id: fmt.Sprintf("<%d@lumen.example>", i), refs: "<root@lumen.example>", subject: "Re: Plan", text: fmt.Sprint("Part ", i)}))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for part := range slices.Chunk(sources, 10) {
				if _, err := d.tryRaw(part...); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := ask[int](d, `SELECT message_count FROM threads WHERE workspace_id = $1`); len(got) != 1 || got[0] != 40 {
		t.Errorf("messages of threads: %v, want [40]", got)
	}
	if got := ask[string](d, `SELECT name FROM contacts WHERE workspace_id = $1`); len(got) != 1 {
		t.Errorf("contacts: %v, want Ana once", got)
	}
}

func TestRepliesFindTheirThreadInWhateverOrder(t *testing.T) {
	t.Parallel()
	ask, answer, thanks := letter{from: ana, to: us, id: "<a@x>", subject: "Visit", text: "When?"},
		letter{from: us, to: ana, id: "<b@x>", reply: "<a@x>", subject: "Re: Visit", text: "Monday."},
		letter{from: ana, to: us, id: "<c@x>", refs: "<a@x> <b@x>", subject: "Thanks", text: "Good."}
	for _, order := range [][]letter{{ask, answer, thanks}, {thanks, answer, ask}, {answer, thanks, ask}} {
		together, apart := newDesk(t), newDesk(t)
		out := together.deliver(order...)
		if a, b, c := together.threadOf(out[0]), together.threadOf(out[1]), together.threadOf(out[2]); a != b || b != c {
			t.Errorf("in one delivery: threads %s, %s, %s; want one", a, b, c)
		}
		threads := map[string]bool{}
		for _, l := range order {
			threads[apart.threadOf(apart.deliver(l)[0])] = true
		}
		if len(threads) != 1 {
			t.Errorf("in deliveries of one: %d threads, want one", len(threads))
		}
	}
}

func TestAMailThatNamesTwoThreadsMergesThem(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.deliver(letter{from: ana, to: us, id: "<a@x>", subject: "Roof", text: "The tiles."})[0]
	second := d.deliver(letter{from: ben, to: us, id: "<b@x>", subject: "Budget", text: "The costs."})[0]
	d.deliver(letter{from: ana, to: us, id: "<c@x>", refs: "<a@x> <b@x>", subject: "Both", text: "Together."})
	if a, b := d.threadOf(first), d.threadOf(second); a != b {
		t.Fatalf("threads %s and %s, want one", a, b)
	}
	if got := ask[int](d, `SELECT message_count FROM threads WHERE workspace_id = $1`); len(got) != 1 || got[0] != 3 {
		t.Errorf("messages of threads: %v, want [3]", got)
	}
	later := d.deliver(letter{from: ben, to: us, id: "<d@x>", reply: "<b@x>", subject: "More", text: "Costs."})[0]
	if d.threadOf(later) != d.threadOf(first) {
		t.Error("a reply to the merged thread went elsewhere")
	}
	for _, word := range []string{"tiles", "costs", "together"} {
		if got := ask[string](d, `SELECT id::text FROM search.look(jsonb_build_object('mail', quote_literal($2::text), 'states', '[]'::jsonb, 'people', '[]'::jsonb, 'companies', '[]'::jsonb), ARRAY['thread'], 10) WHERE $1::uuid IS NOT NULL`, word); len(got) != 1 || got[0] != d.threadOf(first) {
			t.Errorf("%q finds %v, want the merged thread", word, got)
		}
	}
}

func TestSubjectJoinsOnlyRepliesOfTheSamePeopleWithinAMonth(t *testing.T) {
	t.Parallel()
	first := letter{from: ana, to: us, id: "<a@x>", subject: "Hello", text: "Hi.", ago: 40 * 24 * time.Hour}
	for _, c := range []struct {
		name string
		next letter
		same bool
	}{
		{"a reply of the same person", letter{from: ana, to: us, id: "<b@x>", subject: "AW: Hello", text: "Re.", ago: 20 * 24 * time.Hour}, true},
		{"our own reply", letter{from: us, to: ana, id: "<b@x>", subject: "Re: hello", text: "Re.", ago: 20 * 24 * time.Hour}, true},
		{"a stranger's reply", letter{from: ben, to: us, id: "<b@x>", subject: "Re: Hello", text: "Re.", ago: 20 * 24 * time.Hour}, false},
		{"no reply", letter{from: ana, to: us, id: "<b@x>", subject: "Hello", text: "New.", ago: 20 * 24 * time.Hour}, false},
		{"a reply much later", letter{from: ana, to: us, id: "<b@x>", subject: "Re: Hello", text: "Re."}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			together, apart := newDesk(t), newDesk(t)
			out := together.deliver(first, c.next)
			if got := together.threadOf(out[0]) == together.threadOf(out[1]); got != c.same {
				t.Errorf("one thread in one delivery: %v, want %v", got, c.same)
			}
			a, b := apart.deliver(first)[0], apart.deliver(c.next)[0]
			if got := apart.threadOf(a) == apart.threadOf(b); got != c.same {
				t.Errorf("one thread in two deliveries: %v, want %v", got, c.same)
			}
		})
	}
}

func TestOnlySendersOfPersonalMailBecomeContacts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.deliver(
		letter{from: ana, to: us + ", " + ben, id: "<a@x>", subject: "Hi", text: "Personal."},
		letter{from: us, to: "Cleo <cleo@south.example>", id: "<b@x>", subject: "Hi", text: "Ours."},
		letter{from: "Dan <dan@list.example>", to: "club@list.example", id: "<c@x>", subject: "Hi", text: "List.", extra: "List-Id: <club.list.example>\r\n"},
		letter{from: "robot@shop.example", to: us, id: "<d@x>", subject: "Hi", text: "Machine.", extra: "Auto-Submitted: auto-generated\r\n"})
	if got := ask[string](d, `SELECT name FROM contacts WHERE workspace_id = $1`); len(got) != 1 || got[0] != "Ana Duarte" {
		t.Errorf("contacts: %q, want Ana Duarte alone", got)
	}
	d.deliver(letter{from: "Ana <ANA+club@lumen.example>", to: "club@list.example", id: "<e@x>", subject: "Hi", text: "List.", extra: "List-Id: <club.list.example>\r\n"})
	if got := ask[int](d, `SELECT count(*)::int FROM messages WHERE workspace_id = $1 AND contact_id IS NOT NULL`); got[0] != 2 {
		t.Errorf("%d messages belong to Ana, want 2: who is a contact is recognised in list mail", got[0])
	}
}

func TestStatusFollowsTheLatestWordOfAPerson(t *testing.T) {
	t.Parallel()
	const list, robot = "List-Id: <club.list.example>\r\n", "Auto-Submitted: auto-replied\r\n"
	month := 40 * 24 * time.Hour
	question := letter{from: ana, to: us, id: "<q@x>", subject: "Q", text: "Can you?", ago: 3 * time.Hour}
	answer := letter{from: us, to: ana, id: "<r@x>", reply: "<q@x>", subject: "Re: Q", text: "Yes.", ago: 2 * time.Hour}
	for _, c := range []struct {
		name string
		mail []letter
		want string
	}{
		{"a question", []letter{question}, "open unread"},
		{"our answer", []letter{question, answer}, "waiting"},
		{"our answer, imported before the question", []letter{answer, question}, "waiting"},
		{"an answer to it", []letter{question, answer, {from: ana, to: us, id: "<s@x>", reply: "<r@x>", subject: "Q", text: "Great."}}, "open unread"},
		{"an autoresponder", []letter{question, answer, {from: ana, to: us, id: "<s@x>", reply: "<r@x>", subject: "Away", text: "Away.", extra: robot}}, "waiting"},
		{"an old question", []letter{{from: ana, to: us, id: "<q@x>", subject: "Q", text: "Can you?", ago: month}}, "open"},
		{"an old answer", []letter{{from: us, to: ana, id: "<q@x>", subject: "Q", text: "Yes.", ago: month}}, "done"},
		{"a list", []letter{{from: ana, to: us, id: "<q@x>", subject: "Q", text: "News.", extra: list}}, "done"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			var last Outcome
			for _, l := range c.mail {
				last = d.deliver(l)[0]
			}
			if got := d.statusOf(last); got != c.want {
				t.Errorf("status %q, want %q", got, c.want)
			}
		})
	}
}

func TestSummaryShowsTheOtherSideAndTheLatestWords(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := d.deliver(
		letter{from: ana, to: us, id: "<q@x>", subject: "Quote", text: "Can you\nsend it?\n", ago: 3 * time.Hour},
		letter{from: us, to: ana, id: "<r@x>", reply: "<q@x>", subject: "Re: Quote", text: "Here it is.\n\nOn Monday Ana Duarte wrote:\n> Can you\n> send it?\n", ago: time.Hour})
	got := ask[string](d, `SELECT concat_ws('|', subject, from_name, from_address, last_direction, snippet, category, message_count) FROM threads WHERE workspace_id = $1 AND contact_id IS NOT NULL`)
	want := "Quote|Ana Duarte|ana@lumen.example|outbound|Here it is.|personal|2"
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
	_ = out
}

func TestOddDatesSortSensibly(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := d.deliverRaw(
		"From: a@x.example\r\nMessage-ID: <1@x>\r\nDate: Thu, 01 Jan 1970 00:00:00 +0000\r\n\r\nold\r\n",
		"From: b@x.example\r\nMessage-ID: <2@x>\r\nDate: Fri, 01 Jan 2099 00:00:00 +0000\r\n\r\nfuture\r\n",
		"Message-ID: <3@x>\r\n\r\nneither sender nor date\r\n")
	got := ask[string](d, `SELECT concat_ws('|', extract(year FROM m.sent_at), date_note <> '', t.last_message_at <= now(), t.unread)
		FROM messages m JOIN threads t ON t.workspace_id = m.workspace_id AND t.id = m.thread_id WHERE m.workspace_id = $1 ORDER BY m.rfc822_id`)
	want := []string{"1970|t|t|f", "2099|t|t|t", fmt.Sprintf("%d|t|t|t", d.clock.Year())}
	if len(out) != 3 || !slices.Equal(got, want) {
		t.Errorf("year|noted|not in the future|unread: %q, want %q", got, want)
	}
}

func TestTenThousandRecipientsAreKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var to strings.Builder
	for i := range 10_500 {
		fmt.Fprintf(&to, "Person %d <p%d@many.example>,\r\n ", i, i)
	}
	out := d.deliverRaw("From: a@x.example\r\nTo: " + to.String() + "z@many.example\r\nMessage-ID: <1@x>\r\nSubject: All\r\n\r\nhello\r\n")
	if got := ask[int](d, `SELECT count(*)::int FROM message_addresses WHERE workspace_id = $1 AND message_id = $2::uuid`, out[0].MessageID); got[0] != 10_000 {
		t.Errorf("%d addresses, want 10,000", got[0])
	}
}

func TestHostileBytesAreStored(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	long := strings.Repeat("x", 5000)
	out := d.deliverRaw(
		"From: \x00a\xff@x.example\r\nSubject: nul\x00 and \xfe bytes\r\nMessage-ID: <\x00\xff@x>\r\n\r\ntext\x00with\xffboth\r\n",
		"From: b@x.example\r\nSubject: "+long+"\r\nMessage-ID: <"+long+"@x>\r\nReferences: <"+long+long+">\r\n\r\nlong\r\n",
		"From: c@x.example\r\nSubject: hello\r\nBcc: victim@x.example\r\n\r\n\r\n")
	if got := ask[int](d, `SELECT count(*)::int FROM messages WHERE workspace_id = $1`); got[0] != len(out) {
		t.Errorf("%d messages, want %d", got[0], len(out))
	}
}

func TestArrivalIsAJobOfAtMostFifty(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var letters []letter
	for i := range 120 {
		letters = append(letters, letter{from: ana, to: us, id: fmt.Sprintf("<%d@x>", i), subject: fmt.Sprint("No ", i), text: "Hi."})
	}
	d.deliver(letters...)
	rows, err := d.db.Session().Query(d.ctx, `SELECT jsonb_array_length(args->'ids') FROM river.river_job WHERE kind = 'message.arrived' AND args->>'workspace' = $1 ORDER BY 1`,
		ask[string](d, `SELECT $1::text`)[0])
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		got = append(got, n)
	}
	if want := []int{20, 50, 50}; !slices.Equal(got, want) {
		t.Errorf("jobs with %v messages, want %v", got, want)
	}
}
