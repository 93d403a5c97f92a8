package tenant

import "slices"

// Role is what a person may do.
type Role string

// Roles. Those from RoleOperator on are staff of the centre and exist only in [House].
const (
	RoleOwner    Role = "owner"    // everything of the own company
	RoleMember   Role = "member"   // answers alerts, names devices
	RoleReadonly Role = "readonly" // reads
	RoleOperator Role = "operator" // everything, across companies
	RoleAnalyst  Role = "analyst"  // works on cases, across companies
	RoleDesk     Role = "desk"     // alerts, calls and people who cannot log in, across companies
	RoleVendor   Role = "vendor"   // installs and repairs boxes: how those of own customers are, and nothing of what they saw
	RoleInsurer  Role = "insurer"  // decides on claims that were sent to the insurer, and sees nothing else
	RoleAuditor  Role = "auditor"  // reads, across companies
)

// Right is one kind of thing that can be allowed.
type Right string

// Rights. For staff they reach across companies, and each look is written down.
const (
	MayRead    Right = "read"    // alerts, devices, traffic, people
	MayWrite   Right = "write"   // answers, names, cases, requests
	MayManage  Right = "manage"  // the people of the own company, and who else may look
	MayOperate Right = "operate" // releases, claim codes, owners of new companies
	MayHelp    Right = "help"    // let somebody in again who cannot log in
	MayFleet   Right = "fleet"   // how the boxes are; without MayRead those of companies that were given
	MayDecide  Right = "decide"  // claims that were sent to the insurer, and its decision
)

// rights is the whole of it: what is not here is refused.
var rights = map[Role][]Right{
	RoleOwner:    {MayRead, MayWrite, MayManage},
	RoleMember:   {MayRead, MayWrite},
	RoleReadonly: {MayRead},
	RoleOperator: {MayRead, MayWrite, MayManage, MayOperate, MayHelp, MayFleet},
	RoleAnalyst:  {MayRead, MayWrite, MayFleet},
	RoleDesk:     {MayRead, MayWrite, MayHelp, MayFleet},
	RoleVendor:   {MayFleet},
	RoleInsurer:  {MayDecide},
	RoleAuditor:  {MayRead, MayFleet},
}

// May says whether the role has a right.
func (r Role) May(what Right) bool { return slices.Contains(rights[r], what) }

// Staff says whether the role works for the centre.
func (r Role) Staff() bool { return r.valid() && !slices.Contains(CustomerRoles, r) }

// Inside says whether the role is of the operating organisation's own people: vendors and insurers have employers of their own.
func (r Role) Inside() bool { return r.Staff() && r != RoleVendor && r != RoleInsurer }

func (r Role) valid() bool { _, ok := rights[r]; return ok }

// The roles that people of a customer and of the centre can have, the mightiest first.
var (
	CustomerRoles = []Role{RoleOwner, RoleMember, RoleReadonly}
	StaffRoles    = []Role{RoleOperator, RoleAnalyst, RoleDesk, RoleVendor, RoleInsurer, RoleAuditor}
)

// RolesOf a company, for its list to choose from.
func RolesOf(tenantID string) []Role {
	if tenantID == House {
		return StaffRoles
	}
	return CustomerRoles
}
