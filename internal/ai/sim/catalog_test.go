package sim

import (
	"slices"
	"testing"

	"rapport/internal/ai/catalog"
	"rapport/internal/ai/sim/ask"
)

// The simulator knows models on its own account, so that the catalogue is tested
// and not copied.
func TestTheCatalogIsRightAboutTheModels(t *testing.T) {
	t.Parallel()
	offered := ask.Models()
	for _, m := range catalog.Default().Models {
		i := slices.IndexFunc(offered, func(o ask.Model) bool { return o.Provider == m.Provider && o.ID == m.ID })
		if i < 0 {
			t.Errorf("%s has no %s", m.Provider, m.ID)
			continue
		}
		o := offered[i]
		if m.Context > o.Context || int64(m.MaxOutput) > o.Output || m.AbortStopsBilling == o.Owed || m.FixedSampling != o.Modern || m.NoForcedTool != o.Free || m.NoMinimalThinking != o.Strict || (m.Thinking == catalog.Always) != o.Always {
			t.Errorf("the catalogue says %+v, the vendor %+v", m, o)
		}
	}
}
