package sync_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	stdsync "sync"
	"testing"

	"rapport/internal/api/op"
)

// rogue is a mail server that breaks the rules where a test wants it to. Its
// inbox holds n messages; what is not set behaves.
type rogue struct {
	n       uint32
	uid     func(seq uint32) uint32
	size    func(uid uint32) int64                   // announced in the head
	body    func(w io.Writer, seq, uid uint32) error // answers a fetch of the body
	command func(w io.Writer, line string) bool      // takes a command over
	deny    func(command string) bool                // says no to a command

	mu       stdsync.Mutex
	commands []string
}

// open serves until the test ends and returns the port.
func (r *rogue) open(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			go r.serve(conn)
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

func (r *rogue) serve(conn net.Conn) {
	defer conn.Close()
	in, out := bufio.NewReader(conn), bufio.NewWriter(conn)
	fmt.Fprint(out, "* OK [CAPABILITY IMAP4rev1] ready\r\n")
	for {
		if out.Flush() != nil {
			return
		}
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		tag, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		r.mu.Lock()
		r.commands = append(r.commands, command)
		r.mu.Unlock()
		if r.command != nil && r.command(out, command) {
			continue
		}
		if r.deny != nil && r.deny(command) {
			fmt.Fprintf(out, "%s NO not now\r\n", tag)
			continue
		}
		if err := r.answer(out, command); err != nil {
			out.Flush()
			return
		}
		fmt.Fprintf(out, "%s OK done\r\n", tag)
	}
}

func (r *rogue) numbered(seq uint32) uint32 {
	if r.uid != nil {
		return r.uid(seq)
	}
	return seq
}

func (r *rogue) answer(w io.Writer, command string) error {
	upper := strings.ToUpper(command)
	switch {
	case strings.HasPrefix(upper, "CAPABILITY"):
		fmt.Fprint(w, "* CAPABILITY IMAP4rev1\r\n")
	case strings.HasPrefix(upper, "LIST"):
		fmt.Fprint(w, "* LIST () \"/\" INBOX\r\n")
	case strings.HasPrefix(upper, "STATUS"):
		fmt.Fprintf(w, "* STATUS INBOX (MESSAGES %d UIDNEXT 4000000000 UIDVALIDITY 7)\r\n", r.n)
	case strings.HasPrefix(upper, "EXAMINE"):
		fmt.Fprintf(w, "* %d EXISTS\r\n* OK [UIDVALIDITY 7] so\r\n* OK [UIDNEXT 4000000000] so\r\n", r.n)
	case strings.HasPrefix(upper, "FETCH"), strings.HasPrefix(upper, "UID FETCH"):
		return r.fetch(w, upper)
	case strings.HasPrefix(upper, "UID SEARCH"):
		fmt.Fprint(w, "* SEARCH\r\n")
	}
	return nil
}

func (r *rogue) fetch(w io.Writer, command string) error {
	byUID := strings.HasPrefix(command, "UID ")
	set := strings.Fields(strings.TrimPrefix(command, "UID "))[1]
	for part := range strings.SplitSeq(set, ",") {
		from, to, ranged := strings.Cut(part, ":")
		if !ranged {
			to = from
		}
		low, _ := strconv.ParseUint(from, 10, 32)
		high, _ := strconv.ParseUint(to, 10, 32)
		if byUID {
			for seq := uint32(1); seq <= r.n; seq++ {
				if uid := r.numbered(seq); uid >= uint32(low) && uid <= uint32(high) {
					if err := r.one(w, command, seq, uid); err != nil {
						return err
					}
				}
			}
			continue
		}
		for seq := uint32(low); seq <= uint32(high) && seq <= r.n; seq++ {
			if err := r.one(w, command, seq, r.numbered(seq)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *rogue) one(w io.Writer, command string, seq, uid uint32) error {
	if !strings.Contains(command, "BODY.PEEK[]") {
		size := int64(len(letter(int(uid))))
		if r.size != nil {
			size = r.size(uid)
		}
		_, err := fmt.Fprintf(w, "* %d FETCH (UID %d RFC822.SIZE %d FLAGS () INTERNALDATE \"05-Jan-2026 09:00:00 +0000\")\r\n", seq, uid, size)
		return err
	}
	if r.body != nil {
		return r.body(w, seq, uid)
	}
	return good(w, seq, uid)
}

func good(w io.Writer, seq, uid uint32) error {
	text := letter(int(uid))
	_, err := fmt.Fprintf(w, "* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n", seq, uid, len(text), text)
	return err
}

// said counts commands that begin so.
func (r *rogue) said(prefix string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.commands {
		if strings.HasPrefix(c, prefix) {
			n++
		}
	}
	return n
}

func (d *desk) refused() int64 {
	return d.count(`SELECT count(*) FROM mailbox_messages WHERE workspace_id = $1 AND refused <> ''`)
}

func TestLiesAboutNumbersLoseNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	// Twice the same, downwards, zero: 400 messages under 397 numbers that mean something.
	r := &rogue{n: 400, uid: func(seq uint32) uint32 {
		switch {
		case seq == 10:
			return 9
		case seq == 11:
			return 0
		case seq == 400:
			return 398
		}
		return seq ^ 3 // in fours, the wrong way round
	}}
	want := map[uint32]bool{}
	for seq := uint32(1); seq <= r.n; seq++ {
		if uid := r.numbered(seq); uid != 0 {
			want[uid] = true
		}
	}
	m := d.connect(r.open(t), "ann", nil)
	d.run()
	d.until("the mailbox to be read", d.live(m))
	if got := d.stored(); got != int64(len(want)) {
		t.Errorf("%d messages are stored, want %d", got, len(want))
	}
	folders, err := d.accounts.Folders(d.ctx, &op.ByID{ID: m})
	if err != nil || !strings.Contains(folders.Body.Data[0].Trouble, "wrongly") {
		t.Errorf("the folder says %+v (%v)", folders, err)
	}
}

func TestAMessageThatBreaksTheConnectionIsRefusedAlone(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]func(w io.Writer, seq, uid uint32) error{
		"closes in the middle": func(w io.Writer, seq, uid uint32) error {
			fmt.Fprintf(w, "* %d FETCH (UID %d BODY[] {5000}\r\nFrom: a@b.example\r\n", seq, uid)
			return io.ErrClosedPipe
		},
		"a garbage literal": func(w io.Writer, seq, uid uint32) error {
			fmt.Fprintf(w, "* %d FETCH (UID %d BODY[] {-17}\r\n)\r\n", seq, uid)
			return nil
		},
		"garbage for an answer": func(w io.Writer, _, _ uint32) error {
			fmt.Fprintf(w, "\x00\xff)))\r\n* %%%% (((\r\n")
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			r := &rogue{n: 30, body: func(w io.Writer, seq, uid uint32) error {
				if uid == 17 {
					return bad(w, seq, uid)
				}
				return good(w, seq, uid)
			}}
			m := d.connect(r.open(t), "ann", nil)
			d.run()
			d.until("the mailbox to be read", d.live(m))
			if stored, refused := d.stored(), d.refused(); stored != 29 || refused != 1 {
				t.Errorf("%d stored, %d refused; want 29 and 1", stored, refused)
			}
		})
	}
}

func TestTooLargeMessagesAreRefusedWithTheirSize(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r := &rogue{n: 20, size: func(uid uint32) int64 {
		if uid == 5 {
			return 1 << 30
		}
		return 100
	}, body: func(w io.Writer, seq, uid uint32) error {
		if uid != 9 {
			return good(w, seq, uid)
		}
		fmt.Fprintf(w, "* %d FETCH (UID %d BODY[] {1073741824}\r\n", seq, uid) // its head said 100
		for {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return err
			}
		}
	}}
	m := d.connect(r.open(t), "ann", nil)
	d.run()
	d.until("the mailbox to be read", d.live(m))
	if stored, refused := d.stored(), d.refused(); stored != 18 || refused != 2 {
		t.Errorf("%d stored, %d refused; want 18 and 2", stored, refused)
	}
	if n := d.count(`SELECT count(*) FROM mailbox_messages WHERE workspace_id = $1 AND refused LIKE '%1024 MB; at most 64 MB%'`); n != 2 {
		t.Errorf("%d refusals name the size, want 2", n)
	}
}

