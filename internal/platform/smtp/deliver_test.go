package smtp_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	wire "github.com/emersion/go-smtp"

	"rapport/internal/platform/smtp"
	"rapport/internal/platform/smtp/smtptest"
)

const content = "From: a@lumen.example\r\nTo: b@fjord.example\r\nSubject: Hi\r\n\r\nHello\r\n.\r\n..dots\r\n"

func envelope(to ...string) smtp.Envelope {
	return smtp.Envelope{From: "a@lumen.example", To: to, Size: int64(len(content))}
}

func nothing() error { return nil }

func deliver(t *testing.T, s smtp.Server, to ...string) (string, *smtp.Failure) {
	t.Helper()
	reply, err := s.Deliver(t.Context(), envelope(to...), strings.NewReader(content), nothing)
	var f *smtp.Failure
	if err != nil && !errors.As(err, &f) {
		t.Fatalf("an error that is no failure: %v", err)
	}
	return reply, f
}

func TestMailArrivesWhateverTheServerSpeaks(t *testing.T) {
	t.Parallel()
	for _, o := range []smtptest.Options{
		{},
		{Security: smtp.TLS},
		{Security: smtp.StartTLS, User: "ann", Password: "s3cret"},
		{Security: smtp.TLS, User: "ann", Password: "s3cret", Mechanisms: []string{"LOGIN"}},
		{User: "ann", Password: "s3cret", Mechanisms: []string{"CRAM-MD5"}},
		{User: "ann", Password: "s3cret"},
	} {
		sink := smtptest.New(t, o)
		if _, f := deliver(t, sink.Server, "b@fjord.example", "c@fjord.example"); f != nil {
			t.Errorf("%+v: %v", o, f)
			continue
		}
		m := sink.Mails()
		if len(m) != 1 || m[0].Data != content || len(m[0].To) != 2 || m[0].From != "a@lumen.example" || m[0].User != o.User || m[0].TLS != (o.Security != "") {
			t.Errorf("%+v: the sink has %+v, want the mail as it was given", o, m)
		}
	}
}

func TestTokensSignInByXOAUTH2(t *testing.T) {
	t.Parallel()
	sink := smtptest.New(t, smtptest.Options{Security: smtp.TLS, User: "ann", Password: "token-1", Mechanisms: []string{"XOAUTH2", "PLAIN"}})
	server := sink.Server
	server.Password, server.Token = "", "token-1"
	if _, f := deliver(t, server, "b@fjord.example"); f != nil {
		t.Fatal(f)
	}
	server.Token = "old"
	if _, f := deliver(t, server, "b@fjord.example"); f == nil || f.Stage != smtp.SignIn || f.Temporary {
		t.Errorf("a token that is over: %+v, want a permanent failure to sign in", f)
	}
}

func refusal(code int, text string) *wire.SMTPError {
	return &wire.SMTPError{Code: code, EnhancedCode: wire.NoEnhancedCode, Message: text}
}

