// Package imap talks to mail servers that may be slow, wrong or hostile: it is
// a thin layer over go-imap that bounds what a server may send and how long it
// may take, and that says in words what went wrong.
package imap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strconv"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// Server is where a mailbox lives.
type Server struct {
	Host     string
	Port     int
	Security string // "tls", "starttls" or "none"
}

func (s Server) address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// Login is what opens it: a password, or an access token for XOAUTH2.
type Login struct{ Username, Password, Token string }

// Dialer connects. The zero value trusts the system's certificates, allows
// private addresses and keeps passwords off unencrypted networks.
type Dialer struct {
	Roots *x509.CertPool // nil for the system's
	// PublicOnly refuses loopback and private addresses.
	PublicOnly bool
	// Plaintext allows security "none" beyond the own machine.
	Plaintext bool
	// Patience is how long a silent server is waited for; 30 s if zero.
	Patience time.Duration
}

const (
	connectTime = 20 * time.Second // for the connection alone
	loginTime   = 60 * time.Second // for greeting, TLS and login together
	commandTime = 2 * time.Minute  // for a command that answers little
	// small bounds the answer to such a command.
	small = 4 << 20
)

// Conn is a connection that has logged in. It is for one goroutine, except for
// Close. After an error other than a Fault of kind Refused it is dead.
type Conn struct {
	client *imapclient.Client
	meter  *meter
	caps   imap.CapSet
	server Server
	// signals says that the server has reported a change on its own.
	signals chan struct{}
}

// Dial connects and logs in. Errors are Faults.
func (d *Dialer) Dial(ctx context.Context, s Server, l Login) (*Conn, error) {
	c := &Conn{server: s, signals: make(chan struct{}, 1)}
	raw, err := d.connect(ctx, s)
	if err != nil {
		return nil, explainDial(err, s)
	}
	patience := d.Patience
	if patience == 0 {
		patience = 30 * time.Second
	}
	c.meter = &meter{Conn: raw, patience: patience}
	err = c.do(ctx, loginTime, small, func() error { return c.open(ctx, d, l) })
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (d *Dialer) connect(ctx context.Context, s Server) (net.Conn, error) {
	if s.Security == "none" && !d.Plaintext {
		ips, err := net.DefaultResolver.LookupIPAddr(ctx, s.Host)
		if err != nil {
			return nil, err
		}
		for _, ip := range ips {
			if !ip.IP.IsLoopback() {
				return nil, errPlaintext
			}
		}
	}
	dialer := net.Dialer{Timeout: connectTime, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: 20 * time.Second, Count: 4},
		ControlContext: d.control}
	return dialer.DialContext(ctx, "tcp", s.address())
}

// open speaks until the server has let us in.
func (c *Conn) open(ctx context.Context, d *Dialer, l Login) error {
	config := &tls.Config{ServerName: c.server.Host, RootCAs: d.Roots, MinVersion: tls.VersionTLS12}
	options := &imapclient.Options{TLSConfig: config, UnilateralDataHandler: c.listen()}
	switch c.server.Security {
	case "starttls":
		client, err := imapclient.NewStartTLS(c.meter, options)
		if _, no := errors.AsType[*imap.Error](err); no {
			return fault(NoTLS, "%s does not offer STARTTLS on port %d.", c.server.Host, c.server.Port).because(err)
		}
		if err != nil {
			return explainTLS(err, c.server)
		}
		c.client = client
	case "tls":
		secure := tls.Client(c.meter, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			return explainTLS(err, c.server)
		}
		c.client = imapclient.New(secure, options)
	default:
		c.client = imapclient.New(c.meter, options)
	}
	if err := c.client.WaitGreeting(); err != nil {
		if bye, ok := errors.AsType[*imap.Error](err); ok {
			return fault(Busy, "%s turns connections away.", c.server.Host).quoting(bye.Text).because(err)
		}
		return fault(Protocol, "What answers at %s port %d is no IMAP server.", c.server.Host, c.server.Port).because(err)
	}
	if err := c.login(l); err != nil {
		return explainLogin(err, c.server, l)
	}
	c.caps = c.client.Caps()
	return nil
}

func (c *Conn) login(l Login) error {
	caps := c.client.Caps()
	switch {
	case l.Token != "":
		return c.client.Authenticate(&xoauth2{user: l.Username, token: l.Token})
	case caps.Has("AUTH=PLAIN"):
		return c.client.Authenticate(sasl.NewPlainClient("", l.Username, l.Password))
	case caps.Has(imap.CapLoginDisabled):
		return errNoPasswords
	}
	return c.client.Login(l.Username, l.Password).Wait()
}

// listen passes on what the server reports on its own. It must not block.
func (c *Conn) listen() *imapclient.UnilateralDataHandler {
	signal := func() {
		select {
		case c.signals <- struct{}{}:
		default:
		}
	}
	return &imapclient.UnilateralDataHandler{
		Expunge: func(uint32) { signal() },
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				signal()
			}
		},
	}
}

// Close ends the connection at once.
func (c *Conn) Close() {
	c.meter.kill()
	if c.client != nil {
		_ = c.client.Close() // it is given up
	}
}

// Logout says goodbye and closes.
func (c *Conn) Logout(ctx context.Context) {
	_ = c.do(ctx, 2*time.Second, small, func() error { return c.client.Logout().Wait() }) // the server may be gone
	c.Close()
}

// do runs one command within its bounds: time, bytes, and the silence between
// two bytes. Beyond them the connection is closed.
func (c *Conn) do(ctx context.Context, most time.Duration, budget int64, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	stop := context.AfterFunc(bounded, c.meter.kill)
	defer stop()
	c.meter.begin(budget)
	defer c.meter.end()
	err := f()
	ours, interrupts := errors.AsType[*interrupted](err)
	switch {
	case err == nil:
		return nil
	case interrupts:
		return ours.error
	case ctx.Err() != nil:
		return ctx.Err()
	case bounded.Err() != nil:
		return fault(Slow, "%s takes too long to answer.", c.server.Host).because(err)
	}
	return c.explain(err)
}

// CanIdle reports whether the server tells of new mail by itself.
func (c *Conn) CanIdle() bool { return c.caps.Has(imap.CapIdle) || c.caps.Has(imap.CapIMAP4rev2) }

// KeepsSent reports whether the provider itself puts what is sent through it
// into the Sent folder.
func (c *Conn) KeepsSent() bool { return c.caps.Has("X-GM-EXT-1") }

// xoauth2 is the SASL mechanism of the large providers.
type xoauth2 struct{ user, token string }

// Start sends everything at once.
func (x *xoauth2) Start() (mech string, ir []byte, err error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next answers the explanation of a refusal, after which the server says NO.
func (x *xoauth2) Next([]byte) ([]byte, error) { return []byte{1}, nil }