func TestALargeMailboxIsUsableAtOnceAndAskedForInParts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r := &rogue{n: 300_000, uid: func(seq uint32) uint32 { return seq * 7 }}
	r.body = func(w io.Writer, seq, uid uint32) error { return good(w, uid/7, uid) }
	m := d.connect(r.open(t), "ann", nil)
	stop := d.run()
	d.until("some of it", func() bool { return d.stored() >= 900 })
	stop()
	got := d.is(m)
	if got.Backlog == nil || got.Backlog.Total != 300_000 || got.Backlog.Percent > 1 || got.Backlog.Reached == nil {
		t.Errorf("the backlog is %+v", got.Backlog)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.commands {
		if !strings.HasPrefix(c, "FETCH ") {
			continue
		}
		from, to, _ := strings.Cut(strings.Fields(c)[1], ":")
		low, _ := strconv.Atoi(from)
		high, err := strconv.Atoi(to)
		if err == nil && high-low >= 300 {
			t.Errorf("%.60s asks for %d at once", c, high-low+1)
		}
	}
}

func TestEndlessAndEmptyAnswersEndTheConnection(t *testing.T) {
	t.Parallel()
	endless := func(line string) func(w io.Writer, command string) bool {
		return func(w io.Writer, command string) bool {
			if !strings.HasPrefix(command, "FETCH") {
				return false
			}
			for {
				if _, err := io.WriteString(w, line); err != nil {
					return true
				}
			}
		}
	}
	for name, tc := range map[string]struct {
		r    *rogue
		want string
	}{
		"lines without end":   {&rogue{n: 10, command: endless("* 1 FETCH (UID 1 FLAGS ())\r\n")}, "sends more than it was asked for"},
		"a word without end":  {&rogue{n: 10, command: endless("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")}, "sends more than it was asked for"},
		"a literal in a head": {&rogue{n: 10, command: endless("* LIST () \"/\" {2000000000}\r\n")}, "sends more than it was asked for"},
		"silence":             {&rogue{n: 10, command: func(_ io.Writer, c string) bool { return strings.HasPrefix(c, "FETCH") }}, "takes too long"},
		"messages that it does not show": {&rogue{n: 4_000_000_000, command: func(w io.Writer, c string) bool {
			return false
		}, uid: func(uint32) uint32 { return 0 }}, "counts messages that it does not show"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			m := d.connect(tc.r.open(t), "ann", nil)
			d.run()
			d.until("the mailbox to wait", func() bool { got := d.is(m); return got.State == "waiting" && strings.Contains(got.Reason, tc.want) })
			if n := tc.r.said("LOGIN"); n > 40 {
				t.Errorf("the server was called %d times", n)
			}
		})
	}
}

