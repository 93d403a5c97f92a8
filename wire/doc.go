// Package wire is the doorway: every message that the box and the centre
// exchange, and nothing else. It has no behaviour beyond checking a message.
//
// Transport: HTTPS. [PathClaim] is open to anyone who holds a one-time claim
// code, [PathPair] and [PathPairPoll] to anyone; every other path wants the client
// certificate that the claim gave out.
// The company and the box are read from that certificate, never from a payload.
// Bodies are JSON; [PathEvents] bodies are compressed with zstd.
//
// Delivery is at least once: a box repeats a batch until it is acknowledged, and
// the centre remembers event ids, so that each event counts once.
package wire

import "time"

// Version is the version of the messages that this build speaks.
//
//   - 1 (2026-11-21): claim, events, heartbeat.
//   - 1 (2026-11-28): events of the kind "usage"; a centre that does not know them
//     refuses these alone.
//   - 1 (2026-11-28): questions and answers; a centre without that path is not asked again
//     for a while.
//   - 1 (2026-11-28): events of the kind "appeal"; a centre that does not know them refuses
//     these alone.
//   - 1 (2026-11-28): events of the kind "device"; a centre that does not know them refuses
//     these alone.
//   - 1 (2026-11-28): an answer to a heartbeat says who is held; older boxes hold nobody.
//   - 1 (2026-11-28): heartbeats tell of bundles, their answers which are wanted; older boxes
//     say nothing of them.
//   - 1 (2026-11-28): a box without a claim code shows one that the centre made; a centre that
//     does not know the path is asked again now and then.
//   - 1 (2026-11-28): the state "waiting" of the virus scanner; an older centre takes it for
//     one that has stopped.
//   - 1 (2026-11-28): events of the kind "device" tell which versions a device runs; older centres
//     pass over it.
//   - 1 (2026-11-29): heartbeats tell of the policy, their answers which is wanted, and a box that waits with a question is
//     asked to come at once; older boxes say nothing of policies and are told of none.
//   - 1 (2026-11-29): policies have files that are stopped for all, and the number of what is stopped, which boxes
//     tell when it is in force; older boxes pass over both.
//   - 1 (2026-11-29): the question "selftest"; an older box answers that it does not understand it.
//   - 1 (2026-11-30): an answer to a heartbeat has another certificate for a box whose own ends within a year; an older
//     box goes on with its own to the end.
const Version = 1

// OldestVersion is the oldest version that the centre still understands.
const OldestVersion = 1

// Paths of the centre's box listener.
const (
	PathClaim     = "/v1/claim"
	PathEvents    = "/v1/events"
	PathHeartbeat = "/v1/heartbeat"
	PathQuestions = "/v1/questions"
	PathAnswers   = "/v1/answers"
)

// Limits of one message, so that neither side can exhaust the other.
const (
	// MaxBatchEvents keeps one transaction of the centre short.
	MaxBatchEvents = 500
	// MaxBatchBytes bounds a batch after decompression: 500 events of 8 KiB.
	MaxBatchBytes = 4 << 20
	// MaxControlBytes bounds claim and heartbeat bodies; real ones are under 2 KiB.
	MaxControlBytes = 64 << 10
	// MaxText bounds each free text field of an event; longer ones are cut by the box.
	MaxText = 2048
	// MaxWord bounds names that come from a short list, or have a fixed form: the
	// longest is a SHA-256 in hexadecimal.
	MaxWord = 64
	// MaxMitre bounds the techniques of a rule; one or two are usual.
	MaxMitre = 16
	// MaxApps bounds the applications of a usage event; a device uses some dozens an hour.
	MaxApps = 256
	// MaxOfDevice bounds addresses, names and changes of a device event; real devices have
	// under four. MaxName bounds its texts.
	MaxOfDevice = 8
	MaxName     = 256
	// MaxHeld bounds the devices that are held at a time: more is another trouble.
	MaxHeld = 256
	// MaxPeriod in minutes is the longest time that a usage event is about: a day.
	MaxPeriod = 24 * 60
	// MaxUse bounds the bytes of one use, so that a sum of all never overflows: a day at
	// 100 Gbit/s.
	MaxUse = 1 << 50
	// MaxParts bounds the functions that a box reports on; there are five today.
	MaxParts = 32
	// MaxRows bounds the rows or sums of an answer, MaxDevices the nodes of a graph, MaxEdges its
	// edges, MaxSigns the signs of a node: more than a person reads.
	MaxRows    = 1000
	MaxDevices = 200
	MaxEdges   = 1000
	MaxSigns   = 8
	// MaxAnswerBytes bounds an answer after decompression: that many rows with all texts at
	// their longest.
	MaxAnswerBytes = 2 << 20
	// QuestionWait is how long the centre lets a box wait for a question.
	QuestionWait = 50 * time.Second
	// MaxCSR bounds a certificate request; one for a key on P-256 has under 1 KiB.
	MaxCSR = 8 << 10
	// MaxEventBytes bounds one event as JSON: all its texts at their longest, with
	// room for escaping.
	MaxEventBytes = 128 << 10
	// idLength is of an event's id: 16 bytes in base 32.
	idLength = 26
)
