package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	wire "github.com/wneessen/go-mail/smtp"

	"rapport/internal/platform/trace"
)

// Envelope is from whom and to whom; Size counts the bytes of the content, 0
// when unknown.
type Envelope struct {
	From string
	To   []string
	Size int64
}

// ErrSource says that the mail itself could not be read to its end.
var ErrSource = errors.New("smtp: the mail cannot be read")

const (
	dialing  = 15 * time.Second
	command  = time.Minute     // for an answer, and for a stretch of the content
	judgment = 4 * time.Minute // for the answer to the final dot
	parting  = 3 * time.Second
)

// Deliver hands over one mail and returns the server's words on accepting it.
// When everything but the final dot is sent it calls handOver; if that fails
// the dot is withheld, the connection cut, and the mail certainly not
// accepted. From then on ctx no longer interrupts. An error is a *Failure, or
// that of handOver.
//
// A recipient that is refused stops the whole mail: nobody gets it, and the
// sender can mend the address and send it to all.
func (s Server) Deliver(ctx context.Context, e Envelope, content io.Reader, handOver func() error) (reply string, err error) {
	ctx, span := trace.StartCall(ctx, "mail", trace.Int("mail.recipients", len(e.To)), trace.Int("mail.bytes", e.Size))
	reply, err = s.deliver(ctx, e, content, handOver)
	if f, ok := errors.AsType[*Failure](err); ok {
		span.Set(trace.Int("smtp.code", f.Code), trace.Bool("mail.uncertain", f.Uncertain), trace.Word("smtp.stage", string(f.Stage)))
		span.FailAs("mail not accepted")
	}
	span.End()
	return reply, err
}

func (s Server) deliver(ctx context.Context, e Envelope, content io.Reader, handOver func() error) (reply string, err error) {
	c, err := s.open(ctx)
	if err != nil {
		return "", err
	}
	defer c.cut()
	if err := c.envelope(e); err != nil {
		c.quit()
		return "", err
	}
	w, err := c.wire.Data()
	if err != nil {
		return "", c.fault(Content, err)
	}
	// From here on nothing but Close may write to the connection: whatever else
	// does ends the content with a dot of its own.
	if err := c.send(w, content); err != nil {
		return "", c.fault(Content, err)
	}
	if !c.keep() {
		return "", c.fault(Content, ctx.Err())
	}
	if err := handOver(); err != nil {
		return "", err
	}
	c.within(judgment)
	if err := w.Close(); err != nil && !accepts(err) {
		return "", unanswered(err)
	}
	if d, ok := w.(*wire.DataCloser); ok {
		reply = plain(d.ServerResponse())
	}
	c.quit()
	return reply, nil
}

// Check connects, signs in and takes leave. An error is a *Failure.
func (s Server) Check(ctx context.Context) error {
	c, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer c.cut()
	c.quit()
	return nil
}

// accepts knows the positive answers that are not 250.
func accepts(err error) bool {
	var answer *textproto.Error
	return errors.As(err, &answer) && answer.Code >= 200 && answer.Code < 300
}

// connection is one conversation with a server.
type connection struct {
	server Server
	ctx    context.Context
	net    net.Conn
	wire   *wire.Client
	keep   func() bool // ends that ctx cuts it; false if it has
}

func (s Server) open(ctx context.Context) (*connection, error) {
	d := net.Dialer{Timeout: dialing, Control: s.reachable}
	conn, err := d.DialContext(ctx, "tcp", s.address())
	if err != nil {
		return nil, failed(Connect, err)
	}
	c := &connection{server: s, ctx: ctx, net: conn}
	c.keep = context.AfterFunc(ctx, func() { _ = conn.Close() })
	if err := c.greet(); err != nil {
		c.cut()
		return nil, err
	}
	return c, nil
}

// greet brings the connection to where mail can be sent.
func (c *connection) greet() (err error) {
	c.within(command)
	over := c.net
	config := &tls.Config{ServerName: c.server.Host, RootCAs: c.server.CertificateIssuers, MinVersion: tls.VersionTLS12}
	if c.server.Security == TLS {
		t := tls.Client(c.net, config)
		if err := t.HandshakeContext(c.ctx); err != nil {
			return c.fault(Encrypt, err)
		}
		over = t
	}
	if c.wire, err = wire.NewClient(over, c.server.Host); err != nil {
		return c.fault(Connect, err)
	}
	c.wire.SkipSMTPUTF8(true)
	if err := c.wire.Hello(literal(c.net.LocalAddr())); err != nil {
		return c.fault(Connect, err)
	}
	if c.server.Security == StartTLS {
		if ok, _ := c.wire.Extension("STARTTLS"); !ok {
			return failed(Encrypt, errNoStartTLS)
		}
		if err := c.wire.StartTLS(config); err != nil {
			return c.fault(Encrypt, err)
		}
	}
	return c.signIn()
}

