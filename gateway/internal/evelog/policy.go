package evelog

import "otasuke/gateway/internal/eve"

// Policy says what happens to a packet, or to its flow, when it cannot be judged.
type Policy uint8

// Policies.
const (
	PolicyIgnore Policy = iota // as if nothing had happened
	PolicyDropFlow
	PolicyDropPacket
	PolicyReject
	PolicyBypass
	PolicyPassFlow
	PolicyPassPacket
)

// String is the policy as records have it.
func (p Policy) String() string {
	return [...]string{PolicyIgnore: "ignore", PolicyDropFlow: "drop_flow", PolicyDropPacket: "drop_packet", PolicyReject: "reject",
		PolicyBypass: "bypass", PolicyPassFlow: "pass_flow", PolicyPassPacket: "pass_packet"}[p]
}

// Applied notes that a policy has decided about the flow.
func (f *Facts) Applied(p Policy, target string) {
	for _, have := range f.Policies {
		if have.Target == target {
			return
		}
	}
	f.Policies = append(f.Policies, eve.AppliedPolicy{Target: target, Policy: p.String()})
}
