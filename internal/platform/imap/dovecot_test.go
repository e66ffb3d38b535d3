package imap_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"rapport/internal/platform/imap"
	"rapport/internal/platform/imap/dovecot"
)

// start runs a Dovecot for one test. Without one the test says so; where all
// must run, it fails.
func start(t *testing.T) *dovecot.Server {
	t.Helper()
	s, err := dovecot.New()
	if errors.Is(err, dovecot.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Remove)
	return s
}

func plain(s *dovecot.Server) imap.Server {
	return imap.Server{Host: "127.0.0.1", Port: s.Port, Security: "none"}
}

func login(name string) imap.Login { return imap.Login{Username: name, Password: dovecot.Password} }

func letter(subject string) []byte {
	return []byte("From: Ana <ana@lumen.example>\r\nTo: me@desk.example\r\nSubject: " + subject + "\r\nMessage-ID: <" + subject + "@lumen.example>\r\nDate: Mon, 05 Jan 2026 09:00:00 +0000\r\n\r\nText of " + subject + ".\r\n")
}

func TestALoginIsExplained(t *testing.T) {
	t.Parallel()
	s := start(t)
	if err := s.AddUser("ann"); err != nil {
		t.Fatal(err)
	}
	free := &imap.Dialer{Roots: s.Roots}
	for name, tc := range map[string]struct {
		dialer *imap.Dialer
		server imap.Server
		login  imap.Login
		want   imap.Kind
	}{
		"in the clear":        {free, plain(s), login("ann"), ""},
		"TLS":                 {free, imap.Server{Host: "localhost", Port: s.TLSPort, Security: "tls"}, login("ann"), ""},
		"STARTTLS":            {free, imap.Server{Host: "localhost", Port: s.Port, Security: "starttls"}, login("ann"), ""},
		"a wrong password":    {free, plain(s), imap.Login{Username: "ann", Password: "no"}, imap.Credentials},
		"an unknown user":     {free, plain(s), login("nobody"), imap.Credentials},
		"no trust":            {&imap.Dialer{}, imap.Server{Host: "localhost", Port: s.TLSPort, Security: "tls"}, login("ann"), imap.Certificate},
		"no trust, STARTTLS":  {&imap.Dialer{}, imap.Server{Host: "localhost", Port: s.Port, Security: "starttls"}, login("ann"), imap.Certificate},
		"another's name":      {free, imap.Server{Host: "127.0.0.1", Port: s.TLSPort, Security: "tls"}, login("ann"), imap.Certificate},
		"TLS on a plain port": {free, imap.Server{Host: "localhost", Port: s.Port, Security: "tls"}, login("ann"), imap.NoTLS},
		"no such host":        {free, imap.Server{Host: "nowhere.invalid", Port: 143, Security: "tls"}, login("ann"), imap.NoHost},
		"a closed port":       {free, imap.Server{Host: "127.0.0.1", Port: 1, Security: "tls"}, login("ann"), imap.Unreachable},
		"metadata":            {free, imap.Server{Host: "169.254.169.254", Port: 143, Security: "tls"}, login("ann"), imap.Forbidden},
		"private, refused":    {&imap.Dialer{PublicOnly: true}, plain(s), login("ann"), imap.Forbidden},
		"a good token":        {free, plain(s), imap.Login{Username: "ann", Token: s.Token("ann", time.Now().Add(time.Hour))}, ""},
		"an expired token":    {free, plain(s), imap.Login{Username: "ann", Token: s.Token("ann", time.Now().Add(-time.Hour))}, imap.Credentials},
	} {
		c, err := tc.dialer.Dial(t.Context(), tc.server, tc.login)
		if got := imap.KindOf(err); got != tc.want || (err == nil) != (tc.want == "") {
			t.Errorf("%s: %q (%v), want %q", name, got, err, tc.want)
		}
		if err == nil {
			c.Logout(t.Context())
		}
	}
}

func TestAFolderIsReadWithoutATrace(t *testing.T) {
	t.Parallel()
	s := start(t)
	if err := s.AddUser("ann"); err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{"one", "two", "three"} {
		if err := s.Deliver("ann", "", letter(subject)); err != nil {
			t.Fatal(err)
		}
	}
	c, err := (&imap.Dialer{}).Dial(t.Context(), plain(s), login("ann"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	folders, err := c.Folders(t.Context())
	if err != nil || len(folders) != 4 || folders[0].Kind != "inbox" || folders[1].Kind != "sent" || folders[3].Kind != "junk" {
		t.Errorf("folders are %v (%v), want inbox, sent, archive, junk", folders, err)
	}
	state, err := c.Open(t.Context(), "INBOX", false)
	if err != nil || state.Exists != 3 || state.Validity == 0 {
		t.Fatalf("the inbox is %+v (%v), want 3 messages", state, err)
	}
	heads, err := c.Heads(t.Context(), 1, 3)
	if err != nil || len(heads) != 3 {
		t.Fatalf("heads are %+v (%v)", heads, err)
	}
	texts := map[uint32]string{}
	if err := c.Bodies(t.Context(), []uint32{heads[0].UID, heads[2].UID}, 1<<20, func(uid uint32, r io.Reader) error {
		b, err := io.ReadAll(r)
		texts[uid] = string(b)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(texts) != 2 || !strings.Contains(texts[heads[0].UID], "Text of") {
		t.Errorf("bodies are %v", texts)
	}
	if again, err := c.Heads(t.Context(), 1, 3); err != nil || again[0].Seen {
		t.Errorf("after reading: %+v (%v), want unseen", again, err)
	}
	if got, err := c.Present(t.Context(), 1, heads[1].UID, 10); err != nil || len(got) != 2 {
		t.Errorf("present are %v (%v), want two", got, err)
	}
}

func TestIdleReportsNewMail(t *testing.T) {
	t.Parallel()
	s := start(t)
	if err := s.AddUser("ann"); err != nil {
		t.Fatal(err)
	}
	c, err := (&imap.Dialer{}).Dial(t.Context(), plain(s), login("ann"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Open(t.Context(), "INBOX", false); err != nil || !c.CanIdle() {
		t.Fatalf("open: %v, idle: %v", err, c.CanIdle())
	}
	if changed, err := c.Idle(t.Context(), 10*time.Millisecond); changed || err != nil {
		t.Errorf("in a quiet folder: %v, %v", changed, err)
	}
	if err := s.Deliver("ann", "", letter("news")); err != nil {
		t.Fatal(err)
	}
	if changed, err := c.Idle(t.Context(), time.Minute); !changed || err != nil {
		t.Errorf("after a delivery: %v, %v, want a change", changed, err)
	}
}
