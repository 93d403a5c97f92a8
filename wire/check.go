package wire

import (
	"errors"
	"fmt"
	"net/netip"
)

// Errors of checking. Their texts never quote the message: an answer that does could
// grow without bound.
var (
	errEvent  = errors.New("wire: bad event")
	errHealth = errors.New("wire: bad health")
	errClaim  = errors.New("wire: bad claim")
)

// ValidID says whether s can be the id of an event: 26 letters and digits.
func ValidID(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return len(s) == idLength
}

// Check says what is wrong with an event that came from outside. Texts may hold any
// character: an attacker chooses them, and must not make an event vanish by it.
func (e *Event) Check() error {
	switch {
	case !ValidID(e.ID):
		return fmt.Errorf("%w: id is not 26 letters and digits", errEvent)
	case e.Time.IsZero():
		return fmt.Errorf("%w: no time", errEvent)
	}
	for _, check := range []func() string{e.checkTexts, e.checkGround, e.checkTraffic} {
		if wrong := check(); wrong != "" {
			return fmt.Errorf("%w: %s", errEvent, wrong)
		}
	}
	if e.Health != nil {
		return e.Health.Check()
	}
	if e.Usage != nil {
		return e.Usage.check()
	}
	if e.Inside != nil {
		return e.Inside.check()
	}
	return nil
}

func (u *Usage) check() error {
	switch {
	case u.Since.IsZero() || u.Period < 1 || u.Period > MaxPeriod:
		return fmt.Errorf("%w: usage of no time", errEvent)
	case len(u.Apps) > MaxApps:
		return fmt.Errorf("%w: too many applications", errEvent)
	}
	for i := range u.Apps {
		switch a := &u.Apps[i]; {
		case longer([]string{a.App, a.Category}, MaxWord) || longer([]string{a.Name}, MaxText):
			return fmt.Errorf("%w: text is too long", errEvent)
		case a.Up > MaxUse || a.Down > MaxUse || a.Flows > MaxUse || a.Blocked > a.Flows || a.Minutes < 0 || a.Minutes > u.Period:
			return fmt.Errorf("%w: usage out of range", errEvent)
		}
	}
	return nil
}

// checkGround: an event has what its kind is about.
func (e *Event) checkGround() string {
	switch e.Kind {
	case KindIPS:
		if e.Rule == nil || e.Rule.SID == 0 {
			return "ips event without a rule"
		}
	case KindSite:
		if e.Site == nil || e.Site.Name == "" {
			return "site event without a name"
		}
	case KindVirus:
		if e.File == nil || e.File.Virus == "" {
			return "virus event without a virus name"
		}
	case KindHealth:
		if e.Health == nil {
			return "health event without health"
		}
	case KindUsage:
		if e.Usage == nil {
			return "usage event without usage"
		}
	case KindAppeal:
		if e.Appeal == nil || e.Appeal.What == "" {
			return "appeal about nothing"
		}
	case KindDevice:
		if e.Inside == nil || e.Device.MAC == "" {
			return "device event without a device"
		}
	default:
		return "unknown kind"
	}
	return ""
}

// checkTraffic looks at the conversation. Any port is possible, also 0: the sender
// chooses it.
func (e *Event) checkTraffic() string {
	for _, addr := range []netip.Addr{e.Flow.Src, e.Flow.Dst, e.Device.Addr} {
		if addr.Zone() != "" {
			return "address with a zone"
		}
	}
	if e.Kind == KindHealth || e.Kind == KindUsage || e.Kind == KindDevice {
		return ""
	}
	switch {
	case e.Verdict != VerdictBlocked && e.Verdict != VerdictPassed:
		return "unknown verdict"
	case e.Direction != "" && e.Direction != Inbound && e.Direction != Outbound && e.Direction != Internal:
		return "unknown direction"
	case !e.Flow.Src.IsValid() || !e.Flow.Dst.IsValid():
		return "flow without addresses"
	case e.File != nil && e.File.Size < 0:
		return "file of a negative size"
	}
	return ""
}

func (e *Event) checkTexts() string {
	texts := []string{e.App, e.URL}
	words := []string{e.Flow.Proto, e.Device.MAC}
	if r := e.Rule; r != nil {
		if len(r.Mitre) > MaxMitre {
			return "too many techniques"
		}
		texts, words = append(texts, r.Msg, r.Class, r.Family), append(words, r.Mitre...)
	}
	if s := e.Site; s != nil {
		texts, words = append(texts, s.Name, s.Category, s.List), append(words, s.Layer)
	}
	if a := e.Appeal; a != nil {
		texts, words = append(texts, a.What, a.List), append(words, a.Category, a.Reason)
	}
	if f := e.File; f != nil {
		texts, words = append(texts, f.Name, f.Virus), append(words, f.SHA256)
	}
	if longer(texts, MaxText) || longer(words, MaxWord) {
		return "text is too long"
	}
	return ""
}