// What a server does, and what must be known of the mail afterwards.
func TestFailuresSayWhatBecameOfTheMail(t *testing.T) {
	t.Parallel()
	const to = "b@fjord.example"
	for name, c := range map[string]struct {
		plan                 smtptest.Plan
		stage                smtp.Stage
		temporary, uncertain bool
		says                 string
	}{
		"busy at connect":         {smtptest.Plan{Greeting: "421 4.3.2 come back later"}, smtp.Connect, true, false, "come back later"},
		"closed to us":            {smtptest.Plan{Greeting: "554 5.7.1 no"}, smtp.Connect, false, false, "554"},
		"wrong password":          {smtptest.Plan{Auth: refusal(535, "bad password")}, smtp.SignIn, false, false, "bad password"},
		"sign-in for now":         {smtptest.Plan{Auth: refusal(454, "later")}, smtp.SignIn, true, false, "454"},
		"sender refused":          {smtptest.Plan{Mail: refusal(550, "not yours")}, smtp.Sender, false, false, "not yours"},
		"recipient unknown":       {smtptest.Plan{Rcpt: map[string]*wire.SMTPError{to: refusal(550, "who?")}}, smtp.Recipients, false, false, to + " (550 who?)"},
		"recipient greylisted":    {smtptest.Plan{Rcpt: map[string]*wire.SMTPError{to: refusal(451, "greylisted")}}, smtp.Recipients, true, false, "greylisted"},
		"content refused":         {smtptest.Plan{Data: refusal(554, "spam")}, smtp.Answer, false, false, "554 spam"},
		"content refused for now": {smtptest.Plan{Data: refusal(452, "full")}, smtp.Answer, true, false, "452 full"},
		"cut after the dot":       {smtptest.Plan{Cut: smtptest.AfterTheDot}, smtp.Answer, false, true, "may have been sent"},
		"cut at the dot":          {smtptest.Plan{Cut: smtptest.BeforeTheDot}, smtp.Answer, false, true, "may have been sent"},
	} {
		sink := smtptest.New(t, smtptest.Options{User: "ann", Password: "s3cret"})
		sink.Next(c.plan)
		_, f := deliver(t, sink.Server, to)
		if f == nil || f.Stage != c.stage || f.Temporary != c.temporary || f.Uncertain != c.uncertain || !strings.Contains(f.Error(), c.says) {
			t.Errorf("%s: %+v %v, want stage %s, temporary %v, uncertain %v, saying %q", name, f, f, c.stage, c.temporary, c.uncertain, c.says)
		}
		if n := len(sink.Mails()); n > 0 && !c.uncertain {
			t.Errorf("%s: %d mails were taken over, want none", name, n)
		}
		if _, f := deliver(t, sink.Server, to); f != nil {
			t.Errorf("%s: afterwards: %v", name, f)
		}
	}
}

func TestARefusedRecipientStopsTheMailForAll(t *testing.T) {
	t.Parallel()
	sink := smtptest.New(t, smtptest.Options{})
	sink.Next(smtptest.Plan{Rcpt: map[string]*wire.SMTPError{"x@fjord.example": refusal(550, "no such user"), "y@fjord.example": refusal(451, "later")}})
	_, f := deliver(t, sink.Server, "b@fjord.example", "x@fjord.example", "y@fjord.example")
	if f == nil || len(f.Refused) != 2 || f.Temporary || len(sink.Mails()) != 0 {
		t.Errorf("%+v and %d mails, want two refusals, permanent, and no mail", f, len(sink.Mails()))
	}
}

