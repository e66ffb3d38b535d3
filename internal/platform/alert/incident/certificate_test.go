package incident_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"rapport/internal/platform/alert"
	"rapport/internal/platform/alert/incident"
)

// The server of httptest shows a certificate that ends decades from now.
func TestTheCertificateThatPeopleAreShownIsLookedAt(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	end := server.Certificate().NotAfter
	w := incident.NewWatch(nil, incident.Options{Source: nothing{}, URL: server.URL, Log: quiet(), Now: func() time.Time { return end.Add(-3 * 24 * time.Hour) }})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()
	eventually(t, "it is looked at", func() bool { return w.Measured()[alert.CertificateDays] == 3 })
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
