package wire

import "fmt"

// Bundles are what keeps a box current: signed, versioned archives that it fetches from the
// centre's listener. They stand there as a repository of The Update Framework (TUF 1.0.x, with
// consistent snapshots), so that what the box runs is what the keys signed, whoever answers:
//
//	GET /v1/bundles/metadata/N.root.json, timestamp.json, N.snapshot.json, N.ROLE.json
//	GET /v1/bundles/targets/KIND/HASH.VERSION.tar.zst
//
// A target is called KIND/VERSION.tar.zst, a program KIND/ARCH/VERSION.tar.zst with ARCH as
// "linux-amd64"; VERSION is a decimal number that only ever grows within its kind.
const (
	PathBundleMetadata = "/v1/bundles/metadata/"
	PathBundleTargets  = "/v1/bundles/targets/"
)

// Kinds of bundles.
const (
	BundleRules        = "rules"        // Suricata rule files
	BundleLists        = "lists"        // lists of sites, with lists.toml that says what each is
	BundleApplications = "applications" // applications.toml
	BundleVirus        = "virus"        // signature files of clamd
	BundleProgram      = "program"      // the otasuke binary
)

// What became of a bundle on a box.
const (
	BundleActive   = "active"   // in use
	BundleTrial    = "trial"    // in use, watched: the one before comes back when things get worse
	BundleReturned = "returned" // things got worse, the one before is in use again
	BundleRefused  = "refused"  // not what the keys signed, older than what is here, or not readable
	BundleWaiting  = "waiting"  // wanted, not fetched yet: for its hour or for a line that works
)

// Limits of bundles.
const (
	// MaxBundles bounds the kinds of a heartbeat; there are five today.
	MaxBundles = 16
	// MaxReason bounds the reason beside a state: a sentence of an error.
	MaxReason = 512
)

// BundleState says in a heartbeat what became of the newest bundle of a kind that the box dealt
// with.
type BundleState struct {
	Kind    string `json:"kind"`
	Version int64  `json:"version"` // the one that State is about
	State   string `json:"state"`
	// Active is the version in use, 0 for what came with the program.
	Active int64  `json:"active"`
	Reason string `json:"reason,omitempty"` // for the operator, English
}

// BundleWanted says in the answer to a heartbeat which version of a kind the box should have: its
// wave has come. It only says when; what a version is, the signatures say.
type BundleWanted struct {
	Kind    string `json:"kind"`
	Version int64  `json:"version"`
	// Now means: do not wait for the quiet hours of the company.
	Now bool `json:"now,omitempty"`
}

func (b *BundleState) check() error {
	known := false
	switch b.State {
	case BundleActive, BundleTrial, BundleReturned, BundleRefused, BundleWaiting:
		known = true
	}
	if !known || !ValidBundleKind(b.Kind) || b.Version < 0 || b.Active < 0 || len(b.Reason) > MaxReason {
		return fmt.Errorf("%w: state of a bundle", errHealth)
	}
	return nil
}

// ValidBundleKind says whether k is one of the kinds of bundles.
func ValidBundleKind(k string) bool {
	switch k {
	case BundleRules, BundleLists, BundleApplications, BundleVirus, BundleProgram:
		return true
	}
	return false
}
