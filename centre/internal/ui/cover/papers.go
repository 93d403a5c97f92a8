package cover

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/cover"
	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/ja"
	"otasuke/internal/paper"
)

// section is one of a claim's papers.
type section struct {
	Title string
	Lines []string
}

// gathered is everything that an insurer gets.
type gathered struct {
	claim    cover.Claim
	visit    dispatch.Whole
	company  string
	mails    []cover.Mail
	sections []section
	texts    []section // of the mails: long, and the last
}

// gather puts a claim in words: the claim itself, the alert, its mails as they were sent, the visit, the report, the files.
func (p *Pages) gather(v *ui.Visit) (g gathered, err error) {
	ctx, t, tenantID := v.Request.Context(), v.Texts, v.Request.PathValue("tenant")
	if g.claim, err = p.Cover.Get(ctx, tenantID, v.Request.PathValue("claim")); err != nil {
		return g, err
	}
	if err := p.look(v, g.claim.ID); err != nil {
		return g, err
	}
	if g.visit, err = p.Visits.Get(ctx, tenantID, g.claim.VisitID); err != nil {
		return g, err
	}
	company, err := p.Companies.CompanyByID(ctx, tenantID)
	if err != nil {
		return g, err
	}
	g.company = company.Name
	c, x := &g.claim, &g.visit
	add := func(title string, lines ...string) { g.sections = append(g.sections, section{t.T(title), lines}) }
	label := func(key, value string) string { return t.T("cover.line", "label", t.T(key), "value", value) }
	add("cover.claim_what", label("dispatch.field_company", g.company), label("cover.col_asked", yen(t, c.Asked)), label("cover.cost", yen(t, c.Cost)), t.T("cover.version", "id", c.Terms), label("cover.year_from", date(t, c.Year)), label("cover.visit_number", x.Number))
	if c.AlertID != "" {
		told, err := p.Told(ctx, tenantID, c.AlertID, t.Lang())
		if err != nil {
			return g, err
		}
		add("cover.alert", told...)
		mails, err := p.Cover.Mails(ctx, tenantID, c.AlertID)
		if err != nil {
			return g, err
		}
		var lines []string
		for _, m := range mails {
			lines = append(lines, ja.Long(m.At, t.Lang())+"  "+m.Subject+"  → "+m.Email+"  ("+m.MessageID+")")
		}
		add("cover.mails", lines...)
		g.mails = mails
		for i := range mails {
			if m := &mails[i]; len(m.Raw) > 0 {
				lines := strings.Split(strings.TrimRight(strings.ReplaceAll(m.Text, "\r\n", "\n"), "\n"), "\n")
				g.texts = append(g.texts, section{t.T("cover.mail_text", "name", mailName(i)), append([]string{"SHA-256 " + m.Sum, ""}, lines...)})
			}
		}
	}
	var lines []string
	for _, s := range x.Steps {
		lines = append(lines, ja.Long(s.At, t.Lang())+"  "+t.T("dispatch.state_"+string(s.State)))
	}
	add("dispatch.times", append(lines, label("dispatch.vendor", x.VendorName+" "+x.VendorPhone))...)
	cause := x.Report.Cause
	if !x.Report.Known {
		cause = strings.TrimSpace(t.T("dispatch.cause_unknown") + " " + cause)
	}
	lines = []string{label("dispatch.field_found", x.Report.Found), label("dispatch.field_done", x.Report.Did), label("dispatch.field_cause", cause)}
	if x.Report.Advice != "" {
		lines = append(lines, label("dispatch.field_advice", x.Report.Advice))
	}
	for _, one := range x.Report.Costs {
		lines = append(lines, t.T("cover.cost_line", "what", one.What, "yen", yen(t, one.Yen)))
	}
	add("dispatch.report", append(lines, label("dispatch.cost_sum", yen(t, x.Report.Sum())), t.T("dispatch.signed", "name", x.Report.Signer, "time", ja.Long(x.Report.Signed, t.Lang())))...)
	lines = nil
	for i := range x.Files {
		f := &x.Files[i]
		lines = append(lines, t.T("cover.file_"+f.What)+"  "+f.Name+"  "+ja.Size(f.Size)+"  SHA-256 "+f.Sum)
	}
	add("cover.files", lines...)
	return g, nil
}

// mailName is the file of a mail in the ZIP.
func mailName(i int) string { return fmt.Sprintf("mail/%02d.eml", i+1) }

// highest is a picture on the sheet, in mm: two of them fit on one.
const highest = 105

