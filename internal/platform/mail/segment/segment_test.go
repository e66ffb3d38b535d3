package segment

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLinesAreToldApart(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"plain":            {"Hello\n\nBo", "own:Hello||Bo"},
		"bottom posting":   {"On Mon, 5 May 2025, Bo Lind wrote:\n> lunch?\n> today?\n\nYes.\n", "attribution:On Mon, 5 May 2025, Bo Lind wrote:|quote:> lunch?|> today?||own:Yes.|"},
		"two-line wrote":   {"Sure.\n\nOn Mon, May 5, 2025 at 10:30 AM Bo Lind <bo@example.org>\nwrote:\n\n> lunch?\n", "own:Sure.||attribution:On Mon, May 5, 2025 at 10:30 AM Bo Lind <bo@example.org>|wrote:||quote:> lunch?|"},
		"unmarked quote":   {"Sure.\n\nOn 5 May 2025, Bo wrote:\nlunch?\n-- \nBo", "own:Sure.||attribution:On 5 May 2025, Bo wrote:|quote:lunch?|-- |Bo"},
		"German":           {"Gern.\n\nAm 05.05.2025 um 10:30 schrieb Bo Lind:\n> Mittag?", "own:Gern.||attribution:Am 05.05.2025 um 10:30 schrieb Bo Lind:|quote:> Mittag?"},
		"French":           {"Oui.\n\nLe 5 mai 2025 à 10:30, Bo a écrit :\n> midi ?", "own:Oui.||attribution:Le 5 mai 2025 à 10:30, Bo a écrit :|quote:> midi ?"},
		"Spanish":          {"Sí.\nEl lun, 5 may 2025, Bo escribió:\n> hola", "own:Sí.|attribution:El lun, 5 may 2025, Bo escribió:|quote:> hola"},
		"initials":         {"AB> text\nanswer", "quote:AB> text|own:answer"},
		"signature":        {"Hi\n-- \nAnn\nExample Ltd", "own:Hi|signature:-- |Ann|Example Ltd"},
		"trimmed dashes":   {"Hi\n--\nAnn", "own:Hi|signature:--|Ann"},
		"telephone":        {"ok\n\nSent from my iPhone", "own:ok||signature:Sent from my iPhone"},
		"sig then quote":   {"ok\n-- \nAnn\n\n> old\nnew", "own:ok|signature:-- |Ann||quote:> old|own:new"},
		"Outlook":          {"Agreed.\n\n-----Original Message-----\nFrom: Bo\nSent: Monday\nTo: Ann\nSubject: x\n\nold text", "own:Agreed.||attribution:-----Original Message-----|From: Bo|Sent: Monday|To: Ann|Subject: x||quote:old text"},
		"header block":     {"Agreed.\n\nFrom: Bo\nSent: Monday\nTo: Ann\nSubject: x\n\nold text", "own:Agreed.||attribution:From: Bo|Sent: Monday|To: Ann|Subject: x||quote:old text"},
		"German block":     {"Ja.\n\nVon: Bo\nGesendet: Montag\nAn: Ann\nBetreff: x\n\nalt", "own:Ja.||attribution:Von: Bo|Gesendet: Montag|An: Ann|Betreff: x||quote:alt"},
		"forward":          {"FYI\n\n---------- Forwarded message ---------\nFrom: Bo\nSubject: x\n\nold", "own:FYI||forwarded:---------- Forwarded message ---------|From: Bo|Subject: x||old"},
		"bare forward":     {"From: Bo\nSent: Monday\nTo: Ann\n\nold", "forwarded:From: Bo|Sent: Monday|To: Ann||old"},
		"legal":            {"Hi\n\nThis e-mail and any attachments are confidential.\nDelete it.", "own:Hi||disclaimer:This e-mail and any attachments are confidential.|Delete it."},
		"list footer":      {"Hi\n\n_______________________________________________\nexample mailing list\nhttp://lists.example.com/mailman/listinfo/example", "own:Hi||disclaimer:_______________________________________________|example mailing list|http://lists.example.com/mailman/listinfo/example"},
		"colon is not all": {"He wrote:\nnothing.", "own:He wrote:|nothing."},
		"a list of fields": {"To: the team\nwe need two things", "own:To: the team|we need two things"},
		"subscription":     {"Please renew our subscription today.\nThanks", "own:Please renew our subscription today.|Thanks"},
	} {
		if got := describe(tc.text); got != tc.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tc.want)
		}
	}
}

func TestOffsetsCountCodePointsAndBytes(t *testing.T) {
	t.Parallel()
	blocks := Split("Grüße 🙂\n> alt\n")
	want := []Block{{Own, 0, 8, 0, 13}, {Quote, 8, 14, 13, 19}}
	if len(blocks) != 2 || blocks[0] != want[0] || blocks[1] != want[1] {
		t.Errorf("got %v, want %v", blocks, want)
	}
}

// describe joins the blocks into one line.
func describe(text string) string {
	var b strings.Builder
	for _, block := range Split(text) {
		b.WriteString(string(block.Kind) + ":" + strings.ReplaceAll(text[block.ByteStart:block.ByteEnd], "\n", "|"))
	}
	return b.String()
}

// FuzzSplit holds that blocks cover the text without gap or overlap.
func FuzzSplit(f *testing.F) {
	f.Add("On 5 May 2025, Bo wrote:\n> x\n\nyes\n-- \nAnn\n")
	f.Add("\n\n-----Original Message-----\nFrom: a\n")
	f.Fuzz(func(t *testing.T, text string) {
		at, points := 0, 0
		for _, b := range Split(text) {
			if b.ByteStart != at || b.Start != points || b.ByteEnd <= at || b.ByteEnd > len(text) || b.End-b.Start != utf8.RuneCountInString(text[at:b.ByteEnd]) {
				t.Fatalf("block %+v after byte %d, point %d", b, at, points)
			}
			at, points = b.ByteEnd, b.End
		}
		if at != len(text) {
			t.Fatalf("blocks end at %d of %d", at, len(text))
		}
	})
}
