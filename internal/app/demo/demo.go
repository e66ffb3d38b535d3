// Package demo writes the mailbox of the demo workspace: about a hundred
// invented mails to and from Northlight Studio, a small agency that does not exist.
// What they say is in the folder mail, one file a conversation, to be read and
// edited as text; mail/README.md explains the form.
package demo

import (
	"bufio"
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

//go:embed mail
var files embed.FS

// Zone is the time zone in which the mails are dated.
const Zone = "Europe/Berlin"

// OwnAddresses are those of the team, whose mails are outbound.
func OwnAddresses() []string {
	var own []string
	for _, name := range []string{"mara", "hello", "jonas", "priya", "tomasz", "elif", "nora"} {
		own = append(own, name+"@northlight.example")
	}
	return own
}

// Mailbox writes the mails to w as mboxrd, oldest first. The newest is an hour
// older than now, the oldest some ten weeks. The same now gives the same bytes.
func Mailbox(w io.Writer, now time.Time) error {
	letters, err := load(now)
	if err != nil {
		return err
	}
	slices.SortStableFunc(letters, func(a, b *letter) int { return a.at.Compare(b.at) })
	out := bufio.NewWriter(w)
	for _, l := range letters {
		raw, err := l.raw()
		if err != nil {
			return fmt.Errorf("demo mail %s: %w", l.id, err)
		}
		fmt.Fprintf(out, "From %s %s\n%s\n", address(l.from), l.at.UTC().Format(time.ANSIC), escape(raw))
	}
	return out.Flush()
}

// escape protects lines that look like the beginning of the next message.
func escape(raw string) string {
	lines := strings.SplitAfter(raw, "\n")
	for i, line := range lines {
		if strings.HasPrefix(strings.TrimLeft(line, ">"), "From ") {
			lines[i] = ">" + line
		}
	}
	return strings.Join(lines, "")
}
