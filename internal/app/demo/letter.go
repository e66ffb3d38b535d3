package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// letter is one mail.
type letter struct {
	id     string // Message-ID without <>
	from   string // full mailbox
	at     time.Time
	expect string // the category that it must be given, for the test
	parent *letter
	header []field // as written, the addresses resolved
	parts  []part
}

type field struct{ name, value string }

// part is a body; the first of a letter is its plain text, which may be empty.
type part struct{ media, text string }

// value returns the first field of that name, "" when there is none.
func (l *letter) value(name string) string {
	for _, f := range l.header {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// load reads all letters, conversation by conversation.
func load(now time.Time) ([]*letter, error) {
	zone, err := time.LoadLocation(Zone)
	if err != nil {
		return nil, fmt.Errorf("time zone of the demo: %w", err)
	}
	people, err := readPeople()
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "mail/*.txt")
	if err != nil {
		return nil, err
	}
	var all []*letter
	for _, name := range names {
		if path.Base(name) == "people.txt" {
			continue
		}
		src, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		r := reader{clock: clock{now.In(zone).Truncate(time.Second)}, people: people, thread: strings.TrimSuffix(path.Base(name), ".txt")}
		if err := r.read(string(src)); err != nil {
			return nil, fmt.Errorf("demo mail %s: %w", name, err)
		}
		all = append(all, r.letters...)
	}
	return all, nil
}

// reader reads one file.
type reader struct {
	clock   clock
	people  map[string]person
	thread  string
	letters []*letter
}

func (r *reader) read(src string) error {
	for i, text := range strings.Split("\n"+src, "\n=====\n") {
		if err := r.letter(strings.TrimLeft(text, "\n")); err != nil {
			return fmt.Errorf("mail %d: %w", i+1, err)
		}
	}
	return nil
}

func (r *reader) letter(src string) error {
	head, body, ok := strings.Cut(src, "\n\n")
	if !ok {
		return fmt.Errorf("no body")
	}
	l := &letter{}
	for line := range strings.SplitSeq(head, "\n") {
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			return fmt.Errorf("line %q is no header", line)
		}
		if name == "From" || name == "To" || name == "Cc" {
			value = r.mailboxes(value)
		}
		l.header = append(l.header, field{name, value})
	}
	if err := r.place(l); err != nil {
		return err
	}
	for i, f := range l.header {
		value, err := r.expand(l, f.value)
		if err != nil {
			return err
		}
		l.header[i].value = strings.TrimSpace(value)
	}
	text, err := r.expand(l, body)
	if err != nil {
		return err
	}
	if l.value("Charset") == latin1 && strings.ContainsFunc(l.value("Subject")+text, func(c rune) bool { return c > 0xff }) {
		return fmt.Errorf("something is not in %s", latin1)
	}
	l.parts = split(text)
	r.letters = append(r.letters, l)
	return nil
}

// place says who wrote the letter, when, and in answer to which.
func (r *reader) place(l *letter) (err error) {
	if l.at, err = r.clock.at(l.value("Ago")); err != nil {
		return err
	}
	l.from, l.expect = l.value("From"), l.value("Expect")
	_, domain, _ := strings.Cut(address(l.from), "@")
	l.id = fmt.Sprintf("%s.%d@%s", r.thread, len(r.letters)+1, domain)
	n := len(r.letters)
	switch v := l.value("Answers"); v {
	case "":
	case "none":
		return nil
	default:
		if n, err = strconv.Atoi(v); err != nil || n < 1 || n > len(r.letters) {
			return fmt.Errorf("answer to %q, which is none of the mails before", v)
		}
	}
	if n > 0 {
		l.parent = r.letters[n-1]
	}
	return nil
}

// mailboxes replaces the short names of people.
func (r *reader) mailboxes(list string) string {
	all := strings.Split(list, ", ")
	for i, one := range all {
		if p, ok := r.people[one]; ok {
			all[i] = p.mailbox
		}
	}
	return strings.Join(all, ", ")
}

// A marker stands in braces: a word, with a number of working days and a layout
// of time.Format where it takes them.
var (
	marker = regexp.MustCompile(`\{\{(.*?)\}\}`)
	marked = regexp.MustCompile(`^(\w+)(?: (-?\d+))?(?: "(.+)")?$`)
)

// expand fills in dates, signatures and quotes.
func (r *reader) expand(l *letter, body string) (string, error) {
	var wrong error
	out := marker.ReplaceAllStringFunc(body, func(braces string) string {
		text, err := r.fill(l, braces[2:len(braces)-2])
		wrong = errors.Join(wrong, err)
		return text
	})
	return strings.TrimRight(out, "\n") + "\n", wrong
}

func (r *reader) fill(l *letter, word string) (string, error) {
	m := marked.FindStringSubmatch(word)
	if m == nil {
		return "", fmt.Errorf("{{%s}} is no marker", word)
	}
	days, _ := strconv.Atoi(m[2]) // digits, or none
	day, layout := r.clock.day(days), m[3]
	switch m[1] {
	case "day":
		return day.Format("Monday 2 January"), nil
	case "weekday":
		return day.Format("Monday"), nil
	case "date":
		return day.Format(layout), nil
	case "sign":
		return r.signature(l), nil
	}
	if l.parent == nil {
		return "", fmt.Errorf("{{%s}} in a mail that answers none", word)
	}
	switch m[1] {
	case "sent":
		return l.parent.at.Format(layout), nil
	case "quoted":
		return quoted(l.parent), nil
	case "quote":
		return fmt.Sprintf("On %s, %s wrote:\n%s", l.parent.at.Format("Mon, 2 Jan 2006 at 15:04"), display(l.parent.from), quoted(l.parent)), nil
	}
	return "", fmt.Errorf("{{%s}} is no marker", word)
}

func (r *reader) signature(l *letter) string {
	for _, p := range r.people {
		if p.mailbox == l.from {
			return p.signature
		}
	}
	return ""
}

// quoted returns what the letter says with ">" before each line, without what
// it quotes itself.
func quoted(l *letter) string {
	var out []string
	for line := range strings.SplitSeq(strings.TrimRight(l.parts[0].text, "\n"), "\n") {
		if strings.HasPrefix(line, ">") || strings.HasPrefix(line, "On ") && strings.HasSuffix(line, " wrote:") {
			break
		}
		out = append(out, strings.TrimRight("> "+line, " "))
	}
	for len(out) > 0 && out[len(out)-1] == ">" {
		out = out[:len(out)-1]
	}
	return strings.Join(out, "\n")
}

// split takes the parts apart: each begins with a line such as "--- text/html".
func split(text string) []part {
	parts := []part{{media: "text/plain"}}
	for line := range strings.SplitAfterSeq(text, "\n") {
		if media, ok := strings.CutPrefix(line, "--- "); ok {
			parts = append(parts, part{media: strings.TrimSpace(media)})
			continue
		}
		parts[len(parts)-1].text += line
	}
	for i := range parts {
		parts[i].text = strings.TrimLeft(parts[i].text, "\n")
	}
	return parts
}
