package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"rapport/internal/ai/text"
)

func own(s string) string {
	var b strings.Builder
	r := []rune(s)
	for _, p := range text.Own(s) {
		b.WriteString(string(r[p.Start:p.End]))
	}
	return strings.TrimSpace(b.String())
}

func TestOwnTextLeavesOutWhatOthersWrote(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ in, want string }{
		"quoted lines":          {"Yes.\n> Shall we?\n> Now?\nFine.", "Yes.\nFine."},
		"reply header":          {"Thänks, that works for us.\n\nOn 3 May 2025, Ann Lee <ann@a.example> wrote:\n> old", "Thänks, that works for us."},
		"wrapped reply header":  {"Agreed with this.\n\nOn 3 May 2025 at 10:00 Ann Lee\n<ann@a.example> wrote:\n> old", "Agreed with this."},
		"unmarked quote":        {"Agreed with this.\n\nOn 3 May 2025, Ann Lee <ann@a.example> wrote:\nold text", "Agreed with this."},
		"interleaved":           {"Ann Lee wrote:\n> one?\nYes to one.\n> two?\nNo to two.", "Yes to one.\nNo to two."},
		"name marked quote":     {"Ann> is it done?\nIt is done.", "It is done."},
		"forward":               {"See below please.\n\n---------- Forwarded message ---------\nFrom: a@b.example\nPay now!", "See below please."},
		"outlook header":        {"Do it please.\n\nFrom: Ann Lee\nSent: Monday\nTo: Bo\nold", "Do it please."},
		"signature mark":        {"Hello there.\n-- \nAnn Lee\nAcme Ltd", "Hello there."},
		"farewell":              {"Send it over.\n\nBest regards,\nAnn Lee\nAcme Ltd", "Send it over."},
		"German farewell":       {"Bitte senden.\n\nMit freundlichen Grüßen\nAnn Lee", "Bitte senden."},
		"bare name":             {"Send it over.\n\nAnn", "Send it over."},
		"thanks only":           {"Thanks!", "Thanks!"},
		"list footer":           {"Good idea.\n\n_______________________________________________\nA mailing list\nhttp://x.example", "Good idea."},
		"disclaimer":            {"Good idea, go.\n\nThis e-mail and any attachments are confidential.", "Good idea, go."},
		"rows of figures":       {"Results:\n  0.11   0.22  0.33\ndone with it.", "Results:\ndone with it."},
		"a list is no farewell": {"Two points:\n\n- Anna\n- Bert and his long list of wishes", "Two points:\n\n- Anna\n- Bert and his long list of wishes"},
	}
	for name, c := range cases {
		if got := own(c.in); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestSentencesEndWhereTheyShould(t *testing.T) {
	t.Parallel()
	cases := []struct {
		in   string
		want []string
	}{
		{"It costs 2.50 today. We met Dr. Blum, e.g. on 3. April here. Fine?", []string{"It costs 2.50 today.", "We met Dr. Blum, e.g. on 3. April here.", "Fine?"}},
		{"This line is wrapped by a\nprogram somewhere. Next one.", []string{"This line is wrapped by a\nprogram somewhere.", "Next one."}},
		{"Points:\n- first one\n- second one", []string{"Points:", "first one", "second one"}},
		{"Really?! Yes.", []string{"Really?!", "Yes."}},
		{"One.\n\nTwo", []string{"One.", "Two"}},
	}
	for _, c := range cases {
		d := text.ParseAll(c.in)
		var got []string
		for _, s := range d.Sentences {
			got = append(got, c.in[s.Start:s.End])
		}
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestCuesMatchPhrases(t *testing.T) {
	t.Parallel()
	cues := text.MustCues("; a comment\nask 2: could|can you ~ send\nbroken 1 !: not work*\nhappy 1: happy\nstart 1 ^: please\nwho 1 ?: who\nopt 1: we really? need #\n")
	cases := []struct{ in, want string }{
		{"Could you please quickly send it?", "ask"},
		{"Could you, if possible, send it?", ""},
		{"It does not working.", "broken"},
		{"I am not at all happy.", "happy!"},
		{"I am not only happy.", "happy"},
		{"It failed, but I am happy.", "happy"},
		{"Please go.", "start"},
		{"- please go.", "start"},
		{"Go please.", ""},
		{"Go now or later please.", ""},
		{"Who knows.", ""},
		{"Who knows?", "who"},
		{"We need 3, we really need 4.", "opt opt"},
	}
	for _, c := range cases {
		var got []string
		for _, h := range cues.Find(text.ParseAll(c.in)) {
			label := h.Cue.Label
			if h.Negated {
				label += "!"
			}
			got = append(got, label)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestIndexConvertsBothWays(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "plain", strings.Repeat("aé€😀", 100), "bad \xff\xfe bytes é" + strings.Repeat("é\x80", 80), strings.Repeat("x", 64) + "é"} {
		x := text.NewIndex(s)
		n := 0
		for i := range s {
			if got := x.Rune(i); got != n {
				t.Fatalf("Rune(%d) of %q is %d, want %d", i, s, got, n)
			}
			if got := x.Byte(n); got != i {
				t.Fatalf("Byte(%d) of %q is %d, want %d", n, s, got, i)
			}
			n++
		}
		if got := x.Rune(len(s)); got != utf8.RuneCountInString(s) {
			t.Errorf("Rune at the end of %q is %d, want %d", s, got, utf8.RuneCountInString(s))
		}
		if got := x.Byte(n + 1); got != -1 {
			t.Errorf("Byte(%d) is %d, want -1", n+1, got)
		}
	}
}

func TestTopicsArePhrasesOfTheText(t *testing.T) {
	t.Parallel()
	subject, body := text.ParseAll("Data export"), text.ParseAll("The data export fails. Our payroll system needs the data export every month, and the payroll system waits.")
	got := text.Topics(subject, body, 5)
	if len(got) == 0 || got[0] != "data export" {
		t.Errorf("topics are %q, want data export first", got)
	}
	for _, topic := range got {
		if !strings.Contains(strings.ToLower(subject.Text+" "+body.Text), topic) {
			t.Errorf("topic %q does not stand in the text", topic)
		}
	}
}

func TestOneLineCutsAtAWord(t *testing.T) {
	t.Parallel()
	cases := []struct {
		in    string
		limit int
		want  string
	}{
		{" a\n b\t c ", 10, "a b c"},
		{"eins zwei dräi vier", 15, "eins zwei dräi"},
		{"ohnejedeslehrzeichen", 5, "ohnej"},
	}
	for _, c := range cases {
		if got := text.OneLine(c.in, c.limit); got != c.want {
			t.Errorf("OneLine(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

func TestLongTextIsReadUpToItsBound(t *testing.T) {
	t.Parallel()
	d := text.Parse(strings.Repeat("Some words ä here. ", 100_000))
	last := d.Words[len(d.Words)-1]
	if last.End > text.MaxOwn {
		t.Errorf("read up to byte %d, want at most %d", last.End, text.MaxOwn)
	}
}
