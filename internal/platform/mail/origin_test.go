package mail

import (
	"strings"
	"testing"
)

func TestOriginNamesWhatDecided(t *testing.T) {
	t.Parallel()
	const person = "From: Ann Berg <ann@example.com>\nTo: bo@example.org\nSubject: Plan\n"
	for name, tc := range map[string]struct {
		raw  string
		want Category
		why  string
	}{
		"person":                   {person + "\nshall we meet?", Personal, "no sign"},
		"own":                      {"From: Bo <BO+x@example.org>\nList-Id: <l.example.com>\n\nx", Self, "bo@example.org"},
		"list":                     {person + "List-Id: Users <users.example.com>\n\nx", Bulk, "List-Id: Users <users.example.com> (list mail)"},
		"old mailman":              {person + "X-BeenThere: users@lists.example.com\n\nx", Bulk, "X-Beenthere: users@lists.example.com"},
		"ezmlm":                    {person + "Mailing-List: contact users-help@example.com; run by ezmlm\n\nx", Bulk, "Mailing-List"},
		"precedence":               {person + "Precedence: bulk\n\nx", Bulk, "Precedence: bulk"},
		"unsubscribe field":        {person + "List-Unsubscribe: <mailto:off@example.com>\n\nx", Bulk, "List-Unsubscribe"},
		"list sender":              {person + "Sender: users-admin@lists.example.com\n\nx", Bulk, "Sender: users-admin@"},
		"bounce address":           {person + "Return-Path: <bounce-123-bo=example.org@mail.example.com>\n\nx", Bulk, "Return-Path"},
		"newsletter":               {"From: newsletter@shop.example\n\nx", Bulk, "sent by newsletter@shop.example"},
		"news feed":                {"From: rssfeeds@example.com\n\nx", Bulk, "sent by rssfeeds@"},
		"newsletter with no-reply": {"From: noreply@shop.example\nList-Unsubscribe: <https://shop.example/u>\n\nx", Bulk, "List-Unsubscribe"},
		"no-reply":                 {"From: no-reply@shop.example\n\nYour order", Automatic, "sent by no-reply@shop.example"},
		"auto-submitted":           {person + "Auto-Submitted: auto-replied\n\nx", Automatic, "Auto-Submitted: auto-replied"},
		"auto-submitted no":        {person + "Auto-Submitted: no\n\nx", Personal, "no sign"},
		"cron":                     {"From: root@host.example.com (Cron Daemon)\nSubject: Cron <root@host> x\n\nx", Automatic, "sent by root@host.example.com"},
		"daemon":                   {"From: MAILER-DAEMON@mx.example.com\n\nx", Automatic, "MAILER-DAEMON"},
		"null sender":              {person + "Return-Path: <>\n\nx", Automatic, "Return-Path: <>"},
		"delivery report":          {person + "Content-Type: multipart/report; boundary=b\n\n--b\n\nfailed\n--b\nContent-Type: message/delivery-status\n\nAction: failed\n--b--\n", Automatic, "delivery status report"},
		"read receipt":             {person + "Content-Type: multipart/report; boundary=b\n\n--b\n\nread\n--b\nContent-Type: message/disposition-notification\n\nx: y\n--b--\n", Automatic, "read receipt"},
		"absent":                   {"From: ann@example.com\nSubject: Out of Office: Plan\n\nx", Automatic, `Subject begins with "out of office"`},
		"speaks of absence":        {"From: ann@example.com\nTo: bo@example.org\nSubject: Out of office next week?\n\nx", Personal, "no sign"},
		"own return path":          {"From: it-admin@example.com\nReturn-Path: <it-admin@example.com>\nTo: bo@example.org\n\nx", Personal, "no sign"},
		"absent in German":         {"From: ann@example.com\nSubject: Abwesenheitsnotiz: Plan\n\nx", Automatic, "abwesenheitsnotiz"},
		"answer about it":          {"From: ann@example.com\nTo: bo@example.org\nSubject: Re: Out of Office\n\nsorry", Personal, "no sign"},
		"commit on a list":         {person + "List-Id: <c.example.com>\nSubject: x\n\nx", Bulk, "List-Id"},
		"commit robot":             {"From: ann@example.com\nSubject: [proj] CVS: lib a.c,1.1,1.2\nList-Id: <c.example.com>\n\nx", Automatic, "Subject begins with"},
		"says so itself":           {person + "\nThis is an automated response to your message.", Automatic, "this is an automated"},
		"quotes a robot":           {person + "\nlook:\n> This is an automated response", Personal, "no sign"},
		"archived list":            {"From: ann@example.com\nSubject: [Example] Re: x\n\nx", Bulk, "[Example]"},
		"person with a tag":        {person[:len(person)-len("Subject: Plan\n")] + "Subject: [urgent] x\n\nx", Personal, "no sign"},
		"copy of list mail":        {"From: ann@example.com\nTo: bo@example.org\nCc: users@lists.example.com\nSubject: Re: [users] x\n\nx", Personal, "no sign"},
		"to the list":              {"From: ann@example.com\nTo: users@lists.example.com\nSubject: Re: [users] x\n\nx", Bulk, "addressed to the list users@lists.example.com"},
		"fifty people":             {"From: ann@example.com\nTo: " + strings.Repeat("p@example.com,", 50) + "\n\nx", Bulk, "addressed to 50 people"},
		"mass footer":              {person + "Content-Type: text/html\n\n<p>Buy now<p>To unsubscribe click here", Bulk, "unsubscribe"},
		"quoted footer":            {person + "\nsee below\n> To unsubscribe from this list, click here", Personal, "no sign"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, why := Origin(parse(t, tc.raw), []string{"Bo@Example.org"})
			if got != tc.want || !strings.Contains(why, tc.why) {
				t.Errorf("got %s %q, want %s with %q", got, why, tc.want, tc.why)
			}
		})
	}
}

