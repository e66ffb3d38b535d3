package proxy

import "testing"

func TestAProxyThatNobodyNamedIsDoubtful(t *testing.T) {
	t.Parallel()
	trusted, err := Parse("10.0.0.7")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		remote string
		says   []string
		want   bool
	}{
		{"10.0.0.8:1", []string{"192.0.2.1"}, true},
		{"127.0.0.1:1", []string{"192.0.2.1"}, true},
		{"[fd00::1]:1", []string{"192.0.2.1"}, true},
		{"10.0.0.7:1", []string{"192.0.2.1"}, false},    // it was named
		{"10.0.0.8:1", nil, false},                      // it says nothing
		{"203.0.113.4:1", []string{"192.0.2.1"}, false}, // anybody can
		{"@", []string{"192.0.2.1"}, false},
	} {
		if got := trusted.Doubtful(c.remote, c.says); got != c.want {
			t.Errorf("%s that says %v: doubtful %v, want %v", c.remote, c.says, got, c.want)
		}
	}
}
