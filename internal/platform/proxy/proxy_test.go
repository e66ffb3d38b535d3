package proxy_test

import (
	"net/netip"
	"strings"
	"testing"

	"rapport/internal/platform/proxy"
)

func TestOnlyOurOwnProxiesSayWhoCalled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		proxies, remote string
		forwarded       []string
		want            string
	}{
		"without proxies nobody is believed":    {"", "203.0.113.9:4711", []string{"198.51.100.1"}, "203.0.113.9"},
		"a stranger is not":                     {"10.0.0.0/8", "203.0.113.9:4711", []string{"198.51.100.1"}, "203.0.113.9"},
		"a proxy is":                            {"10.0.0.0/8", "10.0.0.7:80", []string{"198.51.100.1"}, "198.51.100.1"},
		"what a caller writes before it is not": {"10.0.0.0/8", "10.0.0.7:80", []string{"127.0.0.1, 10.0.0.1, 198.51.100.1"}, "198.51.100.1"},
		"a chain of proxies is":                 {"10.0.0.0/8,192.0.2.1", "10.0.0.7:80", []string{"198.51.100.1, 192.0.2.1", "10.0.0.8"}, "198.51.100.1"},
		"lines are read from the last":          {"10.0.0.0/8", "10.0.0.7:80", []string{"198.51.100.1", "198.51.100.2"}, "198.51.100.2"},
		"nonsense ends at who passed it on":     {"10.0.0.0/8", "10.0.0.7:80", []string{"198.51.100.1, unknown"}, "10.0.0.7"},
		"without a header it is the proxy":      {"10.0.0.0/8", "10.0.0.7:80", nil, "10.0.0.7"},
		"an address may have a port":            {"10.0.0.0/8", "10.0.0.7:80", []string{"198.51.100.1:999"}, "198.51.100.1"},
		"a new address in brackets":             {"::1", "[::1]:80", []string{"[2001:db8::7]:443"}, "2001:db8::7"},
		"an old address in a new one is itself": {"10.0.0.7", "[::ffff:10.0.0.7]:80", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		"what has no address stays what it is":  {"10.0.0.0/8", "@", []string{"198.51.100.1"}, "@"},
		"a zone does not make another caller":   {"", "[fe80::1%eth0]:80", nil, "fe80::1"},
		"all proxies: the first of them":        {"10.0.0.0/8", "10.0.0.7:80", []string{"10.0.0.9, 10.0.0.8"}, "10.0.0.9"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := proxy.Parse(c.proxies)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Client(c.remote, c.forwarded); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestProxiesAreAddresses(t *testing.T) {
	t.Parallel()
	for _, list := range []string{"proxy.example", "10.0.0.0/33", "10.0.0.7; 10.0.0.8", "fe80::1%eth0", "*"} {
		if p, err := proxy.Parse(list); err == nil {
			t.Errorf("%q is taken for %v", list, p)
		}
	}
	if p, err := proxy.Parse(" 10.0.0.7 , ,2001:db8::/32"); err != nil || len(p) != 2 {
		t.Errorf("got %v, %v, want two", p, err)
	}
}

// Whatever is forwarded, the answer is an address that is the caller's own
// connection, or was written by a proxy of ours.
func FuzzForwardedAddresses(f *testing.F) {
	for _, s := range []string{"", "198.51.100.1", "a, b,,", "[::1]:80, 10.0.0.1", "10.0.0.1,10.0.0.2\n", strings.Repeat(",", 500), "[[::1]]", "1.2.3.4%x"} {
		f.Add("10.0.0.7:80", s)
		f.Add("203.0.113.9:1", s)
	}
	p, err := proxy.Parse("10.0.0.0/8")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		got := p.Client(remote, []string{forwarded})
		from, err := netip.ParseAddrPort(strings.TrimSpace(remote))
		if err != nil {
			return
		}
		a, err := netip.ParseAddr(got)
		if err != nil || a.Zone() != "" {
			t.Fatalf("Client(%q, %q) = %q, which is no address", remote, forwarded, got)
		}
		if from := from.Addr().Unmap().WithZone(""); !netip.MustParsePrefix("10.0.0.0/8").Contains(from) && a != from {
			t.Errorf("a stranger at %s is taken for %s", from, a)
		}
	})
}
