package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMailIsImportedInEachForm(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	s.account("Lumen")
	s.serve()
	for n := range 3 {
		s.file(fmt.Sprintf("letters/%d.eml", n), letter(100+n))
		s.file(fmt.Sprintf("Maildir/new/%d.host", n), letter(200+n))
		s.file(fmt.Sprintf("Maildir/cur/%d.host:2,S", n), letter(300+n))
	}
	s.file("Maildir/tmp/9.host", letter(999))
	for _, c := range []struct{ path, want string }{
		{s.file("one.eml", letter(1)), "1 of 1 messages accounted for: 1 imported, 0 duplicates, 0 refused"},
		{s.file("all.mbox", mbox(4)), "4 of 4 messages accounted for: 3 imported, 1 duplicates, 0 refused"},
		{s.file("all.mbox.gz", zipped(t, mbox(6))), "6 of 6 messages accounted for: 2 imported, 4 duplicates, 0 refused"},
		{filepath.Dir(s.file("letters/notes.txt", "not mail")), "3 of 3 messages accounted for: 3 imported"},
		{filepath.Dir(filepath.Dir(s.file("Maildir/new/0.host", letter(200)))), "6 of 6 messages accounted for: 6 imported"},
	} {
		out := s.must("import", "mail", c.path)
		if !strings.Contains(out, c.want) {
			t.Errorf("importing %s prints\n%s, want %s", filepath.Base(c.path), out, c.want)
		}
		if strings.ContainsAny(out, "\r\x1b") {
			t.Errorf("progress is drawn where nobody watches: %q", out)
		}
	}
}

func TestWhatIsNoMailboxIsRefused(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	s.account("Lumen")
	p := s.serve()
	s.refuses([]string{"nowhere.mbox", "no such file"}, "import", "mail", filepath.Join(s.data, "nowhere.mbox"))
	s.refuses([]string{"empty"}, "import", "mail", s.file("empty.mbox", ""))
	s.refuses([]string{"not a mailbox"}, "import", "mail", s.file("image.png", "\x89PNG\r\n\x1a\n\x00\x00 some picture\x00"))
	s.refuses([]string{"ends before"}, "import", "mail", s.file("head.gz", "\x1f\x8b\x08"))
	s.refuses([]string{"own"}, "import", "mail", s.file("good.mbox", mbox(1)), "--own", "nonsense")
	s.file("empty/notes.txt", "nothing here")
	s.refuses([]string{"empty"}, "import", "mail", filepath.Join(filepath.Dir(s.data), "empty"))

	whole := zipped(t, mbox(400))
	r := s.run("import", "mail", s.file("cut.mbox.gz", whole[:len(whole)/2]))
	var list struct{ Data []progress }
	p.get(p.workspace()+"/imports?limit=1", &list)
	last := list.Data[0]
	if r.code != 1 || !strings.Contains(r.err, "cut off") || !strings.Contains(r.out, "1 refused") || last.Imported == 0 || last.Imported >= 400 {
		t.Errorf("a truncated file ends with exit %d and %+v\n%s%s", r.code, last, r.out, r.err)
	}
	if want := fmt.Sprintf("%d complete messages were read", last.Imported); !strings.Contains(r.err, want) {
		t.Errorf("a truncated file lacks %q: %s", want, r.err)
	}
}