func TestAMailThatIsNotHandedOverIsNotSent(t *testing.T) {
	t.Parallel()
	sink := smtptest.New(t, smtptest.Options{})
	lost := errors.New("the claim is lost")
	if _, err := sink.Deliver(t.Context(), envelope("b@fjord.example"), strings.NewReader(content), func() error { return lost }); !errors.Is(err, lost) {
		t.Errorf("Deliver = %v, want %v", err, lost)
	}
	broken := &halting{after: 20}
	var f *smtp.Failure
	if _, err := sink.Deliver(t.Context(), envelope("b@fjord.example"), broken, nothing); !errors.As(err, &f) || f.Temporary || f.Uncertain {
		t.Errorf("a mail that cannot be read: %v, want a permanent failure", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := sink.Deliver(ctx, envelope("b@fjord.example"), &halting{after: 20, then: cancel}, nothing); !errors.As(err, &f) || f.Uncertain || !f.Temporary {
		t.Errorf("interrupted: %v, want a temporary failure", err)
	}
	if n := len(sink.Mails()); n != 0 {
		t.Errorf("%d mails arrived, want none", n)
	}
}

// halting is a mail that breaks off, or goes on after it has cancelled.
type halting struct {
	after int
	then  func()
}

func (h *halting) Read(p []byte) (int, error) {
	if h.after == 0 && h.then == nil {
		return 0, errors.New("bad disk")
	}
	if h.after == 0 {
		h.then()
	}
	if h.after < -200 {
		return 0, errors.New("never cut")
	}
	h.after--
	return copy(p, "some text\r\n"), nil
}

func TestAnAnswerAfterTheDotIsWaitedFor(t *testing.T) {
	t.Parallel()
	sink := smtptest.New(t, smtptest.Options{})
	hold := make(chan struct{})
	sink.Next(smtptest.Plan{Hold: hold})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := sink.Deliver(ctx, envelope("b@fjord.example"), strings.NewReader(content), func() error { cancel(); return nil })
		done <- err
	}()
	<-ctx.Done()
	close(hold)
	if err := <-done; err != nil {
		t.Errorf("interrupted after the hand-over: %v, want acceptance", err)
	}
}

func TestPasswordsAreNotShown(t *testing.T) {
	t.Parallel()
	s := smtp.Server{Host: "mail.lumen.example", Port: 1, Security: smtp.Plain, Username: "ann", Password: "s3cret"}
	if _, err := smtp.Mechanism(s, "PLAIN LOGIN"); err == nil {
		t.Error("a password goes to a server without encryption")
	}
	if _, err := smtp.Mechanism(s, "PLAIN CRAM-MD5"); err != nil {
		t.Errorf("CRAM-MD5: %v, want it allowed", err)
	}
	none := smtptest.New(t, smtptest.Options{})
	server := none.Server
	server.Security = smtp.StartTLS
	if _, f := deliver(t, server, "b@fjord.example"); f == nil || f.Stage != smtp.Encrypt || f.Temporary {
		t.Errorf("without STARTTLS: %+v, want a permanent failure", f)
	}
	server = smtptest.New(t, smtptest.Options{Security: smtp.TLS}).Server
	server.CertificateIssuers = nil
	if _, f := deliver(t, server, "b@fjord.example"); f == nil || f.Stage != smtp.Encrypt || f.Temporary || !strings.Contains(f.Error(), "not signed by anybody") {
		t.Errorf("a certificate nobody signed: %v, want a permanent failure that says so", f)
	}
}

func TestTheInnerNetworkCanBeClosed(t *testing.T) {
	t.Parallel()
	server := smtptest.New(t, smtptest.Options{}).Server
	server.PublicOnly = true
	if _, f := deliver(t, server, "b@fjord.example"); f == nil || f.Temporary || !strings.Contains(f.Error(), "not reached from here") {
		t.Errorf("a server of the inner network: %v, want a permanent failure", f)
	}
}

func TestAMailThatIsTooLargeIsNotEvenBegun(t *testing.T) {
	t.Parallel()
	sink := smtptest.New(t, smtptest.Options{Limit: 10 << 20})
	e := envelope("b@fjord.example")
	e.Size = 11 << 20
	_, err := sink.Deliver(t.Context(), e, strings.NewReader(content), nothing)
	var f *smtp.Failure
	if !errors.As(err, &f) || f.Temporary || !strings.Contains(f.Error(), "10 MB") {
		t.Errorf("Deliver = %v, want a permanent failure that names the limit", err)
	}
}

func TestAServersWordsAreOneLine(t *testing.T) {
	t.Parallel()
	sink := smtptest.New(t, smtptest.Options{})
	sink.Next(smtptest.Plan{Greeting: "554-no\x1b[31m\r\n554 " + strings.Repeat("x", 2000)})
	_, f := deliver(t, sink.Server, "b@fjord.example")
	if f == nil || strings.ContainsAny(f.Error(), "\r\n\x1b") || len(f.Error()) > 700 {
		t.Errorf("%q", f)
	}
}

func FuzzServerURL(f *testing.F) {
	for _, s := range []string{"smtp://u:p@host:587?tls=starttls", "smtp://host", "smtp://host:465", "http://x", "smtp://:1", "smtp://u:pass word@h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		server, err := smtp.ParseURL(s)
		if err == nil && (server.Host == "" || server.Port < 1 || server.Port > 65535 || server.Security == "") {
			t.Errorf("%q gives %+v", s, server)
		}
	})
}
