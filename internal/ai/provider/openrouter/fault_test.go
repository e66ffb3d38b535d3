package openrouter

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
	providertest.Faults(t, providertest.Adapter{Provider: Name, Model: "openai/gpt-6-luna", Make: func(w *wire.Transport, base string) ai.Streamer { return New(w, base+"/v1", catalog.Default()) }}, "testdata/openrouter.txt", *update)
}

func TestEachFaultOfACompatibleServerIsToldApart(t *testing.T) {
	providertest.Faults(t, providertest.Adapter{Provider: Compatible, Model: "local", Make: func(w *wire.Transport, base string) ai.Streamer { return NewCompatible(w, base+"/v1", "") }}, "testdata/compatible.txt", *update)
}

func TestAStreamCanBeLeft(t *testing.T) {
	t.Parallel()
	providertest.Leaving(t, providertest.Adapter{Provider: Name, Model: "openai/gpt-6-luna", Make: func(w *wire.Transport, base string) ai.Streamer { return New(w, base+"/v1", nil) }})
}
