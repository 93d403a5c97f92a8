package apply

import (
	"fmt"
	"net/http"

	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/contract/printed"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/paper"
)

// provider is who offers the service, as papers name it.
func (p *Pages) provider() printed.Provider {
	return printed.Provider{Name: p.Provider, Phone: p.Phone, Portal: p.Gate.Address()}
}

// print sends a document as a file.
func (p *Pages) print(w http.ResponseWriter, r *http.Request, name string, compose func() (*paper.Document, error)) error {
	if p.Press == nil {
		return store.ErrNotFound
	}
	d, err := compose()
	if err != nil {
		return err
	}
	pdf, err := p.Press.Print(r.Context(), d)
	if err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", `attachment; filename="otasuke-`+name+`.pdf"`)
	h.Set("Cache-Control", "private, no-store")
	_, err = w.Write(pdf)
	return err
}

// formOf is the application form of an application that was sent.
func (p *Pages) formOf(a *contract.Application, t text.Texts) (*paper.Document, error) {
	if a.Number == "" {
		return nil, store.ErrNotFound
	}
	v, err := p.Version(a.Offer)
	if err != nil {
		return nil, err
	}
	var lines []printed.Line
	for _, one := range said(t, v, &a.Form) {
		lines = append(lines, printed.Line(one))
	}
	return printed.Form(a, v, lines, p.provider(), t), nil
}

func (p *Pages) formFile(w http.ResponseWriter, r *http.Request, t text.Texts) error {
	return p.print(w, r, "application", func() (*paper.Document, error) {
		a, _, err := p.ByToken(r.Context(), r.PathValue("token"))
		if err != nil {
			return nil, err
		}
		return p.formOf(&a, t)
	})
}

// deskForm is the same for the desk, which posts it to those who cannot print.
func (p *Pages) deskForm(w http.ResponseWriter, v *ui.Visit) error {
	return p.print(w, v.Request, "application", func() (*paper.Document, error) {
		a, _, _, err := p.Application(v.Request.Context(), v.Request.PathValue("application"))
		if err != nil {
			return nil, err
		}
		return p.formOf(&a, v.Texts)
	})
}

// contractFile is what a company applied for and agreed to, in the version that it signed.
func (p *Pages) contractFile(w http.ResponseWriter, v *ui.Visit) error {
	return p.print(w, v.Request, "contract", func() (*paper.Document, error) {
		c, err := p.current(v)
		if err != nil {
			return nil, err
		}
		return p.formOf(&contract.Application{Number: c.Number, Moved: c.Signed, Offer: c.Offer, Form: c.Form}, v.Texts)
	})
}

// guideFile is the sheet that also lies in the parcel.
func (p *Pages) guideFile(w http.ResponseWriter, v *ui.Visit) error {
	return p.print(w, v.Request, "guide", func() (*paper.Document, error) {
		c, err := p.current(v)
		if err != nil {
			return nil, err
		}
		return printed.Guide(c.Form.Company, c.Number, c.Signed, p.provider(), v.Texts), nil
	})
}

// noticeFile is the notice to those who work in the office.
func (p *Pages) noticeFile(w http.ResponseWriter, v *ui.Visit) error {
	return p.print(w, v.Request, "notice", func() (*paper.Document, error) {
		c, err := p.current(v)
		if err != nil {
			return nil, err
		}
		offered, err := p.Version(c.Offer)
		if err != nil {
			return nil, err
		}
		return printed.Notice(c.Form.Company, offered, c.Signed, p.provider(), v.Texts), nil
	})
}
