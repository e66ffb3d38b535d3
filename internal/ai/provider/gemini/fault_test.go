package gemini

import (
	"flag"
	"testing"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/provider/providertest"
	"rapport/internal/ai/wire"
)

var update = flag.Bool("update", false, "write what comes of the faults")

func TestEachFaultIsToldApart(t *testing.T) {
	providertest.Faults(t, providertest.Adapter{Provider: Name, Model: "gemini-3.8-flash", Make: func(w *wire.Transport, base string) ai.Streamer { return New(w, base+"", catalog.Default()) }}, "testdata/gemini.txt", *update)
}

func TestAStreamCanBeLeft(t *testing.T) {
	t.Parallel()
	providertest.Leaving(t, providertest.Adapter{Provider: Name, Model: "gemini-3.8-flash", Make: func(w *wire.Transport, base string) ai.Streamer { return New(w, base+"", nil) }})
}
