package secret_test

import (
	"testing"

	"rapport/internal/platform/secret"
)

func TestWhatIsTriedFirstIsWeak(t *testing.T) {
	t.Parallel()
	for _, weak := range []string{
		"password123", "Password2026!", "P4ssw0rd!2026", "passwordpassword", "1234567890", "9876543210", "qwertyuiop", "poiuytrewq", "qwertzuiop1234",
		"aaaaaaaaaaaa", "abcabcabcabc", "changeme2026", "letmein-letmein", "iloveyou1234", "welcome2026", "rapport2026!", "!!!!2026!!!!", "1qaz2wsx3edc",
		"ana.duarte1990", "Ana.Duarte@Lumen.Example", "admin-admin-1", "Summer2026!!",
	} {
		if !secret.Weak(weak, "ana.duarte@lumen.example", "Ana Duarte") {
			t.Errorf("%q passes, want it refused", weak)
		}
	}
	for _, good := range []string{"correct horse battery", "rapport-demo-7q", "rapport-demo x", "tideline-41-magnet", "Ana likes green tea", "kPx93!vvQ2m", "äußerst ruhiger Fluss", "password of the lighthouse"} {
		if secret.Weak(good, "ana.duarte@lumen.example", "Ana Duarte") {
			t.Errorf("%q is refused, want it to pass", good)
		}
	}
}

// Work stays bounded for the longest password that is taken.
func TestALongPasswordIsJudgedAtOnce(t *testing.T) {
	t.Parallel()
	long := ""
	for len(long) < 190 {
		long += "passasdfpasswordmy"
	}
	if secret.Weak(long + "x") {
		t.Error("a long row of words is weak, want it to pass")
	}
}
