// Package passkey lets people in by passkeys (W3C Web Authentication, Level 3): a key that a device keeps for one host,
// and that it uses only after it has made sure, by finger, face or PIN, who holds it.
//
// Invariants: a passkey belongs to one person and to the host of one face, portal or console, and works nowhere else.
// Whoever uses one was verified by the device (UV), so that one passkey is both factors at once. A challenge is sealed for
// one purpose and one browser or session, lives [ChallengeLife] and is spent once. A sign counter that goes back is refused
// and told. What a stranger is told never says whether a passkey or a person exists. Only public keys are kept.
//
// Nothing is stored for a challenge before it is answered rightly: a login page that is asked for a million times writes
// nothing. Attestation is not asked for: which make a device is of is no business of ours.
//
// Level 3. Callers: the faces' login and account pages; tenant asks through [Keys].
package passkey
