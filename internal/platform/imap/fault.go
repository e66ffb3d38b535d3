package imap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"unicode"

	"github.com/emersion/go-imap/v2"
)

// Kind sorts faults by what can be done about them.
type Kind string

// The kinds of fault. Forbidden, Certificate, NoTLS and Credentials need a
// person; the others may pass.
const (
	NoHost      Kind = "no_host"
	Unreachable Kind = "unreachable"
	Forbidden   Kind = "forbidden"   // an address that we do not connect to
	Certificate Kind = "certificate" // not trusted, expired, of another host
	NoTLS       Kind = "no_tls"
	Credentials Kind = "credentials"
	Busy        Kind = "busy"     // turned away for now
	Refused     Kind = "refused"  // one command; the connection lives
	Protocol    Kind = "protocol" // what came is not IMAP, or too much of it
	Slow        Kind = "slow"
	Lost        Kind = "lost"
)

// Fault is what went wrong with a server, for a person.
type Fault struct {
	Kind   Kind
	Detail string // a sentence
	// Said is what the server wrote about it, cleaned and cut; foreign text.
	Said  string
	cause error
}

// Error is the sentence with its cause.
func (f *Fault) Error() string {
	s := f.Sentence()
	if f.cause != nil {
		s += " (" + f.cause.Error() + ")"
	}
	return s
}

// Sentence is what to tell a person.
func (f *Fault) Sentence() string {
	if f.Said == "" {
		return f.Detail
	}
	return f.Detail + ` The server says: "` + f.Said + `"`
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.cause }

// KindOf returns the kind of a fault, "" for another error.
func KindOf(err error) Kind {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Kind
	}
	return ""
}

func fault(k Kind, format string, args ...any) *Fault {
	return &Fault{Kind: k, Detail: fmt.Sprintf(format, args...)}
}

func (f *Fault) because(err error) *Fault {
	f.cause = err
	return f
}

const maxSaid = 300 // code points

func (f *Fault) quoting(text string) *Fault {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if r := []rune(text); len(r) > maxSaid {
		text = string(r[:maxSaid]) + "…"
	}
	f.Said = strings.TrimSpace(text)
	return f
}

var (
	errPlaintext   = errors.New("unencrypted beyond this machine")
	errForbidden   = errors.New("address not allowed")
	errNoPasswords = errors.New("password login is switched off")
)

// control refuses addresses behind which no mail server is: link-local ones,
// where clouds keep their metadata, and those that are none.
func (d *Dialer) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errForbidden
	}
	ip := at.Addr().Unmap()
	if ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() || ip == awsMetadata || ip == alibabaMetadata {
		return errForbidden
	}
	if d.PublicOnly && (ip.IsLoopback() || ip.IsPrivate()) {
		return errForbidden
	}
	return nil
}

var (
	awsMetadata     = netip.MustParseAddr("fd00:ec2::254")
	alibabaMetadata = netip.MustParseAddr("100.100.100.200")
)

func explainDial(err error, s Server) error {
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, errPlaintext):
		return fault(NoTLS, "Without encryption the password could be read on the way: only servers on this machine are reached so. Use TLS or STARTTLS.").because(err)
	case errors.Is(err, errForbidden):
		return fault(Forbidden, "%s leads to an address that Rapport does not connect to.", s.Host).because(err)
	case errors.As(err, &dns):
		return fault(NoHost, "There is no server named %s.", s.Host).because(err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fault(Unreachable, "%s is there, but nothing answers on port %d.", s.Host, s.Port).because(err)
	case isTimeout(err):
		return fault(Unreachable, "%s does not answer on port %d.", s.Host, s.Port).because(err)
	}
	return fault(Unreachable, "%s cannot be reached on port %d.", s.Host, s.Port).because(err)
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout() || errors.Is(err, os.ErrDeadlineExceeded)
}

func explainTLS(err error, s Server) error {
	var host x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var header tls.RecordHeaderError
	switch {
	case errors.As(err, &host):
		return fault(Certificate, "The certificate of %s is for another host.", s.Host).because(err)
	case errors.As(err, &unknown):
		return fault(Certificate, "The certificate of %s is signed by nobody whom this machine trusts.", s.Host).because(err)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fault(Certificate, "The certificate of %s has expired, or is not valid yet.", s.Host).because(err)
	case errors.As(err, &invalid):
		return fault(Certificate, "The certificate of %s is not valid.", s.Host).because(err)
	case errors.As(err, &header):
		return fault(NoTLS, "%s does not speak TLS on port %d; STARTTLS may be what it wants.", s.Host, s.Port).because(err)
	case isTimeout(err):
		return fault(Slow, "%s is silent on port %d; the port may want another kind of security.", s.Host, s.Port).because(err)
	}
	return fault(NoTLS, "No encrypted connection to %s comes about on port %d.", s.Host, s.Port).because(err)
}

func explainLogin(err error, s Server, l Login) error {
	if errors.Is(err, errNoPasswords) {
		return fault(Credentials, "%s takes no passwords on this kind of connection.", s.Host).because(err)
	}
	no, ok := errors.AsType[*imap.Error](err)
	if !ok {
		return err
	}
	switch no.Code {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeLimit, imap.ResponseCodeServerBug:
		return fault(Busy, "%s does not let anybody in for the moment.", s.Host).quoting(no.Text).because(err)
	}
	if l.Token != "" {
		return fault(Credentials, "%s does not accept the access that was granted.", s.Host).quoting(no.Text).because(err)
	}
	return fault(Credentials, "%s does not accept this user name and password.", s.Host).quoting(no.Text).because(err)
}

// explain says what became of a command.
func (c *Conn) explain(err error) error {
	var known *Fault
	no, refused := errors.AsType[*imap.Error](err)
	switch {
	case errors.As(err, &known):
		return err
	case c.meter.exceeded():
		return fault(Protocol, "%s sends more than it was asked for.", c.server.Host).because(err)
	case refused && no.Type != imap.StatusResponseTypeBye:
		return fault(Refused, "%s refuses a command.", c.server.Host).quoting(no.Text).because(err)
	case isTimeout(err):
		return fault(Slow, "%s takes too long to answer.", c.server.Host).because(err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fault(Lost, "%s closed the connection.", c.server.Host).because(err)
	case strings.Contains(err.Error(), "i/o timeout"): // the library does not wrap
		return fault(Slow, "%s takes too long to answer.", c.server.Host).because(err)
	case strings.Contains(err.Error(), io.ErrUnexpectedEOF.Error()), strings.Contains(err.Error(), "connection reset"),
		strings.Contains(err.Error(), "use of closed"), strings.Contains(err.Error(), "broken pipe"):
		return fault(Lost, "%s closed the connection.", c.server.Host).because(err)
	}
	return fault(Protocol, "%s answers with what is not IMAP.", c.server.Host).because(err)
}
