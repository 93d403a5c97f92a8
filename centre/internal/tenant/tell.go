package tenant

import (
	"errors"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
)

// KindTell is the job that sends the mails of this room.
const KindTell = "tenant.tell"

// What there is to tell.
const (
	TellInvite   = "invite"   // Ref is the invitation
	TellRecovery = "recovery" // Ref is the recovery: to who cannot log in, and to all owners
	TellChanged  = "changed"  // Note is the action of the audit log that Person should know of
)

// TellArgs are the arguments of the job. Links are made when the mail is: no token
// is ever kept.
type TellArgs struct {
	What string `json:"what"`
	Ref  string `json:"ref,omitempty"`
	Note string `json:"note,omitempty"`
	// Person is who is told; "" for a job that finds out who they are.
	Person string `json:"person,omitempty"`
}

func tell(tx *store.Tx, args TellArgs) error {
	return job.Enqueue(tx, job.Job{Kind: KindTell, Args: args})
}

// changed writes down what became of a person's login, and tells that person.
func (s *Service) changed(tx *store.Tx, who, personID, action string) error {
	return errors.Join(Audit(tx, s.clock.Now(), Entry{Who: who, Action: action, Object: personID}),
		tell(tx, TellArgs{What: TellChanged, Note: action, Person: personID}))
}
