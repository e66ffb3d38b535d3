// Command postoffice runs Debian's Dovecot for the browser tests: it makes an
// account, says on a line of its own how it is reached, and delivers each line
// of its input, a message in base64, until the input ends.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"rapport/internal/platform/imap/dovecot"
)

// owner is the account that mail goes to.
const owner = "owner"

// longest is the size of a line: a message of a few megabytes.
const longest = 8 << 20

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "postoffice:", err)
		os.Exit(1)
	}
}

func run() error {
	server, err := dovecot.New()
	if err != nil {
		return err
	}
	defer server.Remove()
	if err := errors.Join(server.AddUser(owner), server.Start()); err != nil {
		return err
	}
	say := json.NewEncoder(os.Stdout)
	if err := say.Encode(map[string]any{"host": "127.0.0.1", "port": server.Port, "username": owner, "password": dovecot.Password}); err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longest)
	for lines.Scan() {
		raw, err := base64.StdEncoding.DecodeString(lines.Text())
		if err != nil {
			return err
		}
		if err := server.Deliver(owner, "", raw); err != nil {
			return err
		}
		if err := say.Encode(map[string]any{"delivered": len(raw)}); err != nil {
			return err
		}
	}
	return lines.Err()
}
