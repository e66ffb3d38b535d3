package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"
)

// mails is the size of the generated mailbox.
const mails = 2500

// generateMailbox writes an mbox like a busy person's: half of it lists and
// robots, the rest conversations of two to six messages, some with HTML, some
// with an attachment. The same one every time.
func generateMailbox(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<16)
	g := &writer{w: w, rnd: rand.New(rand.NewPCG(3, 4)), at: time.Now().UTC().AddDate(0, 0, -60)}
	for g.count < n {
		switch k := g.rnd.IntN(100); {
		case k < 22:
			g.conversation(min(2+g.rnd.IntN(5), n-g.count))
		case k < 75:
			g.newsletter()
		default:
			g.robot()
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

type writer struct {
	w     *bufio.Writer
	rnd   *rand.Rand
	at    time.Time
	count int
}

type person struct{ name, address string }

var me = person{"Bench Owner", "owner@bench.example"}

func (g *writer) pick(from []string) string { return from[g.rnd.IntN(len(from))] }

func (g *writer) person() person {
	first, last := g.pick(firstNames), g.pick(lastNames)
	domain := strings.ToLower(g.pick(companyWords) + "-" + g.pick(companyKinds))
	return person{first + " " + last, strings.ToLower(fmt.Sprintf("%s.%s@%s.example", ascii.Replace(first), last, domain))}
}

var ascii = strings.NewReplacer("ë", "e", "Å", "A", "ø", "o", "Ç", "C", "É", "E")

// conversation goes to and fro between the owner and somebody.
func (g *writer) conversation(messages int) {
	other := g.person()
	subject := g.pick(subjects)
	var refs []string
	quoted := ""
	for i := range messages {
		from, to := other, me
		if i%2 == 1 {
			from, to = me, other
		}
		text := "Hi " + strings.Fields(to.name)[0] + ",\n\n"
		for range 2 + g.rnd.IntN(4) {
			text += g.pick(sentences) + "\n"
		}
		text += "\nBest\n" + from.name + "\n"
		extra := ""
		if len(refs) > 0 {
			extra = "In-Reply-To: " + refs[len(refs)-1] + "\nReferences: " + strings.Join(refs, " ") + "\n"
		}
		head := subject
		if i > 0 {
			head = "Re: " + subject
		}
		refs = append(refs, g.write(from, to, head, extra, text+quoted))
		quoted = "\nOn that day " + from.name + " wrote:\n> " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n> ") + "\n"
	}
}

func (g *writer) newsletter() {
	list := strings.ToLower(g.pick(companyWords)) + "-news"
	text := ""
	for range 10 + g.rnd.IntN(30) {
		text += g.pick(news) + "\n\n"
	}
	extra := fmt.Sprintf("List-Id: <%s.lists.example>\nList-Unsubscribe: <mailto:leave@%s.lists.example>\nPrecedence: list\n", list, list)
	g.write(person{g.pick(companyWords) + " News", list + "@lists.example"}, me, "["+list+"] "+g.pick(news), extra, text+"--\nTo leave this list write to leave@"+list+".lists.example\n")
}

func (g *writer) robot() {
	text := fmt.Sprintf("Build %d has finished.\n\nDuration: %d s\nResult: passed\n\nThis message was sent by a machine. Do not reply.\n", g.rnd.IntN(100000), g.rnd.IntN(900))
	g.write(person{"Build", "no-reply@ci.example"}, me, fmt.Sprintf("Build %d passed", g.rnd.IntN(100000)), "Auto-Submitted: auto-generated\n", text)
}

// write adds one message and returns its Message-ID.
func (g *writer) write(from, to person, subject, extra, text string) string {
	g.count++
	g.at = g.at.Add(time.Duration(g.rnd.IntN(2000)) * time.Second)
	id := fmt.Sprintf("<%d.%x@mail.example>", g.count, g.rnd.Uint64())
	body, kind := text, "text/plain; charset=utf-8"
	switch k := g.rnd.IntN(20); {
	case k < 8:
		kind, body = g.alternative(text)
	case k == 8:
		kind, body = g.attached(text)
	}
	fmt.Fprintf(g.w, "From %s %s\nFrom: =?utf-8?B?%s?= <%s>\nTo: %s <%s>\nSubject: %s\nDate: %s\nMessage-ID: %s\nMIME-Version: 1.0\nContent-Type: %s\n%s\n%s\n",
		from.address, g.at.Format(time.ANSIC), base64.StdEncoding.EncodeToString([]byte(from.name)), from.address, to.name, to.address,
		subject, g.at.Format(time.RFC1123Z), id, kind, extra, strings.ReplaceAll(body, "\nFrom ", "\n>From "))
	return id
}

func (g *writer) alternative(text string) (kind, body string) {
	html := "<html><body><p>" + strings.ReplaceAll(text, "\n\n", "</p>\n<p>") + "</p><img src=\"https://images.example/pixel.gif\"></body></html>"
	return `multipart/alternative; boundary="=_alt"`, "--=_alt\nContent-Type: text/plain; charset=utf-8\n\n" + text +
		"\n--=_alt\nContent-Type: text/html; charset=utf-8\n\n" + html + "\n--=_alt--\n"
}

func (g *writer) attached(text string) (kind, body string) {
	bytes := make([]byte, 5_000+g.rnd.IntN(150_000))
	for i := range bytes {
		bytes[i] = byte(g.rnd.Uint32())
	}
	packed := base64.StdEncoding.EncodeToString(bytes)
	var b strings.Builder
	fmt.Fprintf(&b, "--=_mix\nContent-Type: text/plain; charset=utf-8\n\n%s\n--=_mix\nContent-Type: application/pdf; name=\"offer.pdf\"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=\"offer.pdf\"\n\n", text)
	for ; len(packed) > 76; packed = packed[76:] {
		b.WriteString(packed[:76] + "\n")
	}
	b.WriteString(packed + "\n--=_mix--\n")
	return `multipart/mixed; boundary="=_mix"`, b.String()
}

var (
	subjects  = []string{"Offer for the new depot", "Question about the invoice", "Meeting next week", "Login does not work", "Renewal of our contract", "Idea for the export", "Delivery on Thursday", "Introduction", "Price list"}
	news      = []string{"The release candidate fixes two faults of the parser", "Three talks from the autumn meeting are online", "How we moved the archive in one night", "Members vote on the budget until the end of the month", "A short guide to better backups", "New mirrors in the north"}
	sentences = []string{
		"Could we meet on Tuesday at 10:00 to go through the offer?", "The export stops after 500 rows, which blocks our month end.",
		"We need the integration before the first of March.", "What would 40 seats cost per year?",
		"Thank you for the quick answer, that helped a lot.", "I will send the signed contract by Friday.",
		"Our budget for this is about 12,000 EUR.", "Unfortunately the invoice shows the wrong address again.",
		"Please tell me who decides about this on your side.", "It would be great if reports could be scheduled.",
		"We have decided to go ahead with the larger plan.", "My colleague Dana Weiss will take over from next month.",
	}
)
