package wire

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

type answer struct {
	status int
	body   io.Reader
}

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Header: http.Header{}, Body: io.NopCloser(a.body), Request: r}, nil
}

func TestEventsAreTheDataAndNothingElse(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		text string
		want []string
	}{
		"nothing":            {"", nil},
		"signs of life":      {": alive\n\n: alive\n\nevent: ping\n\n", nil},
		"lines of all ends":  {"data: a\n\ndata:b\r\n\r\n\r\n\ndata:  c\n\n", []string{"a", "b", "c"}},
		"two lines":          {"event: x\ndata: a\nid: 7\ndata: b\n\n", []string{"a\nb"}},
		"a mark before":      {"\ufeffdata: a\n\n", []string{"a"}},
		"no line in the end": {"data: a\n\ndata: [DONE]", []string{"a", "[DONE]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for data, err := range Events(&http.Response{Body: io.NopCloser(strings.NewReader(row.text))}) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, string(data))
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestABrokenStreamSaysSo(t *testing.T) {
	t.Parallel()
	broken := io.MultiReader(strings.NewReader("data: a\n\ndata: b"), failing{})
	var got []string
	var last error
	for data, err := range Events(&http.Response{Body: io.NopCloser(broken)}) {
		if last = err; err == nil {
			got = append(got, string(data))
		}
	}
	if !slices.Equal(got, []string{"a"}) || !errors.Is(last, io.ErrUnexpectedEOF) {
		t.Errorf("got %q and %v, want a and an unexpected end", got, last)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestOnlyStatus200IsAnAnswer(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]error{200: nil, 204: ErrRefused, 302: ErrRefused, 429: ErrRefused} {
		ctx, seen := Watch(t.Context())
		client := New(answer{status, strings.NewReader("\ufeff{\"a\":1}\n")}).Client()
		res, err := Post(ctx, client, "https://a.example/", http.Header{}, map[string]int{"b": 2})
		if !errors.Is(err, want) || (res == nil) == (want == nil) {
			t.Fatalf("%d: got %v, want %v", status, err, want)
		}
		if want != nil {
			if body := string(seen.Body()); !strings.Contains(body, `"a"`) {
				t.Errorf("%d: the record holds %q, want the answer", status, body)
			}
			continue
		}
		if text, err := Whole(res); err != nil || string(text) != `{"a":1}` {
			t.Errorf("got %q, %v", text, err)
		}
	}
}
