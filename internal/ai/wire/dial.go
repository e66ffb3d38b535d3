package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"rapport/internal/ai/fault"
)

// Guard says which addresses may be called besides those of the public
// internet. It judges the address that is dialled, whatever its name was.
type Guard struct {
	Loopback bool // models on this machine
	Private  bool // models in this network
}

// Shared returns the transport that all adapters share. There is no proxy: it
// would dial in place of the guard.
func Shared(g Guard) *http.Transport {
	dialer := &net.Dialer{KeepAlive: 30 * time.Second, Control: g.control}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, LimitsOf(ctx).Connect) // of the call that it was begun for
			defer cancel()
			return dialer.DialContext(ctx, network, address)
		},
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second}, // a dead connection is found out
	}
}

func (g Guard) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !g.allows(at.Addr()) {
		return fault.ErrBlocked
	}
	return nil
}

// allows reports whether a may be called.
func (g Guard) allows(a netip.Addr) bool {
	a = a.Unmap()
	switch {
	case a.IsLoopback():
		return g.Loopback
	case a.IsPrivate() || shared.Contains(a):
		return g.Private
	case !a.IsGlobalUnicast():
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// Networks that are not of the public internet although they look like it;
// those of IPv6 carry an address of IPv4 inside.
var (
	shared   = netip.MustParsePrefix("100.64.0.0/10")
	reserved = []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
		netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("::/96"),
		netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/32"),
		netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
	}
)

var errAddress = errors.New("not an address of a provider")

// Address reports what is wrong with the base URL of a provider: it needs a
// host, and https unless the host is an address or this machine.
func Address(base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%w: scheme, host and path are wanted", errAddress) // the URL may hold a secret
	}
	_, err = netip.ParseAddr(u.Hostname())
	near := err == nil || u.Hostname() == "localhost"
	if u.Scheme != "https" && (u.Scheme != "http" || !near) {
		return fmt.Errorf("%w: it must be https", errAddress)
	}
	return nil
}
