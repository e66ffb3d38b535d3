package message_test

import (
	"testing"
	"time"

	"rapport/internal/crm/message"
	"rapport/internal/platform/id"
)

func TestAWorkspaceIsSweptInOneHourOfTheDay(t *testing.T) {
	t.Parallel()
	hours := map[int]bool{}
	for range 200 {
		workspace, due := id.New(), 0
		for h := range 24 {
			if message.SweepDue(workspace, time.Date(2026, 3, 1, h, 30, 0, 0, time.UTC)) {
				due++
				hours[h] = true
			}
		}
		if due != 1 {
			t.Fatalf("%s is swept in %d hours of a day, want 1", workspace, due)
		}
	}
	if len(hours) < 12 {
		t.Errorf("200 workspaces are swept in %d hours, want them spread", len(hours))
	}
}