// document is the papers as one, with the photos, the signature and what else came as a picture; other files are in the ZIP alone.
func (p *Pages) document(ctx context.Context, t text.Texts, g *gathered) (*paper.Document, error) {
	title := t.T("cover.claim_title")
	d := &paper.Document{Title: title, Author: p.Provider, Lang: t.Lang(), Made: g.claim.Made, Foot: title + " " + g.visit.Number + " " + p.Provider}
	blocks := []paper.Block{paper.Text{S: title, Style: paper.Title.Sized(18), Mark: true}, paper.Gap(3)}
	put := func(all []section) {
		for _, s := range all {
			blocks = append(blocks, paper.Text{S: s.Title, Style: paper.Head, Mark: true}, paper.Gap(1))
			for _, l := range s.Lines {
				blocks = append(blocks, paper.Text{S: l, Style: paper.Body}, paper.Gap(1))
			}
			blocks = append(blocks, paper.Gap(3))
		}
	}
	put(g.sections)
	for i := range g.visit.Files {
		one := &g.visit.Files[i]
		words := t.T("cover.file_"+one.What) + "  " + one.Name
		if one.Kind != attach.JPEG && one.Kind != attach.PNG {
			blocks = append(blocks, paper.Text{S: t.T("cover.in_zip", "file", words), Style: paper.Small}, paper.Gap(3))
			continue
		}
		_, data, err := p.Visits.File(ctx, g.claim.TenantID, g.visit.ID, one.ID)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, paper.Text{S: words, Style: paper.Small, Mark: true}, paper.Picture{Data: data, High: highest, Else: t.T("cover.in_zip", "file", words)}, paper.Gap(4))
	}
	put(g.texts)
	d.Pages = []paper.Page{{Blocks: blocks}}
	return d, nil
}

// attached are the headers of a file that is taken home.
func attached(h http.Header, kind, name string) {
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Content-Type-Options", "nosniff")
}

func (p *Pages) pdf(w http.ResponseWriter, v *ui.Visit) error {
	if p.Press == nil {
		return store.ErrNotFound
	}
	g, err := p.gather(v)
	if err != nil {
		return err
	}
	d, err := p.document(v.Request.Context(), v.Texts, &g)
	if err != nil {
		return err
	}
	b, err := p.Press.Print(v.Request.Context(), d)
	if err != nil {
		return err
	}
	attach.Patient(w)
	attached(w.Header(), "application/pdf", "claim-"+g.visit.Number+".pdf")
	_, err = w.Write(b)
	return err
}

// zip is everything in one file: the papers, each mail as it was sent, each photo and invoice as it came, and the hashes of all of it.
func (p *Pages) zip(w http.ResponseWriter, v *ui.Visit) error {
	g, err := p.gather(v)
	if err != nil {
		return err
	}
	var said strings.Builder
	for _, s := range slices.Concat(g.sections, g.texts) {
		fmt.Fprintf(&said, "■ %s\r\n%s\r\n\r\n", s.Title, strings.Join(s.Lines, "\r\n"))
	}
	var pdf []byte
	if p.Press != nil {
		d, err := p.document(v.Request.Context(), v.Texts, &g)
		if err != nil {
			return err
		}
		if pdf, err = p.Press.Print(v.Request.Context(), d); err != nil {
			return err
		}
	}
	attach.Patient(w)
	attached(w.Header(), "application/zip", "claim-"+g.visit.Number+".zip")
	z, sums := zip.NewWriter(w), new(bytes.Buffer)
	put := func(name string, data []byte) error {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: g.claim.Made.UTC()})
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		fmt.Fprintf(sums, "%s  %s\n", hex.EncodeToString(sum[:]), name)
		_, err = io.Copy(f, bytes.NewReader(data))
		return err
	}
	if err := put("claim.txt", []byte("\ufeff"+said.String())); err != nil {
		return err
	}
	if pdf != nil {
		if err := put("claim.pdf", pdf); err != nil {
			return err
		}
	}
	for i := range g.mails {
		if m := &g.mails[i]; len(m.Raw) > 0 {
			if err := put(mailName(i), m.Raw); err != nil {
				return err
			}
		}
	}
	for i := range g.visit.Files {
		one := &g.visit.Files[i]
		f, data, err := p.Visits.File(v.Request.Context(), g.claim.TenantID, g.visit.ID, one.ID)
		if err != nil {
			return err
		}
		if err := put(fmt.Sprintf("%s/%02d-%s", one.What, i+1, f.Name), data); err != nil {
			return err
		}
	}
	hashes := bytes.Clone(sums.Bytes())
	if err := put("SHA256SUMS.txt", hashes); err != nil {
		return err
	}
	return z.Close()
}
