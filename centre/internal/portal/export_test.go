package portal

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/export"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

var _ Exports = (*export.Service)(nil)

// exported has a file of ours that is ready, one that is being made, and one that came to nothing.
type exported struct{}

func (exported) Ask(context.Context, string, string) error { return export.ErrSoon }

func (exported) List(_ context.Context, tenantID string) ([]export.Export, error) {
	if tenantID != ours {
		return nil, nil
	}
	return []export.Export{
		{ID: "x3", State: export.Making, Asked: now.Add(-time.Minute)},
		{ID: "x2", State: export.Failed, Asked: now.AddDate(0, 0, -2)},
		{ID: "x1", State: export.Ready, Asked: now.AddDate(0, 0, -3), Made: now.AddDate(0, 0, -3), Size: 4},
	}, nil
}

func (exported) Get(_ context.Context, tenantID, id string) (export.Export, error) {
	if tenantID != ours || id != "x1" {
		return export.Export{}, store.ErrNotFound
	}
	return export.Export{ID: id, State: export.Ready, Made: now, Size: 4}, nil
}

func (exported) Fetch(_ context.Context, _, _, _ string, w io.Writer) error {
	_, err := io.WriteString(w, "PK\x03\x04")
	return err
}

func TestExportPageSaysHowFarItIs(t *testing.T) {
	t.Parallel()
	b := at(t, sample())
	says(t, b.page("/export"), "書き出しを頼む", "作成中", "作成できませんでした", "できました", "2026年11月25日", "パスワードなど")
	links := b.page("/export") + b.page("/looks")
	for _, want := range []string{`/export/x1/zip"`, `/export"`} {
		if !strings.Contains(links, want) {
			t.Errorf("no link to %s", want)
		}
	}
	says(t, b.page("/export?said=soon"), "1時間以内に頼まれた書き出しがあります")
	if status, body := b.get("/export/x1/zip"); status != http.StatusOK || body != "PK\x03\x04" {
		t.Errorf("%d %q", status, body)
	}
	if status, _ := b.get("/export/x3/zip"); status != http.StatusNotFound {
		t.Errorf("what is not ready: %d", status)
	}
	reader := sample()
	reader.role = tenant.RoleReadonly
	if b := at(t, reader); strings.Contains(b.page("/looks"), `/export"`) {
		t.Error("a reader is offered everything")
	}
}