// A server that refuses a folder while its past is being read, and then lets
// us in again, has not been read to its end.
func TestAFolderThatIsRefusedForAWhileIsReadToItsEndLater(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var heads int
	r := &rogue{n: 1000}
	r.deny = func(command string) bool {
		if !strings.HasPrefix(command, "FETCH ") {
			return false
		}
		if heads++; heads != 3 {
			return false
		}
		r.n = 1001 // something comes in, which is looked at
		return true
	}
	m := d.connect(r.open(t), "ann", nil)
	stop := d.run()
	d.until("what came in", func() bool {
		return d.count(`SELECT count(*) FROM mailbox_messages WHERE workspace_id = $1 AND uid = 1001`) == 1 && d.is(m).State == "live"
	})
	stop()
	if got := d.stored(); got < 1001 && d.count(`SELECT count(*) FROM mailbox_progress WHERE workspace_id = $1 AND complete`) != 0 {
		t.Errorf("the folder is called complete with %d of 1001 messages", got)
	}
	d.run()
	d.until("the rest", func() bool { return d.stored() == 1001 })
}

// A folder that the server would not open, and now does, is in no trouble.
func TestTroubleOfAFolderEndsWhenItOpensAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var mu stdsync.Mutex
	shut := true
	r := &rogue{n: 5}
	r.deny = func(command string) bool {
		mu.Lock()
		defer mu.Unlock()
		return shut && strings.HasPrefix(command, "EXAMINE")
	}
	m := d.connect(r.open(t), "ann", nil)
	trouble := func() string {
		folders, err := d.accounts.Folders(d.ctx, &op.ByID{ID: m})
		if err != nil || len(folders.Body.Data) == 0 {
			t.Fatal(folders, err)
		}
		return folders.Body.Data[0].Trouble
	}
	d.run()
	d.until("the folder is in trouble", func() bool { return trouble() != "" })
	mu.Lock()
	shut = false
	mu.Unlock()
	d.until("it is not any more", func() bool { return trouble() == "" && d.stored() == 5 })
}