func TestImportNeedsNoRunningServer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	box := s.file("all.mbox", mbox(50))
	s.refuses([]string{"rapport user add"}, "import", "mail", box)
	s.account("Lumen")
	report := filepath.Join(filepath.Dir(s.data), "report")
	out := s.must("import", "mail", box, "--own", "bea1@harbour.example,BEA2@harbour.example", "--report", report+".csv")
	if !strings.Contains(out, "50 of 50 messages accounted for: 50 imported") || !strings.Contains(out, " 4 own") {
		t.Errorf("the import prints\n%s, want 50 messages, 4 of them own", out)
	}
	text, err := os.ReadFile(report + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 51 || rows[1][1] != "imported" {
		t.Errorf("the report has %d rows (%v), want 51:\n%s", len(rows), err, text)
	}
	s.must("import", "mail", box, "--report", report+".json")
	if text, err = os.ReadFile(report + ".json"); err != nil {
		t.Fatal(err)
	}
	var items []struct{ Outcome string }
	if err := json.Unmarshal(text, &items); err != nil || len(items) != 50 || items[49].Outcome != "duplicate" {
		t.Errorf("the report has %d items (%v), want 50 duplicates:\n%s", len(items), err, text)
	}
	if pid := s.postmaster(); pid != 0 {
		t.Errorf("the postmaster %d outlives the command", pid)
	}
}

func TestInterruptedImportGoesOn(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	s.account("Lumen")
	const letters = 1000
	box := s.file("all.mbox", mbox(letters))

	// Without a server, the next one goes on.
	said := s.interrupt(box)
	if !strings.Contains(said, "goes on when a server runs again") {
		t.Errorf("interrupted without a server, it says %q", said)
	}
	p := s.serve()
	var list struct{ Data []progress }
	p.get(p.workspace()+"/imports", &list)
	if len(list.Data) != 1 {
		t.Fatalf("%d imports, want 1", len(list.Data))
	}
	if got := p.finished(p.workspace() + "/imports/" + list.Data[0].ID); got.State != "done" || got.Imported != letters {
		t.Errorf("the interrupted import ends as %+v", got)
	}

	said = s.interrupt(box)
	if !strings.Contains(said, "the server goes on") {
		t.Errorf("interrupted with a server, it says %q", said)
	}
	p.get(p.workspace()+"/imports?limit=1", &list)
	if got := p.finished(p.workspace() + "/imports/" + list.Data[0].ID); got.State != "done" || got.Duplicates != letters {
		t.Errorf("the second import ends as %+v", got)
	}
}

// interrupt presses Ctrl-C once an import shows progress, and returns what is
// said about it.
func (s *site) interrupt(box string) string {
	s.t.Helper()
	cmd := s.command("import", "mail", box)
	out, errs := &buffer{}, &buffer{}
	cmd.Stdout, cmd.Stderr = out, errs
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	eventually(s.t, "the import shows progress", func() bool { return strings.Contains(out.String(), "messages") })
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		s.t.Fatal(err)
	}
	_ = cmd.Wait() // the state says it
	if got := cmd.ProcessState.ExitCode(); got != 130 {
		s.t.Errorf("interrupted, it exits with %d, want 130: %s%s", got, out, errs)
	}
	return errs.String()
}

func TestProgressIsDrawnOnlyWhereSomebodyWatches(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	steps := []*progress{
		{State: "running", BytesTotal: 100, BytesDone: 25, Imported: 10},
		{State: "running", BytesTotal: 100, BytesDone: 50, Imported: 20},
		{State: "understanding", BytesTotal: 100, BytesDone: 100, Imported: 40, Triaged: 10},
		{State: "done", Imported: 40, Triaged: 40},
	}
	draw := func(bar bool) string {
		var out bytes.Buffer
		s := &screen{out: &out, bar: bar, now: func() time.Time { return now }}
		for _, p := range steps {
			s.show(p)
			now = now.Add(reports * 2 / 3)
		}
		return out.String()
	}
	if got, want := draw(false), "reading 25%  10 messages\nunderstanding 25%  40 messages\n100%  40 messages\n"; got != want {
		t.Errorf("in a log:\n%q, want\n%q", got, want)
	}
	got := draw(true)
	if strings.Count(got, "\r\x1b[K") != len(steps) || strings.Count(got, "\n") != 1 || !strings.Contains(got, "[=======                       ]  25%") {
		t.Errorf("on a terminal: %q", got)
	}
}
