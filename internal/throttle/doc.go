// Package throttle slows down whoever asks too often: guessers of passwords and
// claim codes.
//
// A [Limiter] holds one bucket of permits for each key, in memory: a restart
// forgives, and each process counts for itself. Its memory is bounded however
// many keys an attacker makes up. Anyone may use it.
package throttle
