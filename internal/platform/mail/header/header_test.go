package header

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestDatesOfManyPrograms(t *testing.T) {
	t.Parallel()
	want := time.Date(2002, 8, 22, 17, 36, 23, 0, time.UTC)
	for _, in := range []string{
		"Thu, 22 Aug 2002 12:36:23 -0500", "22 Aug 2002 17:36:23 GMT", "Thu, 22 Aug 2002 17:36:23 +0000 (UTC)", "Thu Aug 22 17:36:23 2002",
		"Thu Aug 22 12:36:23 EST 2002", "Thu, 22 Aug 02 10:36:23 PDT -0700", "Thursday, August 22, 2002 5:36:23 PM", "2002-08-22T17:36:23Z",
		"2002-08-22 19:36:23 +0200", "Thu, 22-Aug-2002 17:36:23 GMT", "Thu, 22 Aug 102 17:36:23 UT", "Thu,22 Aug 2002 19:36:23 MEST",
		"Thu, 22 Aug 2002 19:36:23 GMT+0200", "Thu, 22 Aug 2002 19:36:23+0200", "thu, 22 aug 2002 17:36:23",
	} {
		if got, ok := Date(in); !ok || !got.Equal(want) {
			t.Errorf("Date(%q): got %v %v, want %v", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "yesterday", "31 Feb 2002 10:00:00", "Thu, 22 Aug 2002 99:99:99", "22 2002", "\xff\xfe", strings.Repeat("1 ", 500), "::::"} {
		if got, ok := Date(in); ok {
			t.Errorf("Date(%q): got %v, want none", in, got)
		}
	}
}

func TestAddressesInAnyStyle(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]Address{
		"ann@example.com":                              {{"", "ann@example.com"}},
		"Ann Berg <ann@example.com>":                   {{"Ann Berg", "ann@example.com"}},
		`"Berg, Ann" <ann@example.com>`:                {{"Berg, Ann", "ann@example.com"}},
		"ann@example.com (Ann Berg)":                   {{"Ann Berg", "ann@example.com"}},
		"Ann Berg ann@example.com":                     {{"Ann Berg", "ann@example.com"}},
		"Berg, Ann <ann@example.com>, b@x.example":     {{"Berg, Ann", "ann@example.com"}, {"", "b@x.example"}},
		"'Ann' <ann@example.com>":                      {{"Ann", "ann@example.com"}},
		"undisclosed-recipients:;":                     nil,
		"Team: a@x.example, b@x.example;, c@x.example": {{"", "a@x.example"}, {"", "b@x.example"}, {"", "c@x.example"}},
		"root":                          {{"", "root"}},
		"Ann Berg":                      {{"Ann Berg", ""}},
		"<>":                            nil,
		"Ann <ann@example.com":          {{"Ann", "ann@example.com"}},
		`"Ann <ann@example.com>, b@c.d`: {{"Ann", "ann@example.com"}, {"", "b@c.d"}},
		"mailto:ann@example.com":        {{"", "ann@example.com"}},
		"ann at example.com (Ann)":      {{"Ann", "ann@example.com"}},
		"=?utf-8?Q?Berg=2C_Ann?= <ann@example.com>":       {{"Berg, Ann", "ann@example.com"}},
		"=?utf-8?B?w4RubmU=?= =?utf-8?B?IEI=?= <a@b.c>":   {{"Änne B", "a@b.c"}},
		"Ann (work (main)) Berg <ann@example.com> (note)": {{"Ann Berg", "ann@example.com"}},
		"<@relay.example,@b.example:ann@example.com>":     {{"", "ann@example.com"}},
		"Ann <ann @ example.com>":                         {{"Ann", "ann@example.com"}},
		",,;;, ann@example.com ,":                         {{"", "ann@example.com"}},
		"Ann\x00\x1b <ann@example.com>":                   {{"Ann", "ann@example.com"}},
	} {
		if got, _ := Addresses(in, 100); !reflect.DeepEqual(got, want) {
			t.Errorf("Addresses(%q): got %q, want %q", in, got, want)
		}
	}
	if list, rest := Addresses("a@x.y, b@x.y, c@x.y", 2); len(list) != 2 || rest != 1 {
		t.Errorf("got %d and %d more, want 2 and 1", len(list), rest)
	}
}

func TestEncodedWordsAreDecodedWhereTheyCanBe(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain":                           "plain",
		"=?iso-8859-1?Q?caf=E9?=":         "café",
		"=?UTF-8?b?Y2Fmw6k?=":             "café", // no padding
		"=?utf-8?Q?a?= =?utf-8?Q?b?=":     "ab",
		"=?utf-8?Q?a?= x =?utf-8?Q?b?=":   "a x b",
		"=?utf-8*en?Q?a_b?=":              "a b",
		"=?utf-8?Q?with space?=":          "with space",
		"=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=": "é",
		"=?utf-8?Q?caf=E9?=":              "café", // not what it says
		"=?nowhere?Q?caf=E9?=":            "café",
		"=?utf-8?X?abc?=":                 "=?utf-8?X?abc?=",
		"=?utf-8?Q?open":                  "=?utf-8?Q?open",
		"=?utf-8?Q??=":                    "",
		"a=?utf-8?Q?b?=c":                 "abc",
		"=?utf-8?Q?a=0D=0Ab=00c?=":        "a b c",
		"caf\xe9":                         "café",
		"=?gb2312?B?xOO6ww==?=":           "你好",
		"=?koi8-r?B?8NLJ18XU?=":           "Привет",
	} {
		if got := Decode(in); got != want {
			t.Errorf("Decode(%q): got %q, want %q", in, got, want)
		}
	}
}

func TestParametersAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Media{
		`text/plain; charset=utf-8`:                                 {"text/plain", map[string]string{"charset": "utf-8"}},
		`TEXT/HTML ; Charset="UTF-8" ; x`:                           {"text/html", map[string]string{"charset": "UTF-8"}},
		`multipart/mixed; boundary="a;b=c"`:                         {"multipart/mixed", map[string]string{"boundary": "a;b=c"}},
		`a/b; name="a \"q\" b"`:                                     {"a/b", map[string]string{"name": `a "q" b`}},
		`a/b; name="unclosed; x=y`:                                  {"a/b", map[string]string{"name": "unclosed", "x": "y"}},
		`attachment; filename*=utf-8''%C3%A9t%C3%A9.pdf`:            {"attachment", map[string]string{"filename": "été.pdf"}},
		`attachment; filename="x.pdf"; filename*=utf-8''%C3%A9.pdf`: {"attachment", map[string]string{"filename": "é.pdf"}},
		`attachment; filename*1="b.pdf"; filename*0="a"`:            {"attachment", map[string]string{"filename": "ab.pdf"}},
		`attachment; filename*=iso-8859-1'de'%FCber.txt`:            {"attachment", map[string]string{"filename": "über.txt"}},
		`attachment; filename*=broken%zz`:                           {"attachment", map[string]string{"filename": "broken%zz"}},
		`attachment; filename="=?utf-8?Q?=C3=A9.pdf?="`:             {"attachment", map[string]string{"filename": "é.pdf"}},
		``:     {"", map[string]string{}},
		`;;;=`: {"", map[string]string{}},
	} {
		if got := ParseMedia(in); !reflect.DeepEqual(got, want) {
			t.Errorf("ParseMedia(%q): got %q, want %q", in, got, want)
		}
	}
}

func TestMessageIDsLoseTheirBrackets(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"<a@b> <c@d>":          {"a@b", "c@d"},
		"<a@b><c@d>":           {"a@b", "c@d"},
		"a@b":                  {"a@b"},
		"Ann's note of Monday": nil,
		"note of <a@b> (Ann)":  {"a@b"},
		"<broken\r\n id@x>":    {"brokenid@x"},
		"<open@x":              {"open@x"},
		"":                     nil,
		"<>":                   nil,
	} {
		if got := IDs(in); !reflect.DeepEqual(got, want) {
			t.Errorf("IDs(%q): got %q, want %q", in, got, want)
		}
	}
}

// FuzzValue holds that no value makes any reader break its promises.
func FuzzValue(f *testing.F) {
	for _, s := range []string{"Ann (x) <a@b>, Team: c@d;", "=?utf-8?Q?=C3?= =?utf-8?B?qQ==?=", `a/b; name*0*=utf-8''%C3; name*1="x"`, "Thu, 22 Aug 2002 12:36:23 -0500 (EST)", "user at host.example (N)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		lines := []string{Decode(s)}
		list, _ := Addresses(s, 50)
		for _, a := range list {
			lines = append(lines, a.Name, a.Address)
		}
		m := ParseMedia(s)
		lines = append(lines, m.Type)
		for _, v := range m.Params {
			lines = append(lines, v)
		}
		lines = append(lines, IDs(s)...)
		if d, ok := Date(s); ok && (d.Year() < 0 || d.Year() > 10000) {
			t.Errorf("Date(%q) = %v", s, d)
		}
		for _, l := range lines {
			if !utf8.ValidString(l) || strings.ContainsFunc(l, func(c rune) bool { return c < ' ' || c == 0x7f }) {
				t.Errorf("%q gives %q, which is not one clean line", s, l)
			}
		}
	})
}
