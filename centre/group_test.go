package centre

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
)

// A company that is let look sees what it was shown and no more, for as long as that is wanted; the other knows.
func TestGroupSeesWhatItWasShown(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	get := func(who, path string) (int, string) {
		status, _, body := e.ask(e.portal, who, ui.Route{Method: http.MethodGet, Path: path})
		return status, body
	}
	own := "/group/" + e.canary.CompanyID
	if status, body := get("neighbour", "/group"); status != http.StatusOK || strings.Contains(body, canary) {
		t.Fatalf("before anything is shown: %d", status)
	}
	share, err := e.c.tenants.NewShare(t.Context(), e.canary.OwnerID, e.canary.CompanyID, e.other.CompanyID, []string{tenant.ShareFigures, tenant.ShareBoxes}, time.Now().Add(24*time.Hour))
	ok(t, err)
	status, body := get("neighbour", "/group")
	if status != http.StatusOK || !strings.Contains(body, canary+"株式会社") || !strings.Contains(body, "not shown") {
		t.Errorf("%d %s", status, body)
	}
	status, body = get("neighbour", own)
	if status != http.StatusOK || strings.Contains(body, canary+"のPC") || !strings.Contains(body, "Not shown by this company: Each alert") {
		t.Errorf("figures and boxes: %d %s", status, body)
	}
	if _, body := get("neighbour", "/group.csv"); !strings.HasPrefix(body, "\ufeff") || !strings.Contains(body, canary+"株式会社") {
		t.Errorf("the file: %s", body)
	}
	if status, _ := get("owner", own); status != http.StatusNotFound {
		t.Errorf("a share of oneself: %d", status)
	}
	_, mine := get("owner", "/shares/"+share)
	if !strings.Contains(mine, "このように見えています") || !strings.Contains(mine, "この30日") {
		t.Errorf("the preview: %s", mine)
	}
	if status, _ := get("neighbour", "/shares/"+share); status != http.StatusNotFound {
		t.Errorf("another's preview: %d", status)
	}
	if _, body := get("owner", "/looks"); strings.Count(body, "見せている内容を") != 1 {
		t.Errorf("the record: %d looks", strings.Count(body, "見せている内容を"))
	}
	// Alerts too, by another share; then all is taken back.
	second, err := e.c.tenants.NewShare(t.Context(), e.canary.OwnerID, e.canary.CompanyID, e.other.CompanyID, []string{tenant.ShareAlerts}, time.Now().Add(48*time.Hour))
	ok(t, err)
	if _, body := get("neighbour", own); strings.Contains(body, "Not shown by") || !strings.Contains(body, "badge stars-3") {
		t.Errorf("alerts: %s", body)
	}
	if _, body := get("neighbour", "/alerts/"+e.alert); strings.Contains(body, canary) {
		t.Error("the alert itself is shown")
	}
	ok(t, e.c.tenants.EndShare(t.Context(), e.canary.OwnerID, e.canary.CompanyID, share))
	ok(t, e.c.tenants.EndShare(t.Context(), e.canary.OwnerID, e.canary.CompanyID, second))
	if status, _ := get("neighbour", own); status != http.StatusNotFound {
		t.Errorf("after it was taken back: %d", status)
	}
	if _, body := get("neighbour", "/group"); strings.Contains(body, canary) {
		t.Error("after it was taken back it is listed")
	}
}
