package demo

import (
	"fmt"
	"net/mail"
	"strings"
)

// person is somebody who writes more than once.
type person struct{ mailbox, signature string }

// readPeople reads people.txt: a line "short: Name <address>", the signature
// indented below it.
func readPeople() (map[string]person, error) {
	src, err := files.ReadFile("mail/people.txt")
	if err != nil {
		return nil, err
	}
	all := map[string]person{}
	short := ""
	for line := range strings.SplitSeq(string(src), "\n") {
		if text, ok := strings.CutPrefix(line, "  "); ok {
			p := all[short]
			p.signature = strings.TrimPrefix(p.signature+"\n"+text, "\n")
			all[short] = p
			continue
		}
		name, mailbox, ok := strings.Cut(line, ": ")
		if !ok {
			continue
		}
		if _, err := mail.ParseAddress(mailbox); err != nil {
			return nil, fmt.Errorf("people.txt: %s: %w", name, err)
		}
		short = name
		all[short] = person{mailbox: mailbox}
	}
	return all, nil
}

// address returns what is between the angle brackets of a mailbox.
func address(mailbox string) string {
	if _, rest, ok := strings.Cut(mailbox, "<"); ok {
		return strings.TrimSuffix(rest, ">")
	}
	return mailbox
}

// display returns the name of a mailbox, or its address.
func display(mailbox string) string {
	name, _, _ := strings.Cut(mailbox, " <")
	return name
}
