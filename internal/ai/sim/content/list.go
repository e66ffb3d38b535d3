package content

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

func (g *generator) array(s object, depth int) (any, error) {
	least, most := int(float(s["minItems"], 0)), int(float(s["maxItems"], 1e6))
	if s["contains"] != nil {
		least = max(least, int(float(s["minContains"], 1)))
	}
	n := least
	if depth < deepest {
		n += g.r.IntN(3)
	}
	first, _ := s["prefixItems"].([]any)
	n = min(max(n, len(first)), most)
	if least > most || n > 10_000 {
		return nil, fmt.Errorf("an array of %d to %d items", least, most)
	}
	if s["items"] == false {
		n = min(n, len(first))
	}
	out := make([]any, 0, n)
	seen := map[string]bool{}
	for tries := 0; len(out) < n && tries < 20*n+20; tries++ {
		item := s["items"]
		switch {
		case len(out) < len(first):
			item = first[len(out)]
		case s["contains"] != nil && len(out) < max(1, int(float(s["minContains"], 1))):
			item = s["contains"]
		}
		v, err := g.value(item, depth+1)
		if errors.Is(err, errDeep) && len(out) >= least {
			break
		}
		if err != nil {
			return nil, err
		}
		key, _ := json.Marshal(v) // what was generated is JSON
		if again := seen[string(key)]; again && (s["uniqueItems"] == true || len(out) >= least) {
			continue // nobody says the same twice
		}
		seen[string(key)] = true
		out = append(out, v)
	}
	if len(out) < least {
		return nil, fmt.Errorf("there are no %d different items", least)
	}
	return out, nil
}

func (g *generator) number(s object, whole bool) (any, error) {
	low, high := float(s["minimum"], math.NaN()), float(s["maximum"], math.NaN())
	step := float(s["multipleOf"], 0)
	nudge := 1.0
	if !whole {
		nudge = 1e-6
	}
	if x := float(s["exclusiveMinimum"], math.NaN()); !math.IsNaN(x) && !(low > x) {
		low = x + nudge
	}
	if x := float(s["exclusiveMaximum"], math.NaN()); !math.IsNaN(x) && !(high < x) {
		high = x - nudge
	}
	switch {
	case math.IsNaN(low) && math.IsNaN(high) && whole:
		low, high = 1, 10 // as most scales have it
	case math.IsNaN(low) && math.IsNaN(high):
		low, high = 0, 1
	case math.IsNaN(low):
		low = high - 100
	case math.IsNaN(high):
		high = low + 100
	}
	if whole {
		low, high = math.Ceil(low), math.Floor(high)
	}
	if low > high {
		return nil, fmt.Errorf("a number from %v to %v", low, high)
	}
	if step > 0 {
		from, to := math.Ceil(low/step), math.Floor(high/step)
		if from > to {
			return nil, fmt.Errorf("no multiple of %v from %v to %v", step, low, high)
		}
		return (from + math.Floor(g.r.Float64()*(to-from+1))) * step, nil
	}
	if whole {
		return int64(low + math.Floor(g.r.Float64()*(high-low+1))), nil
	}
	if rounded := math.Round((low+g.r.Float64()*(high-low))*100) / 100; rounded >= low && rounded <= high {
		return rounded, nil
	}
	return low, nil
}
