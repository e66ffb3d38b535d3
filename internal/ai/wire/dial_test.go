package wire

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"rapport/internal/ai/fault"
)

func TestOnlyThePublicInternetIsCalled(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"93.184.215.14": "public", "2606:4700::1111": "public", "::ffff:93.184.215.14": "public",
		"127.0.0.1": "loopback", "127.9.9.9": "loopback", "::1": "loopback", "::ffff:127.0.0.1": "loopback",
		"10.0.0.1": "private", "172.16.3.4": "private", "192.168.1.1": "private", "fd00::1": "private", "100.64.0.1": "private", "::ffff:10.0.0.1": "private",
		"169.254.169.254": "", "fe80::1": "", "0.0.0.0": "", "0.1.2.3": "", "::": "", "224.0.0.1": "", "ff02::1": "", "255.255.255.255": "", "240.0.0.1": "",
		"198.18.0.1": "", "192.0.0.8": "", "64:ff9b::7f00:1": "", "2002:7f00:1::": "", "::7f00:1": "", "2001:db8::1": "",
	} {
		a := netip.MustParseAddr(address)
		got := []bool{Guard{}.allows(a), Guard{Loopback: true}.allows(a), Guard{Private: true}.allows(a)}
		if wanted := []bool{want == "public", want == "public" || want == "loopback", want == "public" || want == "private"}; got[0] != wanted[0] || got[1] != wanted[1] || got[2] != wanted[2] {
			t.Errorf("%s: public, loopback, private %v, want %v", address, got, wanted)
		}
	}
}

func TestANameThatLeadsInsideIsBlocked(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	next := Shared(Guard{Private: true})
	defer next.CloseIdleConnections()
	for _, url := range []string{s.URL, strings.Replace(s.URL, "127.0.0.1", "localhost", 1)} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = New(next).Client().Do(r); !errors.Is(err, fault.ErrBlocked) {
			t.Errorf("%s: %v, want %v", url, err, fault.ErrBlocked)
		}
	}
}

func TestABaseURLIsAnAddress(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]bool{
		"https://api.example.com": true, "https://api.example.com/v1": true, "http://127.0.0.1:11434/v1": true, "http://localhost:8000": true, "http://[::1]:8000": true, "http://10.1.2.3": true,
		"": false, "api.example.com": false, "http://api.example.com": false, "https://": false, "https://user:secret@api.example.com": false, "https://api.example.com?key=1": false,
		"https://api.example.com#x": false, "file:///etc/passwd": false, "ftp://127.0.0.1": false, "https://api.example.com\n": false, "gopher://localhost": false,
	} {
		err := Address(base)
		if (err == nil) != want {
			t.Errorf("%q: %v, want accepted %v", base, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error repeats the address: %v", err)
		}
	}
}
