package main

import (
	"strings"
	"testing"
)

func TestKilledServerLosesNothingOfAnImport(t *testing.T) {
	t.Parallel()
	const letters = 3000
	s := newSite(t)
	s.account("Lumen")
	p := s.serve()
	path := p.upload("all.mbox", strings.NewReader(mbox(letters)))
	for _, moment := range []func(progress) bool{
		func(i progress) bool { return i.Imported > 0 },
		func(i progress) bool { return i.Imported > letters/2 },
		func(i progress) bool { return i.State == "understanding" },
	} {
		at := p.reached(path, func(i progress) bool { return moment(i) || i.ended() })
		if at.ended() {
			t.Fatalf("the import ended as %s before the server could be killed", at.State)
		}
		p.kill()
		p = s.serve()
	}
	got := p.finished(path)
	if got.State != "done" || got.Error != "" || got.Imported != letters || got.seen() != letters || got.Triaged != letters {
		t.Errorf("the import ends as %+v, want %d imported and triaged", got, letters)
	}
	for what, sql := range map[string]string{
		"messages":            `SELECT count(*) FROM messages`,
		"different messages":  `SELECT count(DISTINCT rfc822_id) FROM messages`,
		"items of the report": `SELECT count(DISTINCT ordinal) FROM import_items`,
		"triages":             `SELECT count(DISTINCT message_id) FROM email_triage WHERE state = 'done'`,
	} {
		if n := s.query(sql); n != letters {
			t.Errorf("%d %s, want %d", n, what, letters)
		}
	}
	eventually(t, "no job is left over", func() bool { // what is scheduled looks after the upload once more
		return s.query(`SELECT count(*) FROM river.river_job WHERE state NOT IN ('completed', 'scheduled')`) == 0
	})
	again := p.finished(p.upload("again.mbox", strings.NewReader(mbox(letters))))
	if again.Duplicates != letters || again.Imported != 0 {
		t.Errorf("a second import ends as %+v, want %d duplicates", again, letters)
	}
}