// Check says what is wrong with what a box says about itself.
func (h *Health) Check() error {
	switch {
	case longer([]string{h.Software, h.Note, h.Mode}, MaxText):
		return fmt.Errorf("%w: text is too long", errHealth)
	case h.Uptime < 0 || h.Rules < 0 || h.Sites < 0 || h.Held < 0 || h.Pending < 0:
		return fmt.Errorf("%w: negative count", errHealth)
	case len(h.Parts) > MaxParts:
		return fmt.Errorf("%w: too many parts", errHealth)
	}
	for name, state := range h.Parts {
		if len(name) > MaxWord || len(state) > MaxWord { // of any other word: that health is better than none
			return fmt.Errorf("%w: text of a part is too long", errHealth)
		}
	}
	return nil
}

// Check says what is wrong with a heartbeat.
func (h *Heartbeat) Check() error {
	if len(h.Bundles) > MaxBundles {
		return fmt.Errorf("%w: too many bundles", errHealth)
	}
	for i := range h.Bundles {
		if err := h.Bundles[i].check(); err != nil {
			return err
		}
	}
	if h.Policy != nil {
		if err := h.Policy.check(); err != nil {
			return err
		}
	}
	return h.Health.Check()
}

// Check says what is wrong with a claim, apart from its code and its request, which
// the centre understands better.
func (c *ClaimRequest) Check() error {
	if longer([]string{c.Code, c.Model, c.Software}, MaxText) || len(c.CSR) > MaxCSR {
		return fmt.Errorf("%w: text is too long", errClaim)
	}
	return nil
}

func longer(texts []string, limit int) bool {
	for _, s := range texts {
		if len(s) > limit {
			return true
		}
	}
	return false
}

var errAnswer = errors.New("wire: bad answer")

// Check says what is wrong with an answer that came from outside.
func (a *Answer) Check() error {
	wrong, several := "", a.Traffic != nil && (a.Spread != nil || a.Test != nil) || a.Spread != nil && a.Test != nil
	switch {
	case several: // one of them would go unchecked
		wrong = "more than one answer"
	case a.ID == "" || longer([]string{a.ID}, MaxWord) || longer([]string{a.Failed}, MaxText):
		wrong = "id or text"
	case a.Traffic != nil:
		wrong = a.Traffic.check()
	case a.Spread != nil:
		wrong = a.Spread.check()
	case a.Test != nil:
		wrong = a.Test.check()
	case a.Failed == "":
		wrong = "nothing in it"
	}
	if wrong != "" {
		return fmt.Errorf("%w: %s", errAnswer, wrong)
	}
	return nil
}

func (a *TrafficAnswer) check() string {
	if len(a.Rows) > MaxRows || len(a.Sums) > MaxRows || a.Found < 0 {
		return "too many rows"
	}
	for i := range a.Rows {
		r := &a.Rows[i]
		if longer([]string{r.Name, r.App, r.Category, r.Why}, MaxText) || longer([]string{r.MAC, r.Country, r.Verdict}, MaxWord) || r.Device.Zone() != "" || r.Peer.Zone() != "" {
			return "a text of a row"
		}
		if r.Up > MaxUse || r.Down > MaxUse {
			return "bytes out of range"
		}
	}
	for i := range a.Sums {
		if s := &a.Sums[i]; longer([]string{s.Key}, MaxText) || s.Flows < 0 || s.Blocked < 0 || s.Device.Zone() != "" {
			return "a sum"
		}
	}
	return ""
}

func (a *SpreadAnswer) check() string {
	if len(a.Devices) == 0 || len(a.Devices) > MaxDevices || len(a.Edges) > MaxEdges {
		return "number of devices or edges"
	}
	for i := range a.Devices {
		if d := &a.Devices[i]; len(d.Signs) > MaxSigns || longer(d.Signs, MaxText) || longer([]string{d.MAC, string(d.Worst)}, MaxWord) || d.Device.Zone() != "" {
			return "a device"
		}
	}
	for i := range a.Edges {
		e := &a.Edges[i]
		if e.From < 0 || e.From >= len(a.Devices) || e.To < 0 || e.To >= len(a.Devices) || e.Flows < 0 || longer([]string{e.What}, MaxText) || longer([]string{e.Kind, string(e.Certainty)}, MaxWord) {
			return "an edge"
		}
	}
	return ""
}
