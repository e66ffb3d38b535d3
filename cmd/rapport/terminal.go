package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// terminal reports whether a person watches or types at the other end.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// password takes the flag, else asks at the terminal without showing what is
// typed, else takes one line of standard input: it need not stand in the
// shell's history.
func password(cmd *cobra.Command, flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	in := cmd.InOrStdin()
	if f, ok := in.(*os.File); ok && terminal(f) {
		fmt.Fprint(os.Stderr, "Password: ")
		typed, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(os.Stderr)
		return given(string(typed), err)
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return given(strings.TrimRight(line, "\r\n"), err)
}

func given(password string, err error) (string, error) {
	if password == "" {
		return "", errors.Join(errors.New("no password given: use --password or standard input"), err)
	}
	return password, nil
}

const (
	width   = 30
	redraws = 300 * time.Millisecond
	reports = 3 * time.Second
)

// screen shows progress: as a bar that is drawn over and over where somebody
// watches, else as a plain line now and then, fit for a log.
type screen struct {
	out   io.Writer
	bar   bool
	now   func() time.Time
	next  time.Time
	shown string
}

func newScreen(out io.Writer) *screen {
	return &screen{out: out, bar: terminal(out), now: time.Now}
}

// show tells how far p is, if that is due or p has ended.
func (s *screen) show(p *progress) {
	if s.bar {
		fmt.Fprint(s.out, "\r\x1b[K", p.doing(), bar(p.part()), p.figures())
		if p.ended() {
			fmt.Fprintln(s.out)
		}
		return
	}
	line := fmt.Sprintf("%s%.0f%%%s", p.doing(), p.part()*100, p.figures())
	if !p.ended() && s.now().Before(s.next) || line == s.shown {
		return
	}
	s.next, s.shown = s.now().Add(reports), line
	fmt.Fprintln(s.out, line)
}

// leave ends an unfinished bar, so that what follows stands on its own line.
func (s *screen) leave() {
	if s.bar {
		fmt.Fprintln(s.out)
	}
}

func bar(part float64) string {
	full := int(part * width)
	return fmt.Sprintf("[%s%s] %3.0f%%", strings.Repeat("=", full), strings.Repeat(" ", width-full), part*100)
}
