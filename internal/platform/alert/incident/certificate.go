package incident

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"time"

	"rapport/internal/platform/alert"
)

// between is how often the certificate is looked at.
const between = time.Hour

// certificates follows the certificate that people are shown, if they come in
// by HTTPS, until ctx ends.
func (w *Watch) certificates(ctx context.Context) {
	u, err := url.Parse(w.URL)
	if err != nil || u.Scheme != "https" {
		return
	}
	address := u.Host
	if u.Port() == "" {
		address = net.JoinHostPort(u.Hostname(), "443")
	}
	tick := time.NewTicker(between)
	defer tick.Stop()
	for {
		end, err := ends(ctx, address, u.Hostname())
		if err != nil {
			w.log.WarnContext(ctx, "the certificate cannot be looked at", "error", err)
		} else {
			w.Set(alert.CertificateDays, end.Sub(w.now()).Hours()/24)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// ends is when the certificate at address ends. Nothing is said to whoever
// shows it, so that it need not be trusted: one that has ended is of interest,
// too.
func ends(ctx context.Context, address, host string) (end time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	config := &tls.Config{ServerName: host, InsecureSkipVerify: true, VerifyPeerCertificate: func(shown [][]byte, _ [][]*x509.Certificate) error {
		if len(shown) == 0 {
			return errNoCertificate
		}
		c, err := x509.ParseCertificate(shown[0])
		if err == nil {
			end = c.NotAfter
		}
		return err
	}}
	conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", address)
	if err != nil {
		return end, err
	}
	return end, conn.Close()
}

var errNoCertificate = errors.New("no certificate was shown")
