package smtptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Auth checks a sign-in by any of the mechanisms.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	check := func(user, password string) error {
		o := s.sink.options
		if s.plan.Auth != nil {
			return s.plan.Auth
		}
		if o.Holder == nil && (user != o.User || password != o.Password) || o.Holder != nil && o.Holder(password) != user {
			return smtp.ErrAuthFailed
		}
		s.mail.User = user
		return nil
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
	case sasl.Login:
		return &login{check: check}, nil
	case "CRAM-MD5":
		return &cram{check: check, password: s.sink.options.Password}, nil
	case "XOAUTH2":
		return xoauth2(check), nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

type checker func(user, password string) error

type login struct {
	check checker
	step  int
	user  string
}

// Next asks for the name, then for the password.
func (l *login) Next(answer []byte) ([]byte, bool, error) {
	l.step++
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(answer)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(answer))
}

type cram struct {
	check    checker
	password string
	asked    bool
}

const challenge = "<1896.697170952@sink.test>"

// Next sends a challenge and checks the answer.
func (c *cram) Next(answer []byte) ([]byte, bool, error) {
	if !c.asked {
		c.asked = true
		return []byte(challenge), false, nil
	}
	user, sum, _ := strings.Cut(string(answer), " ")
	mac := hmac.New(md5.New, []byte(c.password))
	mac.Write([]byte(challenge))
	password := ""
	if hex.EncodeToString(mac.Sum(nil)) == sum {
		password = c.password
	}
	return nil, true, c.check(user, password)
}

type xoauth2 checker

// Next reads user and token.
func (x xoauth2) Next(answer []byte) ([]byte, bool, error) {
	user, rest, _ := strings.Cut(strings.TrimPrefix(string(answer), "user="), "\x01auth=Bearer ")
	return nil, true, x(user, strings.TrimRight(rest, "\x01"))
}

// certificate makes one for 127.0.0.1 and those who trust it.
func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sink.test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
