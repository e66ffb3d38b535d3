package demo

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/internal/platform/mail"
	"rapport/internal/platform/mail/mailbox"
)

var wednesday = time.Date(2026, 5, 13, 9, 30, 15, 0, time.UTC)

func write(t *testing.T, now time.Time) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Mailbox(&b, now); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// parsed reads the mailbox as an import would, by Message-ID.
func parsed(t *testing.T, now time.Time) map[string]*mail.Message {
	t.Helper()
	box := write(t, now)
	r, err := mailbox.New(bytes.NewReader(box), "demo.mbox", int64(len(box)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*mail.Message{}
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		m, err := mail.Parser{Now: now}.Parse(item.Reader())
		if err != nil {
			t.Fatalf("%s: %v", item.Ref, err)
		}
		if all[m.MessageID] != nil {
			t.Errorf("two mails have the Message-ID %q", m.MessageID)
		}
		all[m.MessageID] = m
	}
}

func loaded(t *testing.T, now time.Time) []*letter {
	t.Helper()
	letters, err := load(now)
	if err != nil {
		t.Fatal(err)
	}
	return letters
}

func TestEveryMailIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	all, letters := parsed(t, wednesday), loaded(t, wednesday)
	if got, want := len(all), len(letters); got != want {
		t.Errorf("the mailbox holds %d mails, want %d", got, want)
	}
	for _, l := range letters {
		m := all[l.id]
		if m == nil {
			t.Errorf("%s is not in the mailbox", l.id)
			continue
		}
		if len(m.Problems) > 0 || m.DateNote != "" {
			t.Errorf("%s: got problems %q, date note %q, want none", l.id, m.Problems, m.DateNote)
		}
		if !m.SentAt.Equal(l.at) || m.Subject != l.value("Subject") {
			t.Errorf("%s: got %v %q, want %v %q", l.id, m.SentAt, m.Subject, l.at, l.value("Subject"))
		}
		if want := l.parts[0].text; want != "" && len(m.Attachments) == 0 && strings.TrimSpace(m.Text) != strings.TrimSpace(want) {
			t.Errorf("%s: got text\n%s\nwant\n%s", l.id, m.Text, want)
		}
		from := m.From.Name + " <" + m.From.Address + ">"
		if from != l.from {
			t.Errorf("%s: got From %s, want %s", l.id, from, l.from)
		}
	}
}

func TestEveryMailComesOutInItsCategory(t *testing.T) {
	t.Parallel()
	all := parsed(t, wednesday)
	count := map[string]int{}
	for _, l := range loaded(t, wednesday) {
		got, reason := mail.Origin(all[l.id], OwnAddresses())
		if string(got) != l.expect {
			t.Errorf("%s: got %s (%s), want %s", l.id, got, reason, l.expect)
		}
		count[l.expect]++
	}
	for _, category := range []string{"personal", "bulk", "automatic", "own"} {
		if count[category] < 5 {
			t.Errorf("%d mails are %s, want some of each", count[category], category)
		}
	}
	t.Log(count)
}

func TestEveryReplyFindsItsParentAtAnyHour(t *testing.T) {
	t.Parallel()
	for step := range 40 { // 5 hours each: every hour of the day, every day of the week
		now := wednesday.Add(time.Duration(step) * 5 * time.Hour)
		for _, l := range loaded(t, now) {
			if l.at.After(now.Add(-time.Hour)) || l.at.Before(now.AddDate(0, 0, -75)) {
				t.Errorf("now %v: %s is from %v", now, l.id, l.at)
			}
			if l.parent != nil && !l.at.After(l.parent.at) {
				t.Errorf("now %v: %s answers %s before it was written", now, l.id, l.parent.id)
			}
		}
	}
	all := parsed(t, wednesday)
	for _, l := range loaded(t, wednesday) {
		m := all[l.id]
		for _, id := range slices.Concat(m.InReplyTo, m.References) {
			if all[id] == nil || !all[id].SentAt.Before(m.SentAt) {
				t.Errorf("%s answers %s, which is not before it in the mailbox", l.id, id)
			}
		}
		if l.parent != nil && !slices.Equal(m.InReplyTo, []string{l.parent.id}) {
			t.Errorf("%s: got In-Reply-To %q, want %q", l.id, m.InReplyTo, l.parent.id)
		}
	}
}

func TestTheSameTimeGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	first, second := write(t, wednesday), write(t, wednesday)
	if !bytes.Equal(first, second) {
		t.Error("two mailboxes of one time differ")
	}
	if bytes.Equal(first, write(t, wednesday.Add(24*time.Hour))) {
		t.Error("the mailbox of the next day is the same")
	}
}

func TestSteeringLinesAreNotSent(t *testing.T) {
	t.Parallel()
	box := write(t, wednesday)
	for _, name := range []string{"Ago", "Answers", "Expect", "Charset", "Attach", "Inline", "Type"} {
		if regexp.MustCompile(`(?m)^` + name + ":").Match(box) {
			t.Errorf("the mailbox contains the line %q", name)
		}
	}
	if bytes.Contains(box, []byte("{{")) {
		t.Error("the mailbox contains an unfilled place")
	}
}

func TestEverythingIsInvented(t *testing.T) {
	t.Parallel()
	domain := regexp.MustCompile(`@([A-Za-z0-9.-]+)|https?://([A-Za-z0-9.-]+)`)
	for _, l := range loaded(t, wednesday) {
		var words []string
		for _, f := range l.header {
			words = append(words, f.value)
		}
		for _, p := range l.parts {
			words = append(words, p.text)
		}
		for _, m := range domain.FindAllStringSubmatch(strings.Join(words, "\n"), -1) {
			if name := m[1] + m[2]; !strings.HasSuffix(strings.TrimRight(name, "."), ".example") && strings.Contains(name, ".") {
				t.Errorf("%s names the domain %s, want one below .example", l.id, name)
			}
		}
	}
}

func TestLinesThatLookLikeSeparatorsAreProtected(t *testing.T) {
	t.Parallel()
	got := escape("Hello\nFrom Monday on\n>From before\nfrom\n")
	if want := "Hello\n>From Monday on\n>>From before\nfrom\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDaysAreWorkingDays(t *testing.T) {
	t.Parallel()
	saturday := time.Date(2026, 5, 16, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		now  time.Time
		n    int
		want string
	}{
		{wednesday, 0, "2026-05-13"}, {wednesday, 3, "2026-05-18"}, {wednesday, -3, "2026-05-08"},
		{saturday, 0, "2026-05-15"}, {saturday, 1, "2026-05-18"}, {saturday, -1, "2026-05-14"},
	} {
		if got := (clock{tc.now}).day(tc.n).Format(time.DateOnly); got != tc.want {
			t.Errorf("day(%d) of %v = %s, want %s", tc.n, tc.now, got, tc.want)
		}
	}
}
