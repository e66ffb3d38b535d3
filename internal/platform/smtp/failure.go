package smtp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strings"
	"unicode"
)

// Stage is how far a delivery came.
type Stage string

// The stages, in order. Only at Answer can it be uncertain what became of the
// mail.
const (
	Connect    Stage = "connect"
	Encrypt    Stage = "encrypt"
	SignIn     Stage = "sign_in"
	Sender     Stage = "sender"
	Recipients Stage = "recipients"
	Content    Stage = "content"
	Answer     Stage = "answer"
)

// Failure is why a server did not take a mail. Unless it is Uncertain the mail
// was certainly not accepted, by nobody's server.
type Failure struct {
	Stage     Stage
	Code      int    // of the server's answer, 0 without one
	Reply     string // the server's words, "" without any
	Uncertain bool
	// Temporary says that the same may succeed later.
	Temporary bool
	Refused   []Refusal // at Recipients
	cause     error
}

// Refusal is what a server said against one recipient.
type Refusal struct {
	Address string
	Code    int
	Reply   string
}

// Unwrap returns the private cause.
func (f *Failure) Unwrap() error { return f.cause }

// Error says what happened in words for the person who sends, the server's
// included.
func (f *Failure) Error() string {
	if f.Uncertain {
		return "The connection broke after the mail was handed over and before the server had answered; it may have been sent."
	}
	if f.Stage == Recipients && len(f.Refused) > 0 {
		return "The server refuses a recipient, so nothing was sent: " + f.refusals()
	}
	if f.Reply != "" || f.Code != 0 {
		return fmt.Sprintf("%s: %s", said[f.Stage], words(f.Code, f.Reply))
	}
	return reason(f.Stage, f.cause)
}

var said = map[Stage]string{
	Connect:    "The server turns us away",
	Encrypt:    "The server refuses encryption",
	SignIn:     "The server refuses the sign-in",
	Sender:     "The server refuses the sender's address",
	Recipients: "The server refuses a recipient",
	Content:    "The server refuses the mail",
	Answer:     "The server refuses the mail",
}

func (f *Failure) refusals() string {
	var parts []string
	for i, r := range f.Refused {
		if i == 5 {
			parts = append(parts, fmt.Sprintf("and %d more", len(f.Refused)-i))
			break
		}
		parts = append(parts, r.Address+" ("+words(r.Code, r.Reply)+")")
	}
	return strings.Join(parts, ", ")
}

func words(code int, reply string) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", code, reply))
}

// reason puts a failure of the network into words.
func reason(at Stage, err error) string {
	var dns *net.DNSError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch {
	case errors.Is(err, errPlaintext), errors.Is(err, errNoSignIn), errors.Is(err, errNoStartTLS), errors.Is(err, errTooLarge), errors.Is(err, errForbidden):
		return spoken(err)
	case errors.As(err, &dns):
		return "The name of the server is not known; check the host."
	case errors.As(err, &authority):
		return "The certificate of the server is not signed by anybody this machine trusts."
	case errors.As(err, &name):
		return "The certificate of the server is for another name; check the host."
	case errors.As(err, &invalid):
		return "The certificate of the server is not valid, or no longer."
	case errors.As(err, &record):
		return "The server does not speak TLS on this port; try STARTTLS, or another port."
	case errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err):
		return lasted[at]
	case at == Connect && !errors.Is(err, io.EOF):
		return "The server cannot be reached; check host and port."
	}
	return broke[at]
}

// fault is a failure of our own finding, in words for the person who sends.
type fault string

// Error is the words.
func (f fault) Error() string { return string(f) }

const (
	errPlaintext  fault = "The connection is not encrypted, so the password is not sent. Choose TLS or STARTTLS."
	errNoSignIn   fault = "The server offers no way to sign in that Rapport knows; check port and encryption."
	errNoStartTLS fault = "The server does not offer STARTTLS; choose TLS, or another port."
	errForbidden  fault = "Servers at this address are not reached from here; check the host."
	errTooLarge   fault = "The mail is larger than the server takes."
)

// spoken is our own finding within err, with what was added to it.
func spoken(err error) string {
	if errors.Is(err, errForbidden) { // the dialer writes addresses around it
		return errForbidden.Error()
	}
	return err.Error()
}

var lasted = map[Stage]string{
	Connect: "The server does not answer; check host and port.", Encrypt: "The server does not answer while encryption is agreed on.",
	SignIn: "The server does not answer to the sign-in.", Sender: "The server stopped answering.", Recipients: "The server stopped answering.",
	Content: "The server stopped taking the mail.",
}

var broke = map[Stage]string{
	Connect: "The server closed the connection at once.", Encrypt: "Encryption could not be agreed on; try another port, or STARTTLS in place of TLS.",
	SignIn: "The server closed the connection at the sign-in.", Sender: "The server closed the connection.", Recipients: "The server closed the connection.",
	Content: "The connection broke before the whole mail was sent.",
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// failed tells what err means at a stage before the final dot.
func failed(at Stage, err error) *Failure {
	f := &Failure{Stage: at, cause: err}
	var answer *textproto.Error
	if errors.As(err, &answer) {
		f.Code, f.Reply = answer.Code, plain(answer.Msg)
		f.Temporary = answer.Code >= 400 && answer.Code < 500
		return f
	}
	f.Temporary = !lasting(err)
	return f
}

// lasting knows the faults that waiting does not mend.
func lasting(err error) bool {
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	for _, e := range []error{errPlaintext, errNoSignIn, errNoStartTLS, errTooLarge, errForbidden, ErrSource} {
		if errors.Is(err, e) {
			return true
		}
	}
	return errors.As(err, &verify) || errors.As(err, &record)
}

// unanswered tells what err means after the final dot: an answer that refuses
// is certain, all else is not.
func unanswered(err error) *Failure {
	var answer *textproto.Error
	if errors.As(err, &answer) && answer.Code >= 400 && answer.Code < 600 {
		return failed(Answer, err)
	}
	return &Failure{Stage: Answer, Uncertain: true, cause: err}
}

const maxReply = 500 // code points of a server's words that are kept

// plain makes a server's words fit for one line on a screen.
func plain(s string) string {
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(s, " "))
	if r := []rune(s); len(r) > maxReply {
		s = string(r[:maxReply]) + "…"
	}
	return strings.Join(strings.Fields(s), " ")
}
