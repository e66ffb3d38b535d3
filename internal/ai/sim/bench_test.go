package sim

import (
	"io"
	"net/http"
	"testing"
)

func BenchmarkRoundTrip(b *testing.B) {
	s, err := New(Options{Prices: cheap})
	if err != nil {
		b.Fatal(err)
	}
	for _, provider := range []string{"anthropic", "gemini", "openrouter"} {
		for _, stream := range []bool{false, true} {
			form := "unary"
			if stream {
				form = "stream"
			}
			b.Run(provider+"/"+form, func(b *testing.B) {
				b.ReportAllocs()
				q := about(provider, stream)
				for b.Loop() {
					resp, err := http.RoundTripper(s).RoundTrip(q.request(b.Context(), "http://sim"))
					if err != nil {
						b.Fatal(err)
					}
					if _, err := io.Copy(io.Discard, resp.Body); err != nil {
						b.Fatal(err)
					}
					_ = resp.Body.Close() // it was read
				}
			})
		}
	}
}
