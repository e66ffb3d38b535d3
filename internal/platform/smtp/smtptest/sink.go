// Package smtptest is a mail server for tests: it speaks the protocol, keeps
// what it accepts, and fails as it is told.
package smtptest

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	ours "rapport/internal/platform/smtp"
)

// Mail is what the sink took over, whether or not it said so.
type Mail struct {
	From string
	To   []string
	Data string
	User string // who signed in
	TLS  bool
}

// Plan is how the sink treats one connection. The zero value accepts all.
type Plan struct {
	Greeting string // sent in place of a greeting, such as "421 4.3.2 busy"
	Auth     *smtp.SMTPError
	Mail     *smtp.SMTPError
	Rcpt     map[string]*smtp.SMTPError
	Early    *smtp.SMTPError // answer to DATA itself, before any content
	Data     *smtp.SMTPError // answer to the final dot
	Cut      Moment
	Hold     <-chan struct{} // the final dot is answered when it closes
}

// Moment is when the sink closes the connection.
type Moment string

// The moments. After the dot the mail is taken over, but nobody is told.
const (
	Never        Moment = ""
	InContent    Moment = "in content"
	AfterTheDot  Moment = "after the dot"
	BeforeTheDot Moment = "before the dot"
)

// Options are what a sink offers.
type Options struct {
	Security       ours.Security // Plain if empty
	User, Password string        // demanded if given
	Mechanisms     []string      // PLAIN unless given
	// Holder returns whose an access token is, "" for nobody's. With it XOAUTH2
	// alone is taken, and User and Password are not looked at.
	Holder func(token string) string
	Limit  int64 // bytes of a mail, none if 0
}

// Sink is a running server.
type Sink struct {
	ours.Server
	options Options
	mu      sync.Mutex
	plans   []Plan
	always  Plan
	mails   []Mail
	conns   int
}

// New starts a server that the test's end stops.
func New(t testing.TB, o Options) *Sink {
	t.Helper()
	s := &Sink{options: o}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if o.Security == "" {
		o.Security = ours.Plain
	}
	cert, pool := certificate(t)
	s.Server = ours.Server{Host: "127.0.0.1", Port: ln.Addr().(*net.TCPAddr).Port, Security: o.Security, Username: o.User, Password: o.Password, CertificateIssuers: pool}
	server := smtp.NewServer(smtp.BackendFunc(s.session))
	server.Domain, server.AllowInsecureAuth, server.MaxMessageBytes = "sink.test", true, o.Limit
	server.ErrorLog = quiet{}
	server.ReadTimeout = time.Minute
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	if o.Security == ours.StartTLS {
		server.TLSConfig = config
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(&listener{ln, s, o.Security == ours.TLS, config}) // it ends when it is closed
	}()
	t.Cleanup(func() {
		_ = server.Close()
		_ = ln.Close() // the server may not have got to know it yet
		<-served
	})
	return s
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// Next says how the next connections are treated, one each.
func (s *Sink) Next(plans ...Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plans = append(s.plans, plans...)
}

// Always says how all connections are treated that have no plan of their own.
func (s *Sink) Always(p Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.always = p
}

// Mails are what arrived so far.
func (s *Sink) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail{}, s.mails...)
}

// Connections counts the connections so far.
func (s *Sink) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns
}

// Copies counts the mails that hold text.
func (s *Sink) Copies(text string) (n int) {
	for _, m := range s.Mails() {
		if strings.Contains(m.Data, text) {
			n++
		}
	}
	return n
}

// URL is the address of the sink as the configuration takes it.
func (s *Sink) URL() string {
	user := ""
	if s.Username != "" {
		user = s.Username + ":" + s.Password + "@"
	}
	return fmt.Sprintf("smtp://%s127.0.0.1:%d?tls=%s", user, s.Port, s.Security)
}

func (s *Sink) plan() Plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns++
	if len(s.plans) == 0 {
		return s.always
	}
	p := s.plans[0]
	s.plans = s.plans[1:]
	return p
}

// listener gives each connection its plan.
type listener struct {
	net.Listener
	sink   *Sink
	tls    bool
	config *tls.Config
}

type planned struct {
	net.Conn
	plan Plan
}

// Accept waits for a connection that is not turned away.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		p := l.sink.plan()
		if p.Greeting != "" {
			_, _ = io.WriteString(c, p.Greeting+"\r\n")
			_ = c.Close()
			continue
		}
		if l.tls {
			return tls.Server(&planned{c, p}, l.config), nil
		}
		return &planned{c, p}, nil
	}
}

func planOf(c net.Conn) Plan {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if p, ok := c.(*planned); ok {
		return p.plan
	}
	return Plan{}
}

func (s *Sink) session(c *smtp.Conn) (smtp.Session, error) {
	_, secure := c.Conn().(*tls.Conn)
	return &session{sink: s, conn: c, plan: planOf(c.Conn()), mail: Mail{TLS: secure}}, nil
}

type session struct {
	sink *Sink
	conn *smtp.Conn
	plan Plan
	mail Mail
}

func (s *session) Reset()        { s.mail = Mail{TLS: s.mail.TLS, User: s.mail.User} }
func (s *session) Logout() error { return nil }

func (s *session) AuthMechanisms() []string {
	o := s.sink.options
	if o.Holder != nil {
		return []string{"XOAUTH2"}
	}
	if o.User == "" {
		return nil
	}
	if len(o.Mechanisms) == 0 {
		return []string{sasl.Plain}
	}
	return o.Mechanisms
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.plan.Mail != nil {
		return s.plan.Mail
	}
	if o := s.sink.options; (o.User != "" || o.Holder != nil) && s.mail.User == "" {
		return smtp.ErrAuthRequired
	}
	s.mail.From = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if e := s.plan.Rcpt[to]; e != nil {
		return e
	}
	s.mail.To = append(s.mail.To, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	if s.plan.Cut == InContent {
		_, _ = io.CopyN(io.Discard, r, 10)
		return s.conn.Conn().Close()
	}
	if s.plan.Early != nil {
		return s.plan.Early
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return err // no final dot came: nothing was taken over
	}
	if s.plan.Cut == BeforeTheDot { // as far as the client can know
		return s.conn.Conn().Close()
	}
	if s.plan.Data != nil {
		return s.plan.Data
	}
	s.mail.Data = string(data)
	s.sink.keep(s.mail)
	if s.plan.Cut == AfterTheDot {
		return s.conn.Conn().Close()
	}
	if s.plan.Hold != nil {
		<-s.plan.Hold
	}
	return nil
}

func (s *Sink) keep(m Mail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, m)
}