// literal is the name of a machine that has none (RFC 5321, 4.1.3).
func literal(a net.Addr) string {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return "[127.0.0.1]"
	}
	if v4 := t.IP.To4(); v4 != nil {
		return "[" + v4.String() + "]"
	}
	return "[IPv6:" + t.IP.String() + "]"
}

func (c *connection) signIn() error {
	s := c.server
	if s.Password == "" && s.Token == "" {
		return nil
	}
	_, offered := c.wire.Extension("AUTH")
	auth, err := s.mechanism(strings.Fields(strings.ToUpper(offered)))
	if err != nil {
		return failed(SignIn, err)
	}
	c.within(command)
	if err := c.wire.Auth(auth); err != nil {
		return c.fault(SignIn, err)
	}
	return nil
}

// mechanism chooses how to sign in. Over a connection that others can read it
// is only one that does not show the password.
func (s Server) mechanism(offered []string) (wire.Auth, error) {
	has := map[string]bool{}
	for _, name := range offered {
		has[name] = true
	}
	hidden := s.Security != Plain || s.local()
	switch {
	case s.Token != "" && !hidden:
		return nil, errPlaintext
	case s.Token != "" && has["XOAUTH2"]:
		return wire.XOAuth2Auth(s.Username, s.Token), nil
	case s.Token == "" && hidden && has["PLAIN"]:
		return wire.PlainAuth("", s.Username, s.Password, s.Host, true), nil
	case s.Token == "" && hidden && has["LOGIN"]:
		return wire.LoginAuth(s.Username, s.Password, s.Host, true), nil
	case s.Token == "" && has["CRAM-MD5"]:
		return wire.CRAMMD5Auth(s.Username, s.Password), nil
	case !hidden && len(offered) > 0:
		return nil, errPlaintext
	}
	return nil, errNoSignIn
}

// envelope names sender and recipients.
func (c *connection) envelope(e Envelope) error {
	if ok, limit := c.wire.Extension("SIZE"); ok {
		if most, err := strconv.ParseInt(limit, 10, 64); err == nil && most > 0 && e.Size > most {
			return failed(Content, fmt.Errorf("%w (%d MB)", errTooLarge, most>>20))
		}
	}
	c.within(command)
	if err := c.wire.Mail("<" + e.From + ">"); err != nil {
		return c.fault(Sender, err)
	}
	f := &Failure{Stage: Recipients, Temporary: true}
	for _, to := range e.To {
		c.within(command)
		err := c.wire.Rcpt("<" + to + ">")
		var answer *textproto.Error
		if err != nil && !errors.As(err, &answer) {
			return c.fault(Recipients, err)
		}
		if err != nil {
			one := failed(Recipients, err)
			f.Temporary = f.Temporary && one.Temporary
			f.Refused = append(f.Refused, Refusal{to, one.Code, one.Reply})
		}
	}
	if len(f.Refused) > 0 {
		return f
	}
	return nil
}

// send writes the content out, all but its end.
func (c *connection) send(w io.Writer, content io.Reader) error {
	chunk := make([]byte, 32<<10)
	for {
		n, err := content.Read(chunk)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: %w", ErrSource, err)
		}
		c.within(command)
		if _, e := w.Write(chunk[:n]); e != nil {
			return c.objection(e)
		}
		if err != nil {
			if e := c.wire.Text.W.Flush(); e != nil {
				return c.objection(e)
			}
			return nil
		}
	}
}

// objection is what a server said before it closed the connection in our
// face, or else how that felt.
func (c *connection) objection(err error) error {
	c.within(parting)
	var answer *textproto.Error
	if _, _, said := c.wire.Text.ReadResponse(250); errors.As(said, &answer) {
		return answer
	}
	return err
}

// within gives the next exchange its time.
func (c *connection) within(d time.Duration) {
	_ = c.net.SetDeadline(time.Now().Add(d)) // a closed connection says so when it is used
}

// fault is failed, or the end of ctx if that cut the connection.
func (c *connection) fault(at Stage, err error) *Failure {
	f := failed(at, err)
	if c.ctx.Err() != nil {
		f.Temporary = true
		f.cause = c.ctx.Err()
	}
	return f
}

// quit takes leave; nobody minds whether it is heard.
func (c *connection) quit() {
	c.within(parting)
	_ = c.wire.Quit()
}

func (c *connection) cut() {
	c.keep()
	_ = c.net.Close()
}
