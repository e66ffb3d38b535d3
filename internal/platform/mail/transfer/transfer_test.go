package transfer

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestDamageIsPassedOver(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		encoding, in, want string
		damaged            bool
	}{
		{"base64", "SGVsbG8=", "Hello", false},
		{"BASE64", "SGVs\r\nbG8=\r\n", "Hello", false},
		{"base64", "SGVsbG8", "Hello", false},
		{"base64", "SGVsbG8=IQ==", "Hello!", false},
		{"base64", "SG*Vs!bG8=", "Hello", true},
		{"base64", "SGVsbG8=A", "Hello", true},
		{"base64", "", "", false},
		{"quoted-printable", "a=3Db =\r\nc", "a=b c", false},
		{"quoted-printable", "a=3db  \r\nc", "a=b\r\nc", false},
		{"quoted-printable", "x=ZZy", "x=ZZy", true},
		{"quoted-printable", "x==41", "x=A", true},
		{"quoted-printable", "x=", "x", false},
		{"quoted-printable", "x=4", "x=4", true},
		{"quoted-printable", "a= \t\nb", "ab", false},
		{"7bit", "as is =3D", "as is =3D", false},
		{"", "as is", "as is", false},
	} {
		for _, r := range []io.Reader{strings.NewReader(tc.in), iotest.OneByteReader(strings.NewReader(tc.in))} {
			d, known := New(tc.encoding, r)
			got, err := io.ReadAll(d)
			if string(got) != tc.want || err != nil || !known || d.Damage() > 0 != tc.damaged {
				t.Errorf("%s %q: got %q, damage %d, %v; want %q, damaged %v", tc.encoding, tc.in, got, d.Damage(), err, tc.want, tc.damaged)
			}
		}
	}
	if _, known := New("x-uuencode", strings.NewReader("")); known {
		t.Error("x-uuencode is said to be known")
	}
}

func TestUnflowJoinsWhatWasBroken(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"one \nline\n":        "one line\n",
		"one \nline\nother\n": "one line\nother\n",
		"> q \n> r\nown\n":    "> q r\nown\n",
		"> q \n>> deeper\n":   "> q \n>> deeper\n",
		"text \n-- \nAnn\n":   "text \n-- \nAnn\n",
		" From here\n":        "From here\n",
		"open ":               "open \n",
		"":                    "",
	} {
		if got := Unflow(in, false); got != want {
			t.Errorf("Unflow(%q): got %q, want %q", in, got, want)
		}
	}
	if got := Unflow("Donau \ndampf\n", true); got != "Donaudampf\n" {
		t.Errorf("delsp: got %q", got)
	}
}
