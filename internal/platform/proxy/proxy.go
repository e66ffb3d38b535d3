// Package proxy tells who called, where others pass calls on.
package proxy

import (
	"errors"
	"net/netip"
	"strings"
)

// Trusted are the addresses whose word is taken for who called them.
type Trusted []netip.Prefix

// Parse reads addresses and networks, separated by commas.
func Parse(list string) (Trusted, error) {
	var out Trusted
	for part := range strings.SplitSeq(list, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		p, err := netip.ParsePrefix(part)
		if a, notNetwork := netip.ParseAddr(part); err != nil && notNetwork == nil && a.Zone() == "" {
			p, err = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
		}
		if err != nil {
			return nil, errors.New("trusted proxies are addresses or networks, such as 10.0.0.7, 192.168.0.0/16")
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// Doubtful reports whether a call came through somebody near who says for whom,
// and is not believed: most likely a proxy that nobody named.
func (p Trusted) Doubtful(remote string, forwarded []string) bool {
	at, ok := address(remote)
	return ok && len(forwarded) > 0 && !p.trust(at) && (at.IsPrivate() || at.IsLoopback() || at.IsLinkLocalUnicast())
}

// trust reports whether a is one of ours.
func (p Trusted) trust(a netip.Addr) bool {
	for _, network := range p {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// Client is who called, by the address that the connection came from and by
// X-Forwarded-For, of which only the part counts that our own proxies wrote:
// from its end to the first address that is none of them. What cannot be read
// ends the search too, at the proxy that passed it on.
func (p Trusted) Client(remote string, forwarded []string) string {
	at, ok := address(remote)
	if !ok {
		return remote
	}
	for i := len(forwarded) - 1; i >= 0; i-- {
		rest := forwarded[i]
		for more := true; more; {
			if !p.trust(at) {
				return at.String()
			}
			part := rest
			if comma := strings.LastIndexByte(rest, ','); comma >= 0 {
				rest, part = rest[:comma], rest[comma+1:]
			} else {
				more = false
			}
			next, ok := address(part)
			if !ok {
				return at.String()
			}
			at = next
		}
	}
	return at.String()
}

// address reads an address with or without a port, in brackets or not.
func address(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	return a.Unmap().WithZone(""), err == nil
}
