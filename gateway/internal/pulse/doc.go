// Package pulse tells a process that works from one that hangs.
//
// An engine that is dead is no harm: the kernel forwards without it. One that hangs is:
// the kernel gives it packets until its socket is full, and they wait. So the engine
// gives a sign of life as long as each of its workers goes round, over a pipe of its own
// that no disk and no flood of findings can block; the supervisor ends an engine whose
// signs stay away. The supervisor in turn gives signs to systemd (sd_notify(3)).
package pulse
