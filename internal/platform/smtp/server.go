// Package smtp writes mail and hands it over to a server, and says exactly what
// became of it: accepted, certainly not accepted, or uncertain, which is when
// the connection broke between the final dot and the answer to it.
package smtp

import (
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Security is how a connection is protected.
type Security string

// The kinds of protection. StartTLS is demanded, never merely hoped for.
const (
	TLS      Security = "tls"
	StartTLS Security = "starttls"
	Plain    Security = "none"
)

// Server is where mail is handed over, and as whom. With a Token it signs in
// by XOAUTH2, with a Password by what the server offers, with neither not at
// all.
type Server struct {
	Host               string
	Port               int
	Security           Security
	Username           string
	Password, Token    string
	CertificateIssuers *x509.CertPool // nil for those of the system
	PublicOnly         bool           // refuse servers of the inner network
}

func (s Server) address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// local reports whether the server is this machine, which a password may reach
// without encryption.
func (s Server) local() bool {
	ip := net.ParseIP(s.Host)
	return s.Host == "localhost" || ip != nil && ip.IsLoopback()
}

// reachable refuses addresses behind which no mail server is: link-local ones,
// where clouds keep their metadata, and with PublicOnly the inner network.
func (s Server) reachable(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errForbidden
	}
	ip := at.Addr().Unmap()
	if ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() || s.PublicOnly && (ip.IsLoopback() || ip.IsPrivate()) {
		return errForbidden
	}
	return nil
}

var (
	errURL      = errors.New("use smtp://user:password@host:587?tls=starttls, with tls one of starttls, tls and none (user, password and host are not shown here)")
	errSecurity = errors.New("tls is starttls, tls or none")
)

// ParseURL reads a server from smtp://user:password@host:port?tls=starttls.
// Without a port it is 465 for tls and 587 otherwise; without tls the port
// decides, starttls unless it is 465. Its errors never hold the address.
func ParseURL(text string) (Server, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "smtp" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" {
		return Server{}, errURL
	}
	s := Server{Host: u.Hostname(), Security: Security(u.Query().Get("tls")), Username: u.User.Username()}
	s.Password, _ = u.User.Password()
	if s.Security == "" && u.Port() == "465" {
		s.Security = TLS
	}
	if s.Security == "" {
		s.Security = StartTLS
	}
	if !slices.Contains([]Security{TLS, StartTLS, Plain}, s.Security) {
		return Server{}, errSecurity
	}
	s.Port = s.Security.DefaultPort()
	if p := u.Port(); p != "" {
		if s.Port, err = strconv.Atoi(p); err != nil || s.Port < 1 || s.Port > 65535 {
			return Server{}, errURL
		}
	}
	return s, nil
}

// DefaultPort is the port of submission with this protection.
func (s Security) DefaultPort() int {
	if s == TLS {
		return 465
	}
	return 587
}
