package app

import (
	"net"
	"testing"
)

func TestAddressIsOneThatCanBeVisited(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]string{"0.0.0.0": "127.0.0.1:3008", "::": "127.0.0.1:3008", "127.0.0.1": "127.0.0.1:3008", "::1": "[::1]:3008", "192.0.2.7": "192.0.2.7:3008"} {
		if got := visit(&net.TCPAddr{IP: net.ParseIP(ip), Port: 3008}); got != want {
			t.Errorf("a listener on %s is visited at %s, want %s", ip, got, want)
		}
	}
}