func TestAddressKeyFoldsWhatDoesNotDistinguish(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Ann@Example.COM":          "ann@example.com",
		"ann+news@example.com":     "ann@example.com",
		"<ann@example.com>":        "ann@example.com",
		"ann@example.com.":         "ann@example.com",
		"a.n.n@gmail.com":          "a.n.n@gmail.com",
		"ann@bücher.example":       "ann@xn--bcher-kva.example",
		"+tag@example.com":         "+tag@example.com",
		"ann@[192.0.2.1]":          "ann@[192.0.2.1]",
		"root@localhost":           "root@localhost",
		"root":                     "",
		"":                         "",
		"@example.com":             "",
		"ann@":                     "",
		"a b@example.com":          "",
		"ann@exa mple.com":         "",
		"ann@example..com":         "",
		"ann@-\u202e.example":      "",
		"x@y@example.com":          "",
		"ann\r\nbcc:b@example.com": "",
		strings.Repeat("a", 400) + "@example.com": "",
	} {
		if got := AddressKey(in); got != want {
			t.Errorf("AddressKey(%q): got %q, want %q", in, got, want)
		}
	}
	if got := Domain("Ann <x>@Example.com"); got != "" {
		t.Errorf("Domain of no address: got %q, want none", got)
	}
	if got := Domain("Ann@Example.com."); got != "example.com" {
		t.Errorf("Domain: got %q, want example.com", got)
	}
}

func TestFreeMailIsNoCompany(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]bool{"gmail.com": true, "GMX.de": true, "web.de.": true, "example.com": false, "": false} {
		if got := FreeMail(domain); got != want {
			t.Errorf("FreeMail(%q): got %v, want %v", domain, got, want)
		}
	}
}

func TestSubjectsOfOneThreadAreEqual(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Plan for May":                     "plan for may",
		"Re: Plan for  May":                "plan for may",
		"RE: FW: Plan for May":             "plan for may",
		"Re[2]: Plan for May":              "plan for may",
		"Re^3: plan for may":               "plan for may",
		"AW: WG: Plan for May":             "plan for may",
		"SV: VS: Antw: Plan for May":       "plan for may",
		"Re: [users] Re: Plan for May":     "plan for may",
		"[users] Plan for May (fwd)":       "plan for may",
		"回复：Plan for May":                  "plan for may",
		"Re: ":                             "",
		"":                                 "",
		"Regarding: the plan":              "regarding: the plan",
		"Budget: the plan":                 "budget: the plan",
		"re-entry":                         "re-entry",
		strings.Repeat("Re: ", 5000) + "x": "x",
	} {
		if got := NormalSubject(in); got != want {
			t.Errorf("NormalSubject(%.40q): got %q, want %q", in, got, want)
		}
	}
}

// FuzzAddress holds that a key is its own key and that subjects shrink to a
// fixed point.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"Ann+x@Example.com.", "ann@bücher.example", "Re: [x] Fwd: y (fwd)", "a@[ipv6:::1]", "\"a b\"@c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key := AddressKey(s)
		if again := AddressKey(key); again != key {
			t.Errorf("AddressKey(%q) = %q, whose key is %q", s, key, again)
		}
		if strings.ContainsAny(key, "\r\n\x00 <>,") {
			t.Errorf("AddressKey(%q) = %q", s, key)
		}
		subject := NormalSubject(s)
		if again := NormalSubject(subject); again != subject {
			t.Errorf("NormalSubject(%q) = %q, then %q", s, subject, again)
		}
	})
}

// BenchmarkParseAndOrigin reads a short reply as an importer does.
func BenchmarkParseAndOrigin(b *testing.B) {
	raw := "Received: from mx.example.com by host.example.org; Mon, 5 May 2025 10:30:01 +0200\nFrom: Ann Berg <ann@example.com>\n" +
		"To: bo@example.org, \"Lind, Cy\" <cy@example.net>\nSubject: =?utf-8?Q?Re:_Gr=C3=BC=C3=9Fe?=\nDate: Mon, 5 May 2025 10:30:00 +0200\n" +
		"Message-ID: <1@example.com>\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n" +
		strings.Repeat("Some words of an answer, with =C3=BCmlauts in them.\n", 20) + "\n> " + strings.Repeat("quoted words\n> ", 20) + "\n-- \nAnn\n"
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		m, err := Parse(strings.NewReader(raw), nil)
		if err != nil {
			b.Fatal(err)
		}
		Origin(m, nil)
	}
}
